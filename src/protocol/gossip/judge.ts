/**
 * Whether a gossip message is taken into the map (BOLT 7), the cheapest question first: what is passed over without a
 * word, what waits, what is the sender's fault. Signatures come last.
 */
import { sha256d } from '../../base/crypto/hash.ts';
import { curve } from '../../base/crypto/secp256k1.ts';
import { decodeFeatures, unknownRequired } from '../../base/types/features.ts';
import { readAddresses } from './addresses.ts';
import {
  type AnnouncementFields,
  blockOf,
  isHashAt,
  type NodeFields,
  pointAt,
  readAnnouncement,
  readNode,
  readUpdate,
  SIGNED_FROM,
  type UpdateFields,
} from './fields.ts';
import { DISABLED, type NetworkMap } from './network-map.ts';

/** What the verdict depends on beside the map. */
export interface Circumstances {
  readonly chain_hash: Uint8Array;
  readonly now_seconds: number;
  readonly height: number;
}

/** What to do with a message. */
export type Verdict<Fields> =
  | { readonly kind: 'take'; readonly fields: Fields }
  /** No fault, but nothing for us. */
  | { readonly kind: 'ignore' }
  /** Its funding transaction is not deep enough yet: `height` is when it is. */
  | { readonly kind: 'later'; readonly height: number; readonly fields: Fields }
  /** It is about a channel or a node that the map does not have. */
  | { readonly kind: 'unknown'; readonly fields: Fields }
  /** The sender should not have passed it on. */
  | { readonly kind: 'fault'; readonly reason: string };

/** What to do with a channel_announcement. */
export type AnnouncementVerdict =
  | Verdict<AnnouncementFields>
  /** The map has this channel between other nodes. Nobody has looked at the signatures. */
  | { readonly kind: 'other_nodes'; readonly fields: AnnouncementFields; readonly channel: number };

/** A channel is public once its funding transaction is so deep. */
export const ANNOUNCED_DEPTH = 6;
/** Beyond this above our tip a block is not one that we will know soon. */
const MOST_BLOCKS_AHEAD = 12;
const DAY_SECONDS = 24 * 3600;
/** After so long without a word a direction is no longer believed. */
export const STALE_SECONDS = 14 * DAY_SECONDS;
const MUST_BE_ONE = 1;
const DONT_FORWARD = 2;
const IGNORE = { kind: 'ignore' } as const;
/** In each byte of features: those that are required. */
const EVEN_BITS = 0b0101_0101;

/** Judges a channel_announcement, all but its funding output. */
export function judgeAnnouncement(
  map: NetworkMap,
  bytes: Buffer,
  { chain_hash, height }: Circumstances,
): AnnouncementVerdict {
  const fields = readAnnouncement(bytes);
  if (fields === undefined) return fault('channel_announcement is cut short');
  if (!isHashAt(bytes, fields.chain_hash_at, chain_hash)) return IGNORE;
  const nodes = [pointAt(bytes, fields.node_1_at), pointAt(bytes, fields.node_2_at)] as const;
  if (nodes[0].compare(nodes[1]) >= 0) return fault('channel_announcement: the node ids do not ascend');
  const channel = map.find(fields.scid_high, fields.scid_low);
  if (channel !== -1) {
    const isSame = nodes.every((id, end) => id.equals(map.nodeId(map.halves.node[2 * channel + end] as number)));
    return isSame ? IGNORE : { kind: 'other_nodes', fields, channel };
  }
  const block = blockOf(fields.scid_high);
  if (block > height + MOST_BLOCKS_AHEAD) return IGNORE;
  if (block + ANNOUNCED_DEPTH - 1 > height) return { kind: 'later', height: block + ANNOUNCED_DEPTH - 1, fields };
  return isAnnouncementSigned(bytes, fields)
    ? { kind: 'take', fields }
    : fault('channel_announcement: a signature is not valid');
}

