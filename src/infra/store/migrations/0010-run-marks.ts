/** Which run of the node wrote the database last: an older copy, laid over the file, is told from it. */
import type { Migration } from './migration.ts';

export const runMarks: Migration = {
  version: 10,
  name: 'marks of runs',
  statements: [
    'ALTER TABLE database_file ADD COLUMN run TEXT',
    'ALTER TABLE database_file ADD COLUMN previous_run TEXT',
  ],
};
