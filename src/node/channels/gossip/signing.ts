/** What we sign and check of BOLT 7 for our own channels: channel_update and channel_announcement. */

import { sha256d } from '../../../base/crypto/hash.ts';
import { curve } from '../../../base/crypto/secp256k1.ts';
import type { NodeId } from '../../../base/types/brand.ts';
import { fromHex, toHex } from '../../../base/types/hex.ts';
import type { ShortChannelId } from '../../../base/types/short-channel-id.ts';
import { type ChannelAnnouncement, type ChannelUpdate, encodeMessage } from '../../../codec/wire/index.ts';
import type { ChannelUpdateFacts } from '../../../protocol/channel/facts.ts';
import type { AnnouncementSignatures, ChannelTerms } from '../../../protocol/channel/state.ts';
import type { RemoteUpdate } from '../live-channel.ts';
import type { NodeKeys } from '../ports.ts';

const NOTHING = new Uint8Array(0);
const EMPTY_SIGNATURE = '00'.repeat(64);
/** The message's number, then one signature. */
const UPDATE_SIGNED_FROM = 2 + 64;
/** The message's number, then four signatures. */
const ANNOUNCEMENT_SIGNED_FROM = 2 + 4 * 64;
const MUST_BE_ONE = 1;
const DONT_FORWARD = 2;
const DIRECTION = 1;
const DISABLED = 2;

/** What our side of a channel asks of payments: Till forwards nothing, so these only have to be there. */
export interface ForwardingTerms {
  readonly cltv_expiry_delta: number;
  readonly fee_base_msat: number;
  readonly fee_proportional_millionths: number;
}

/** Our signed `channel_update`. `timestamp` must grow from one to the next. */
export function signUpdate(
  keys: NodeKeys,
  peer_id: NodeId,
  chain_hash: string,
  facts: ChannelUpdateFacts,
  terms: ForwardingTerms,
  timestamp: number,
): ChannelUpdate {
  const unsigned: ChannelUpdate = {
    type: 'channel_update',
    signature: EMPTY_SIGNATURE,
    chain_hash,
    short_channel_id: facts.short_channel_id,
    timestamp,
    message_flags: MUST_BE_ONE | (facts.dont_forward ? DONT_FORWARD : 0),
    channel_flags: (keys.node_id < peer_id ? 0 : DIRECTION) | (facts.disabled ? DISABLED : 0),
    ...terms,
    htlc_minimum_msat: facts.htlc_minimum_msat,
    htlc_maximum_msat: facts.htlc_maximum_msat,
    excess: NOTHING,
  };
  const digest = sha256d(encodeMessage(unsigned).subarray(UPDATE_SIGNED_FROM));
  return { ...unsigned, signature: toHex(keys.signAsNode(digest)) };
}

/** Whether the node made the update. */
export function verifyUpdate(update: ChannelUpdate, node_id: NodeId): boolean {
  const digest = sha256d(encodeMessage(update).subarray(UPDATE_SIGNED_FROM));
  return curve.verify(fromHex(update.signature), digest, fromHex(node_id));
}

/** Whether the update is about the direction from this node, rather than towards it. */
export function isFrom(update: ChannelUpdate, node_id: NodeId, other_id: NodeId): boolean {
  return (update.channel_flags & DIRECTION) === (node_id < other_id ? 0 : DIRECTION);
}

/** What we keep of a peer's update. */
export function remoteUpdateOf(update: ChannelUpdate): RemoteUpdate {
  return {
    fee_base_msat: update.fee_base_msat,
    fee_proportional_millionths: update.fee_proportional_millionths,
    cltv_expiry_delta: update.cltv_expiry_delta,
    htlc_minimum_msat: update.htlc_minimum_msat,
    htlc_maximum_msat: update.htlc_maximum_msat,
    timestamp: update.timestamp,
    disabled: (update.channel_flags & DISABLED) !== 0,
  };
}

/** The `channel_announcement` of our channel, without signatures. */
export function unsignedAnnouncement(
  keys: NodeKeys,
  peer_id: NodeId,
  chain_hash: string,
  terms: ChannelTerms,
  short_channel_id: ShortChannelId,
): ChannelAnnouncement {
  const ours = { node_id: keys.node_id, bitcoin_key: terms.local.funding_pubkey };
  const theirs = { node_id: peer_id, bitcoin_key: terms.remote.funding_pubkey };
  const [first, second] = ours.node_id < theirs.node_id ? [ours, theirs] : [theirs, ours];
  return {
    type: 'channel_announcement',
    node_signature_1: EMPTY_SIGNATURE,
    node_signature_2: EMPTY_SIGNATURE,
    bitcoin_signature_1: EMPTY_SIGNATURE,
    bitcoin_signature_2: EMPTY_SIGNATURE,
    features: new Set(),
    chain_hash,
    short_channel_id,
    node_id_1: first.node_id,
    node_id_2: second.node_id,
    bitcoin_key_1: first.bitcoin_key,
    bitcoin_key_2: second.bitcoin_key,
    excess: NOTHING,
  };
}

/** What the four signatures of an announcement sign. */
export function announcementDigest(announcement: ChannelAnnouncement): Uint8Array {
  return sha256d(encodeMessage(announcement).subarray(ANNOUNCEMENT_SIGNED_FROM));
}

/** The announcement with all signatures; undefined when one of the peer's is not valid. */
export function completeAnnouncement(
  keys: NodeKeys,
  peer_id: NodeId,
  chain_hash: string,
  terms: ChannelTerms,
  local: AnnouncementSignatures,
  remote: AnnouncementSignatures,
): ChannelAnnouncement | undefined {
  const unsigned = unsignedAnnouncement(keys, peer_id, chain_hash, terms, local.short_channel_id);
  const digest = announcementDigest(unsigned);
  const isValid =
    remote.short_channel_id === local.short_channel_id &&
    curve.verify(fromHex(remote.node_signature), digest, fromHex(peer_id)) &&
    curve.verify(fromHex(remote.bitcoin_signature), digest, fromHex(terms.remote.funding_pubkey));
  if (!isValid) return undefined;
  const [first, second] = keys.node_id < peer_id ? [local, remote] : [remote, local];
  return {
    ...unsigned,
    node_signature_1: first.node_signature,
    node_signature_2: second.node_signature,
    bitcoin_signature_1: first.bitcoin_signature,
    bitcoin_signature_2: second.bitcoin_signature,
  };
}
