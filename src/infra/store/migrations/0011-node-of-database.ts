/** Whose database it is: other words or another passphrase make another node, and that must not go on in it. */
import type { Migration } from './migration.ts';

export const nodeOfDatabase: Migration = {
  version: 11,
  name: 'the node of the database',
  statements: ['ALTER TABLE database_file ADD COLUMN node_id TEXT'],
};
