/** The transactions in blocks that gave the wallet a coin or took one, as they are: for those who keep books. */
import type { Migration } from './migration.ts';

export const walletHistory: Migration = {
  version: 20,
  name: 'history of the wallet',
  statements: [
    `CREATE TABLE wallet_history (
      txid TEXT PRIMARY KEY,
      raw BLOB NOT NULL,
      blockheight BIGINT NOT NULL,
      transaction_index BIGINT NOT NULL,
      mined_at BIGINT NOT NULL)`,
  ],
};
