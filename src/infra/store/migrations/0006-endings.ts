/** Channels that end on the chain, and what is remembered of a channel when it is history. */
import type { Migration } from './migration.ts';

export const endings: Migration = {
  version: 6,
  name: 'endings of channels',
  statements: [
    // `state` is empty once nothing of the channel is left on the chain; `began_height` is where to look from.
    `CREATE TABLE endings (
      channel_id TEXT PRIMARY KEY,
      began_height BIGINT NOT NULL,
      state TEXT,
      ending TEXT,
      closing_txid TEXT,
      funded_txids TEXT NOT NULL,
      resolved_height BIGINT)`,
    // Who began to close the channel, and why: in Core Lightning's words.
    'ALTER TABLE channels ADD COLUMN closer TEXT',
    'ALTER TABLE channels ADD COLUMN close_cause TEXT',
    'ALTER TABLE channels ADD COLUMN min_to_us_msat BIGINT',
    'ALTER TABLE channels ADD COLUMN max_to_us_msat BIGINT',
  ],
};
