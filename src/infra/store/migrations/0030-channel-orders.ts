/** Channels that are bought ahead of providers. */
import type { Migration } from './migration.ts';

export const channelOrders: Migration = {
  version: 30,
  name: 'channels that are bought ahead',
  statements: [
    `CREATE TABLE channel_orders (
      number BIGINT PRIMARY KEY,
      provider_id TEXT NOT NULL,
      order_id TEXT NOT NULL,
      lsp_balance_sat BIGINT NOT NULL,
      channel_expiry_blocks BIGINT NOT NULL,
      announce_channel BIGINT NOT NULL,
      wanted_by TEXT NOT NULL,
      created_at BIGINT NOT NULL,
      lightning_fee_sat BIGINT,
      lightning_total_sat BIGINT,
      lightning_invoice TEXT,
      lightning_expires_at BIGINT,
      onchain_fee_sat BIGINT,
      onchain_total_sat BIGINT,
      onchain_address TEXT,
      onchain_expires_at BIGINT,
      refund_address TEXT NOT NULL,
      status TEXT NOT NULL,
      pay_way TEXT,
      paid_at BIGINT,
      payment_txid TEXT,
      funding_txid TEXT,
      funding_outnum BIGINT,
      channel_expires_at BIGINT,
      problem TEXT
    )`,
  ],
};
