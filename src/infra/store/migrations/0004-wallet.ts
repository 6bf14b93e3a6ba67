/** The wallet on the chain: addresses handed out, coins, and transactions of ours. */
import type { Migration } from './migration.ts';

export const wallet: Migration = {
  version: 4,
  name: 'wallet',
  statements: [
    // The next index of a kind is one above the highest here: an address exists once its row does.
    `CREATE TABLE wallet_scripts (
      script_pubkey TEXT PRIMARY KEY,
      kind TEXT NOT NULL,
      change BIGINT NOT NULL,
      address_index BIGINT NOT NULL)`,
    `CREATE TABLE wallet_coins (
      txid TEXT NOT NULL,
      vout BIGINT NOT NULL,
      amount_sat BIGINT NOT NULL,
      script_pubkey TEXT NOT NULL,
      is_coinbase BIGINT NOT NULL,
      blockheight BIGINT,
      spent_by TEXT,
      spent_height BIGINT,
      PRIMARY KEY (txid, vout))`,
    `CREATE TABLE wallet_transactions (
      txid TEXT PRIMARY KEY,
      number BIGINT NOT NULL,
      state TEXT NOT NULL,
      purpose TEXT NOT NULL,
      raw BLOB NOT NULL,
      fee_sat BIGINT NOT NULL,
      change_index BIGINT,
      is_sweep BIGINT NOT NULL,
      parents TEXT NOT NULL,
      blockheight BIGINT)`,
  ],
};
