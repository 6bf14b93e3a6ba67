/**
 * Channels that are bought with an invoice (bLIP 52): what the provider promised. Invoices that nothing was bought for have
 * no row. What a paid one cost is with the invoice.
 */
import type { Migration } from './migration.ts';

export const jitOrders: Migration = {
  version: 26,
  name: 'channels that are bought with invoices',
  statements: [
    `CREATE TABLE jit_orders (
      payment_hash TEXT PRIMARY KEY,
      node_id TEXT NOT NULL,
      jit_channel_scid TEXT NOT NULL,
      payment_size_msat BIGINT,
      min_fee_msat BIGINT NOT NULL,
      proportional BIGINT NOT NULL,
      valid_until BIGINT NOT NULL,
      min_lifetime BIGINT NOT NULL,
      max_client_to_self_delay BIGINT NOT NULL,
      client_trusts_lsp BIGINT NOT NULL,
      created_at BIGINT NOT NULL,
      state TEXT NOT NULL,
      channel_id TEXT)`,
    // Read at every start: as long as what can still be paid, however many there ever were.
    "CREATE INDEX jit_orders_open ON jit_orders (valid_until) WHERE state = 'open'",
    'ALTER TABLE incoming_htlcs ADD COLUMN extra_fee BIGINT',
    'ALTER TABLE invoices ADD COLUMN opening_fee_msat BIGINT',
    'ALTER TABLE deleted_paid_invoices ADD COLUMN opening_fee_msat BIGINT',
  ],
};
