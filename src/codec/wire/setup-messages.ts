/** BOLT 1: what any two nodes say to each other. */
import { bytes16, channelId, features16, hash32, restBytes, restList, u16 } from './field.ts';
import { type MessageOf, message } from './message.ts';
import { tlv } from './tlv.ts';

export const warning = message(1, 'warning', { channel_id: channelId, data: bytes16 }, {});
export const peer_storage = message(7, 'peer_storage', { blob: bytes16 });
export const peer_storage_retrieval = message(9, 'peer_storage_retrieval', { blob: bytes16 });
export const init = message(
  16,
  'init',
  { globalfeatures: features16, features: features16 },
  { networks: tlv(1, restList(hash32)), remote_addr: tlv(3, restBytes) },
);
export const error = message(17, 'error', { channel_id: channelId, data: bytes16 }, {});
export const ping = message(18, 'ping', { num_pong_bytes: u16, ignored: bytes16 }, {});
export const pong = message(19, 'pong', { ignored: bytes16 }, {});

export type Warning = MessageOf<typeof warning>;
export type Init = MessageOf<typeof init>;
export type ErrorMessage = MessageOf<typeof error>;
export type Ping = MessageOf<typeof ping>;
export type Pong = MessageOf<typeof pong>;
