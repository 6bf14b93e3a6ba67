/**
 * Counters and invoices. Amounts are u64, kept in the 64 bits of a signed column; hashes and keys are blobs, which
 * halves their index (docs/decisions/0003-invoice-table.md).
 */
import type { Migration } from './migration.ts';

const INVOICE_COLUMNS = `
  created_index BIGINT NOT NULL,
  updated_index BIGINT,
  label TEXT NOT NULL,
  payment_hash BLOB NOT NULL,
  state TEXT NOT NULL,
  amount_msat BIGINT,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  min_final_cltv_expiry BIGINT NOT NULL,
  payment_preimage BLOB NOT NULL,
  payment_secret BLOB,
  bolt11 TEXT NOT NULL,
  description TEXT,
  metadata TEXT,
  pay_index BIGINT,
  amount_received_msat BIGINT,
  paid_at BIGINT`;

export const invoices: Migration = {
  version: 1,
  name: 'counters and invoices',
  statements: [
    'CREATE TABLE counters (name TEXT PRIMARY KEY, value BIGINT NOT NULL)',
    `INSERT INTO counters (name, value) VALUES
      ('invoices_created', 0), ('invoices_updated', 0), ('invoices_deleted', 0), ('invoices_paid', 0),
      ('autoclean_expiredinvoices', 0), ('autoclean_paidinvoices', 0)`,
    // SQLite keeps rows in the order of a key that is spelled exactly INTEGER PRIMARY KEY: new rows go to the end.
    `CREATE TABLE invoices (${INVOICE_COLUMNS.replace('BIGINT NOT NULL', 'INTEGER PRIMARY KEY')})`,
    'CREATE UNIQUE INDEX invoices_payment_hash ON invoices (payment_hash)',
    'CREATE UNIQUE INDEX invoices_label ON invoices (label)',
    "CREATE INDEX invoices_expires_at ON invoices (expires_at) WHERE state = 'unpaid'",
    "CREATE INDEX invoices_expired ON invoices (expires_at) WHERE state = 'expired'",
    'CREATE UNIQUE INDEX invoices_pay_index ON invoices (pay_index) WHERE pay_index IS NOT NULL',
    'CREATE INDEX invoices_paid_at ON invoices (paid_at) WHERE pay_index IS NOT NULL',
    'CREATE UNIQUE INDEX invoices_updated_index ON invoices (updated_index) WHERE updated_index IS NOT NULL',
    // What was paid stays told: a consumer of payments in order must find them after delinvoice too.
    `CREATE TABLE deleted_paid_invoices (${INVOICE_COLUMNS.replace('pay_index BIGINT', 'pay_index INTEGER PRIMARY KEY')})`,
  ],
};
