/** Refunds: recorded before they are sent, and what was given back of each invoice. */
import type { Migration } from './migration.ts';

export const refunds: Migration = {
  version: 29,
  name: 'refunds',
  statements: [
    "INSERT INTO counters (name, value) VALUES ('refunds', 0)",
    `CREATE TABLE refunds (
      refund_id INTEGER PRIMARY KEY,
      invoice_index BIGINT NOT NULL,
      label TEXT NOT NULL,
      status TEXT NOT NULL,
      method TEXT NOT NULL,
      destination TEXT NOT NULL,
      amount_msat BIGINT NOT NULL,
      currency TEXT,
      amount BIGINT,
      fee_msat BIGINT,
      bolt11 TEXT,
      payment_hash TEXT,
      txid TEXT,
      failure TEXT,
      note TEXT,
      idempotency_key TEXT,
      created_at BIGINT NOT NULL,
      ended_at BIGINT)`,
    'CREATE INDEX refunds_invoice ON refunds (invoice_index)',
    'CREATE UNIQUE INDEX refunds_key ON refunds (idempotency_key) WHERE idempotency_key IS NOT NULL',
    // One invoice pays one refund; after a failure it may be tried again.
    "CREATE UNIQUE INDEX refunds_payment ON refunds (payment_hash) WHERE payment_hash IS NOT NULL AND status <> 'failed'",
    "CREATE INDEX refunds_pending ON refunds (refund_id) WHERE status = 'pending'",
    `CREATE TABLE refund_totals (
      invoice_index INTEGER PRIMARY KEY,
      amount_msat BIGINT NOT NULL,
      amount BIGINT NOT NULL)`,
  ],
};
