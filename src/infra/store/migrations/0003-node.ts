/** How far the chain was followed, and where peers of ours can be reached. */
import type { Migration } from './migration.ts';

export const node: Migration = {
  version: 3,
  name: 'chain tip and peers',
  statements: [
    'CREATE TABLE chain_tip (number BIGINT PRIMARY KEY, height BIGINT NOT NULL, hash TEXT NOT NULL)',
    'CREATE TABLE peers (node_id TEXT PRIMARY KEY, address TEXT NOT NULL)',
  ],
};
