/** Prices of invoices in a currency, with the rate that was pinned. */
import type { Migration } from './migration.ts';

export const invoicePrices: Migration = {
  version: 28,
  name: 'prices of invoices',
  statements: [
    // `price` is the JSON of the whole, as events tell it; the other columns are for sums.
    `CREATE TABLE invoice_prices (
      invoice_index INTEGER PRIMARY KEY,
      currency TEXT NOT NULL,
      amount BIGINT NOT NULL,
      price TEXT NOT NULL)`,
  ],
};
