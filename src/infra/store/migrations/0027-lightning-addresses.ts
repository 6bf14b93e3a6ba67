/** Lightning addresses, and which invoices were made because somebody outside asked for them. */
import type { Migration } from './migration.ts';

export const lightningAddresses: Migration = {
  version: 27,
  name: 'Lightning addresses',
  statements: [
    `CREATE TABLE lightning_addresses (
      name TEXT PRIMARY KEY,
      description TEXT NOT NULL,
      min_msat BIGINT NOT NULL,
      max_msat BIGINT NOT NULL,
      comment_length BIGINT NOT NULL,
      payer_data TEXT NOT NULL,
      success_message TEXT,
      success_url TEXT,
      success_secret TEXT,
      is_enabled BIGINT NOT NULL,
      created_at BIGINT NOT NULL)`,
    'ALTER TABLE invoices ADD COLUMN is_transient BIGINT NOT NULL DEFAULT 0',
    // Read for each request of a stranger: as long as what strangers have asked for.
    'CREATE INDEX invoices_transient ON invoices (state, expires_at) WHERE is_transient = 1',
  ],
};