/** Whether both nodes and both keys of the funding output have signed an announcement. */
export function isAnnouncementSigned(
  bytes: Buffer,
  { node_1_at, node_2_at, bitcoin_1_at, bitcoin_2_at }: AnnouncementFields,
): boolean {
  const digest = sha256d(bytes.subarray(SIGNED_FROM.channel_announcement));
  return [node_1_at, node_2_at, bitcoin_1_at, bitcoin_2_at].every((key_at, index) =>
    curve.verify(bytes.subarray(2 + 64 * index, 66 + 64 * index), digest, pointAt(bytes, key_at)),
  );
}

/** Judges a channel_update. */
export function judgeUpdate(
  map: NetworkMap,
  bytes: Buffer,
  { chain_hash, now_seconds }: Circumstances,
): Verdict<UpdateFields> {
  const fields = readUpdate(bytes);
  if (fields === undefined) return fault('channel_update is cut short');
  const { timestamp, channel_flags, message_flags } = fields;
  if (!isHashAt(bytes, fields.chain_hash_at, chain_hash)) return IGNORE;
  if (timestamp > now_seconds + DAY_SECONDS || timestamp < now_seconds - STALE_SECONDS) return IGNORE;
  const channel = map.find(fields.scid_high, fields.scid_low);
  if (channel === -1) return { kind: 'unknown', fields };
  const half = 2 * channel + (channel_flags & 1);
  if (timestamp <= (map.halves.timestamp[half] as number)) return IGNORE;
  // The funding output is gone: only that it is closed is of interest.
  if (map.channels.spent_height[channel] !== 0 && (channel_flags & DISABLED) === 0) return IGNORE;
  if ((message_flags & MUST_BE_ONE) === 0) return fault('channel_update: message_flags without their first bit');
  if ((message_flags & DONT_FORWARD) !== 0) return fault('channel_update: dont_forward on a public channel');
  const digest = sha256d(bytes.subarray(SIGNED_FROM.channel_update));
  const isSigned = curve.verify(bytes.subarray(2, 66), digest, map.nodeId(map.halves.node[half] as number));
  return isSigned ? { kind: 'take', fields } : fault('channel_update: the signature is not valid');
}

/** Judges a node_announcement. */
export function judgeNode(map: NetworkMap, bytes: Buffer, { now_seconds }: Circumstances): Verdict<NodeFields> {
  const fields = readNode(bytes);
  if (fields === undefined) return fault('node_announcement is cut short');
  if (fields.timestamp > now_seconds + DAY_SECONDS) return IGNORE;
  const node_id = pointAt(bytes, fields.node_id_at);
  const node = map.findNode(node_id);
  if (node === -1) return { kind: 'unknown', fields };
  if (fields.timestamp <= (map.nodes.timestamp[node] as number)) return IGNORE;
  if (readAddresses(addressesOf(bytes, fields)) === undefined)
    return fault('node_announcement: an address does not fit');
  const digest = sha256d(bytes.subarray(SIGNED_FROM.node_announcement));
  const isSigned = curve.verify(bytes.subarray(2, 66), digest, node_id);
  return isSigned ? { kind: 'take', fields } : fault('node_announcement: the signature is not valid');
}

/** The field of addresses. */
export function addressesOf(bytes: Buffer, { addresses_at, addresses_length }: NodeFields): Buffer {
  return bytes.subarray(addresses_at, addresses_at + addresses_length);
}

/** Whether features have a required one that nobody may use without knowing it: of a channel or a node. */
export function isStrange(
  bytes: Buffer,
  { features_at, features_length }: { readonly features_at: number; readonly features_length: number },
  known: ReadonlySet<number>,
): boolean {
  for (let at = features_at; at < features_at + features_length; at++) {
    if (((bytes[at] as number) & EVEN_BITS) !== 0) {
      const features = decodeFeatures(bytes.subarray(features_at, features_at + features_length));
      return unknownRequired(features, known).length > 0;
    }
  }
  // Nothing is required, as of most nodes: nothing is decoded.
  return false;
}

function fault(reason: string): { readonly kind: 'fault'; readonly reason: string } {
  return { kind: 'fault', reason };
}
