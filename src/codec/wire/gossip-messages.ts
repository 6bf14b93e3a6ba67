/** BOLT 7: what nodes tell of channels and of themselves. */
import {
  bytes16,
  channelId,
  type Field,
  features16,
  hash32,
  millisatoshis,
  nodeId,
  point,
  restBytes,
  shortChannelId,
  signature,
  u8,
  u16,
  u32,
} from './field.ts';
import { type MessageOf, message } from './message.ts';
import { tlv } from './tlv.ts';

/** So many bytes as they are. */
function fixedBytes(length: number): Field<Uint8Array> {
  return {
    read: (reader) => reader.bytes(length),
    write: (writer, value) => writer.hex(Buffer.from(value).toString('hex'), length),
  };
}

/** What a later version of the protocol puts behind: it is signed as well, so it is kept as it came. */
const excess = restBytes;

export const channelAnnouncement = message(256, 'channel_announcement', {
  node_signature_1: signature,
  node_signature_2: signature,
  bitcoin_signature_1: signature,
  bitcoin_signature_2: signature,
  features: features16,
  chain_hash: hash32,
  short_channel_id: shortChannelId,
  node_id_1: nodeId,
  node_id_2: nodeId,
  bitcoin_key_1: point,
  bitcoin_key_2: point,
  excess,
});
export const nodeAnnouncement = message(257, 'node_announcement', {
  signature,
  features: features16,
  timestamp: u32,
  node_id: nodeId,
  rgb_color: fixedBytes(3),
  alias: fixedBytes(32),
  addresses: bytes16,
  excess,
});
export const channelUpdate = message(258, 'channel_update', {
  signature,
  chain_hash: hash32,
  short_channel_id: shortChannelId,
  timestamp: u32,
  message_flags: u8,
  channel_flags: u8,
  cltv_expiry_delta: u16,
  htlc_minimum_msat: millisatoshis,
  fee_base_msat: u32,
  fee_proportional_millionths: u32,
  htlc_maximum_msat: millisatoshis,
  excess,
});
export const announcementSignatures = message(259, 'announcement_signatures', {
  channel_id: channelId,
  short_channel_id: shortChannelId,
  node_signature: signature,
  bitcoin_signature: signature,
});
export const queryShortChannelIds = message(
  261,
  'query_short_channel_ids',
  { chain_hash: hash32, encoded_short_ids: bytes16 },
  { query_flags: tlv(1, restBytes) },
);
export const replyShortChannelIdsEnd = message(262, 'reply_short_channel_ids_end', {
  chain_hash: hash32,
  full_information: u8,
});
export const queryChannelRange = message(
  263,
  'query_channel_range',
  { chain_hash: hash32, first_blocknum: u32, number_of_blocks: u32 },
  { query_option: tlv(1, restBytes) },
);
export const replyChannelRange = message(
  264,
  'reply_channel_range',
  { chain_hash: hash32, first_blocknum: u32, number_of_blocks: u32, sync_complete: u8, encoded_short_ids: bytes16 },
  { timestamps_tlv: tlv(1, restBytes), checksums_tlv: tlv(3, restBytes) },
);
export const gossipTimestampFilter = message(265, 'gossip_timestamp_filter', {
  chain_hash: hash32,
  first_timestamp: u32,
  timestamp_range: u32,
});

export type ChannelAnnouncement = MessageOf<typeof channelAnnouncement>;
export type NodeAnnouncement = MessageOf<typeof nodeAnnouncement>;
export type ChannelUpdate = MessageOf<typeof channelUpdate>;
export type AnnouncementSignaturesMessage = MessageOf<typeof announcementSignatures>;
export type QueryShortChannelIds = MessageOf<typeof queryShortChannelIds>;
export type ReplyShortChannelIdsEnd = MessageOf<typeof replyShortChannelIdsEnd>;
export type QueryChannelRange = MessageOf<typeof queryChannelRange>;
export type ReplyChannelRange = MessageOf<typeof replyChannelRange>;
export type GossipTimestampFilter = MessageOf<typeof gossipTimestampFilter>;
