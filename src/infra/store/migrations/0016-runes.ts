/** Runes: what programs may ask of the node. */
import type { Migration } from './migration.ts';

export const runes: Migration = {
  version: 16,
  name: 'runes',
  statements: [
    // The value that only this database has: without it no rune can be told to be ours.
    'CREATE TABLE rune_secret (number INTEGER PRIMARY KEY, salt BLOB NOT NULL)',
    'CREATE TABLE runes (unique_id BIGINT PRIMARY KEY, rune TEXT NOT NULL, last_used_at BIGINT)',
    'CREATE TABLE rune_blacklist (start_id BIGINT PRIMARY KEY, end_id BIGINT NOT NULL)',
  ],
};
