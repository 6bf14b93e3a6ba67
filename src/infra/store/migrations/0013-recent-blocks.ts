/** The newest blocks that the node has seen: by them it tells a reorganisation from another chain. */
import type { Migration } from './migration.ts';

export const recentBlocks: Migration = {
  version: 13,
  name: 'the newest blocks seen',
  statements: ['CREATE TABLE recent_blocks (height BIGINT PRIMARY KEY, hash TEXT NOT NULL)'],
};
