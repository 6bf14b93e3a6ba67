/** Channels that were given up before a block held their funding, with money of ours in them: it may still come. */
import type { Migration } from './migration.ts';

export const lateFundings: Migration = {
  version: 15,
  name: 'fundings that may still come',
  statements: [
    'CREATE TABLE late_fundings (channel_id TEXT PRIMARY KEY, peer_id TEXT NOT NULL, key_id TEXT NOT NULL, state TEXT NOT NULL)',
  ],
};
