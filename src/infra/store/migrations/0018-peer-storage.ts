/** What peers gave us to keep (BOLT 1, Peer Storage). */
import type { Migration } from './migration.ts';

export const peerStorage: Migration = {
  version: 18,
  name: 'what peers gave us to keep',
  statements: ['CREATE TABLE peer_storage (node_id TEXT PRIMARY KEY, blob BLOB NOT NULL, idle_since_height BIGINT)'],
};
