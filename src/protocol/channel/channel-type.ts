/**
 * `channel_type`: the features that shape a channel for life, spelled as their even bits and nothing else (BOLT 2,
 * Defined Channel Types). Till speaks one basic type, anchors over static_remotekey, in four variations.
 */
import { decodeFeatures, encodeFeatures, FEATURE_BITS } from '../../base/types/features.ts';
import type { ChannelType } from './state.ts';

/** The field's bytes. */
export function encodeChannelType(type: ChannelType): Uint8Array {
  const bits: number[] = [FEATURE_BITS.option_static_remotekey, FEATURE_BITS.option_anchors];
  if (type.option_scid_alias) bits.push(FEATURE_BITS.option_scid_alias);
  if (type.option_zeroconf) bits.push(FEATURE_BITS.option_zeroconf);
  return encodeFeatures(new Set(bits));
}

/** The type that the bytes name; undefined when it is not one that Till speaks. */
export function decodeChannelType(bytes: Uint8Array): ChannelType | undefined {
  const bits = decodeFeatures(bytes);
  const type = {
    option_scid_alias: bits.has(FEATURE_BITS.option_scid_alias),
    option_zeroconf: bits.has(FEATURE_BITS.option_zeroconf),
  };
  return Buffer.compare(encodeChannelType(type), bytes) === 0 ? type : undefined;
}
