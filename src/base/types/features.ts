/**
 * Feature bits (BOLT 9). A set of features is a big-endian bit field, bit 0 last; an even bit says "required", the odd
 * bit above it "optional". Here it is a set of bit numbers.
 */
export type Features = ReadonlySet<number>;

/** The even bit of each feature that Till knows by name (BOLT 9, Assigned features flags). */
export const FEATURE_BITS = {
  option_data_loss_protect: 0,
  option_upfront_shutdown_script: 4,
  gossip_queries: 6,
  var_onion_optin: 8,
  gossip_queries_ex: 10,
  option_static_remotekey: 12,
  payment_secret: 14,
  basic_mpp: 16,
  option_support_large_channel: 18,
  option_anchor_outputs: 20,
  option_anchors: 22,
  option_route_blinding: 24,
  option_shutdown_anysegwit: 26,
  option_dual_fund: 28,
  option_quiesce: 34,
  option_attribution_data: 36,
  option_onion_messages: 38,
  option_provide_storage: 42,
  option_channel_type: 44,
  option_scid_alias: 46,
  option_payment_metadata: 48,
  option_zeroconf: 50,
  keysend: 54,
  option_simple_close: 60,
  option_splice: 62,
} as const;

export type FeatureName = keyof typeof FEATURE_BITS;

const NAMES = new Map<number, FeatureName>(
  Object.entries(FEATURE_BITS).map(([name, bit]) => [bit, name as FeatureName]),
);

/** The feature's name, when Till knows it, of either of its two bits. */
export function featureName(bit: number): FeatureName | undefined {
  return NAMES.get(bit - (bit % 2));
}

/** Whether the feature is set, as required or as optional. */
export function hasFeature(features: Features, name: FeatureName): boolean {
  return features.has(FEATURE_BITS[name]) || features.has(FEATURE_BITS[name] + 1);
}

/** Whether the feature is set as required. */
export function requiresFeature(features: Features, name: FeatureName): boolean {
  return features.has(FEATURE_BITS[name]);
}

/** A set from names: each as its optional (odd) or its required (even) bit. */
export function featureSet(names: Partial<Record<FeatureName, 'optional' | 'required'>>): Features {
  const bits = Object.entries(names).map(
    ([name, how]) => FEATURE_BITS[name as FeatureName] + (how === 'required' ? 0 : 1),
  );
  return new Set(bits.sort((a, b) => a - b));
}

/** The bits of a field of bytes. */
export function decodeFeatures(bytes: Uint8Array): Features {
  const bits = new Set<number>();
  for (let index = bytes.length - 1; index >= 0; index--) {
    const byte = bytes[index] as number;
    for (let bit = 0; byte >> bit !== 0; bit++) {
      if ((byte >> bit) & 1) bits.add((bytes.length - 1 - index) * 8 + bit);
    }
  }
  return bits;
}

/** The shortest field of bytes that holds the bits. */
export function encodeFeatures(features: Features): Uint8Array {
  let highest = -1;
  for (const bit of features) highest = Math.max(highest, bit);
  const bytes = new Uint8Array(Math.ceil((highest + 1) / 8));
  for (const bit of features) {
    const index = bytes.length - 1 - (bit >> 3);
    bytes[index] = (bytes[index] as number) | (1 << (bit & 7));
  }
  return bytes;
}

/** What a feature is nothing without (BOLT 9, Dependencies). */
const DEPENDENCIES: readonly (readonly [feature: FeatureName, needs: FeatureName])[] = [
  ['basic_mpp', 'payment_secret'],
  ['option_zeroconf', 'option_scid_alias'],
  ['option_simple_close', 'option_shutdown_anysegwit'],
];

/**
 * The first feature that is set without one that it needs; undefined when there is none. `assumed`: features that count
 * as set. Each dependency is looked at, so that those of dependencies are as well.
 */
export function missingDependency(
  features: Features,
  assumed: ReadonlySet<FeatureName> = new Set(),
): { readonly feature: FeatureName; readonly needs: FeatureName } | undefined {
  const found = DEPENDENCIES.find(
    ([feature, needs]) => hasFeature(features, feature) && !hasFeature(features, needs) && !assumed.has(needs),
  );
  return found && { feature: found[0], needs: found[1] };
}

/** Even bits that we do not understand: what an honest node must refuse (BOLT 1, BOLT 9). */
export function unknownRequired(features: Features, known: Features): number[] {
  return [...features].filter((bit) => bit % 2 === 0 && !known.has(bit) && !known.has(bit + 1));
}
