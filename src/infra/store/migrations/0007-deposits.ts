/** Deposits on the chain that pay invoices: the addresses that invoices show, and what arrived there. */
import type { Migration } from './migration.ts';

export const deposits: Migration = {
  version: 7,
  name: 'deposits to addresses of invoices',
  statements: [
    ...['invoices', 'deleted_paid_invoices'].flatMap((table) => [
      `ALTER TABLE ${table} ADD COLUMN paid_txid TEXT`,
      `ALTER TABLE ${table} ADD COLUMN paid_outnum BIGINT`,
    ]),
    // Kept when the invoice is deleted: what still arrives must find out what it was meant for.
    `CREATE TABLE invoice_addresses (
      script_pubkey TEXT PRIMARY KEY,
      created_index BIGINT NOT NULL,
      label TEXT NOT NULL,
      expires_at BIGINT NOT NULL)`,
    `CREATE TABLE deposits (
      txid TEXT NOT NULL,
      vout BIGINT NOT NULL,
      created_index BIGINT NOT NULL,
      label TEXT NOT NULL,
      amount_sat BIGINT NOT NULL,
      blockheight BIGINT,
      is_in_time BIGINT NOT NULL,
      outcome TEXT NOT NULL,
      PRIMARY KEY (txid, vout))`,
    'CREATE INDEX deposits_created_index ON deposits (created_index)',
    // Read at every block: as long as what is on its way, however many there ever were.
    "CREATE INDEX deposits_pending ON deposits (created_index) WHERE outcome = 'pending'",
  ],
};
