/** Pages on which a customer pays: each invoice that asked for one has a row, under a name that nobody can guess. */
import type { Migration } from './migration.ts';

export const checkoutPages: Migration = {
  version: 23,
  name: 'checkout pages',
  statements: [
    `CREATE TABLE checkout_pages (
      public_id TEXT PRIMARY KEY,
      created_index BIGINT NOT NULL,
      redirect_url TEXT,
      is_renewable BIGINT NOT NULL,
      first_label TEXT NOT NULL,
      generation BIGINT NOT NULL)`,
    'CREATE UNIQUE INDEX checkout_pages_created_index ON checkout_pages (created_index)',
  ],
};
