/** Which file this database is in: a copy of it must not speak for channels that have gone on without it. */
import type { Migration } from './migration.ts';

export const databaseFile: Migration = {
  version: 8,
  name: 'the file of the database',
  statements: [
    'CREATE TABLE database_file (number BIGINT PRIMARY KEY, identity TEXT NOT NULL, is_copy BIGINT NOT NULL)',
  ],
};
