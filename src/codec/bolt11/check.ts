/** From the raw tier to judged terms: every rule of the BOLT for a reader that needs no signature. */

import type { Features } from '../../base/types/features.ts';
import { wordsToText } from './bech32.ts';
import { Bolt11Error } from './error.ts';
import { checkFeatures, KNOWN_INVOICE_FEATURES } from './features.ts';
import { type Draft, findRow } from './fields.ts';
import { type Currency, parseHumanReadable } from './human-readable.ts';
import {
  DEFAULT_EXPIRY_SECONDS,
  DEFAULT_MIN_FINAL_CLTV_EXPIRY_DELTA,
  type ExtraField,
  type InvoiceTerms,
  type Purpose,
} from './invoice.ts';
import type { RawField, RawTerms } from './raw.ts';

/** What a reader may ask for beyond the BOLT. */
export interface CheckOptions {
  /** Refuse invoices of another network. */
  readonly currency?: Currency | undefined;
  /** The even feature bits that the payer understands. Default: those that BOLT 9 has for invoices. */
  readonly known_features?: Features | undefined;
}

const NO_FEATURES: Features = new Set();

/** Judges everything but the signature. Throws Bolt11Error. */
export function checkTerms(raw: RawTerms, options: CheckOptions = {}): InvoiceTerms {
  const { currency, amount_msat } = parseHumanReadable(raw.human_readable);
  if (options.currency !== undefined && currency !== options.currency) {
    throw new Bolt11Error('wrong_network', `an invoice for ln${currency}; this is ln${options.currency}`, {
      position: 2,
    });
  }
  const draft: Draft = { fallbacks: [], routes: [] };
  const seen = new Map<string, RawField>();
  const extra: ExtraField[] = [];
  for (const field of raw.fields) readField(field, draft, seen, extra);
  const features = draft.features ?? NO_FEATURES;
  checkFeatures(features, options.known_features ?? KNOWN_INVOICE_FEATURES, seen.get('9')?.position);
  return {
    currency,
    amount_msat,
    created_at: raw.timestamp,
    payment_hash: draft.payment_hash ?? missing('p', raw),
    payment_secret: draft.payment_secret ?? missing('s', raw),
    ...purpose(draft, raw, seen),
    payment_metadata: draft.payment_metadata,
    named_payee: draft.named_payee,
    expiry_seconds: draft.expiry_seconds ?? DEFAULT_EXPIRY_SECONDS,
    ...(draft.long_expiry_seconds === undefined ? {} : { long_expiry_seconds: draft.long_expiry_seconds }),
    min_final_cltv_expiry_delta: draft.min_final_cltv_expiry_delta ?? DEFAULT_MIN_FINAL_CLTV_EXPIRY_DELTA,
    fallbacks: draft.fallbacks,
    routes: draft.routes,
    features,
    extra,
  };
}

function readField(field: RawField, draft: Draft, seen: Map<string, RawField>, extra: ExtraField[]): void {
  const { tag, words } = field;
  const row = findRow(tag);
  if (row === undefined || (row.length !== undefined && row.length !== words.length)) {
    extra.push({ tag, data: wordsToText(words) });
    return;
  }
  // "MUST specify the most-preferred field first": what follows the first is not looked into.
  if (row.repeats === undefined && seen.has(tag)) {
    extra.push({ tag, data: wordsToText(words) });
    return;
  }
  seen.set(tag, field);
  if (!row.read(field, draft)) extra.push({ tag, data: wordsToText(words) });
}

function missing(tag: 'p' | 's' | 'd', raw: RawTerms): never {
  const holds = tag === 'd' ? 'description and no description hash' : findRow(tag)?.holds;
  const skipped = raw.fields.find((field) => field.tag === tag || (tag === 'd' && field.tag === 'h'));
  if (skipped === undefined) throw new Bolt11Error('missing_field', `the invoice has no ${holds}`, { field: tag });
  throw new Bolt11Error(
    'field_length',
    `${skipped.words.length} elements; the field has ${findRow(skipped.tag)?.length}`,
    {
      field: skipped.tag,
      position: skipped.position,
    },
  );
}

function purpose(draft: Draft, raw: RawTerms, seen: Map<string, RawField>): Purpose {
  const { description, description_hash } = draft;
  if (description !== undefined && description_hash !== undefined) {
    throw new Bolt11Error('two_descriptions', 'both a description and the hash of one', {
      field: 'h',
      position: seen.get('h')?.position,
    });
  }
  if (description !== undefined) return { description };
  if (description_hash !== undefined) return { description_hash };
  return missing('d', raw);
}
