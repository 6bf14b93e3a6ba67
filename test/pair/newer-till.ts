/** Loaded before a node (`--import`), makes it a newer Till: it knows one more migration than this one. */
import { MIGRATIONS } from '../../src/infra/store/migrations/index.ts';
import type { Migration } from '../../src/infra/store/migrations/migration.ts';

(MIGRATIONS as Migration[]).push({
  version: MIGRATIONS.length + 1,
  name: 'of the next version',
  statements: [
    'ALTER TABLE invoices ADD COLUMN of_the_next_version BIGINT',
    'CREATE INDEX of_the_next_version ON invoices (of_the_next_version)',
  ],
});
