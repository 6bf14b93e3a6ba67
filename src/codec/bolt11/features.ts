/** The features that an invoice may carry, and what they ask of each other (BOLT 9; BOLT 11, Feature Bits). */
import {
  FEATURE_BITS,
  type FeatureName,
  type Features,
  missingDependency,
  unknownRequired,
} from '../../base/types/features.ts';
import { Bolt11Error } from './error.ts';

/** What BOLT 9 marks for invoices, and what it lets everybody assume. */
const IN_INVOICES: readonly FeatureName[] = [
  'option_data_loss_protect',
  'var_onion_optin',
  'option_static_remotekey',
  'payment_secret',
  'basic_mpp',
  'option_route_blinding',
  'option_attribution_data',
  'option_channel_type',
  'option_payment_metadata',
];

/** The even bits that a payer who knows BOLT 9 understands in an invoice. */
export const KNOWN_INVOICE_FEATURES: Features = new Set(IN_INVOICES.map((name) => FEATURE_BITS[name]));

/** Refuses unknown even bits and features whose dependency is not set. Throws Bolt11Error. */
export function checkFeatures(features: Features, known: Features, position: number | undefined): void {
  const place = { field: '9', position };
  const unknown = unknownRequired(features, known);
  if (unknown.length > 0) {
    throw new Bolt11Error('unknown_feature', `the invoice requires unknown feature ${unknown.join(', ')}`, place);
  }
  const missing = missingDependency(features);
  if (missing !== undefined) {
    throw new Bolt11Error('missing_feature', `${missing.feature} needs ${missing.needs}, which is not set`, place);
  }
}

/** The words of the `9` field: the fewest that hold the bits. None for no bits. */
export function featuresToWords(features: Features): Uint8Array {
  let highest = -1;
  for (const bit of features) if (bit > highest) highest = bit;
  const words = new Uint8Array(Math.floor((highest + 5) / 5));
  for (const bit of features) {
    const index = words.length - 1 - Math.floor(bit / 5);
    words[index] = (words[index] as number) | (1 << (bit % 5));
  }
  return words;
}

/** The bits of a `9` field, lowest first. */
export function wordsToFeatures(words: Uint8Array): Features {
  const bits = new Set<number>();
  for (let index = words.length - 1, base = 0; index >= 0; index--, base += 5) {
    const word = words[index] as number;
    if (word === 0) continue;
    for (let bit = 0; bit < 5; bit++) if ((word >> bit) & 1) bits.add(base + bit);
  }
  return bits;
}
