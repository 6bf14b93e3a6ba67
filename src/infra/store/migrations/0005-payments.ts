/** Payments of ours: one row for each HTLC that was offered, or was about to be. */
import type { Migration } from './migration.ts';

export const payments: Migration = {
  version: 5,
  name: 'payments of ours',
  statements: [
    `CREATE TABLE sendpays (
      created_index INTEGER PRIMARY KEY,
      updated_index BIGINT,
      payment_hash TEXT NOT NULL,
      groupid BIGINT NOT NULL,
      partid BIGINT NOT NULL,
      status TEXT NOT NULL,
      amount_msat BIGINT NOT NULL,
      amount_sent_msat BIGINT NOT NULL,
      destination TEXT NOT NULL,
      created_at BIGINT NOT NULL,
      completed_at BIGINT,
      payment_preimage TEXT,
      label TEXT,
      bolt11 TEXT,
      description TEXT,
      channel_id TEXT NOT NULL,
      htlc_id BIGINT NOT NULL,
      route TEXT NOT NULL,
      shared_secrets BLOB,
      failure TEXT)`,
    'CREATE UNIQUE INDEX sendpays_updated ON sendpays (updated_index)',
    'CREATE UNIQUE INDEX sendpays_part ON sendpays (payment_hash, groupid, partid)',
    // What a channel tells of is looked up while it is pending only.
    "CREATE INDEX sendpays_pending ON sendpays (channel_id, htlc_id) WHERE status = 'pending'",
  ],
};
