/** What was taken in the currencies of prices, beside what it was in bitcoin. */
import type { Migration } from './migration.ts';

export const takingsInCurrencies: Migration = {
  version: 33,
  name: 'takings in currencies',
  statements: [
    // Of payments of invoices with a price: the amount is of the currency's smallest unit, at the rate that was pinned.
    `CREATE TABLE takings_money (
      quarter INTEGER NOT NULL,
      currency TEXT NOT NULL,
      payments BIGINT NOT NULL,
      amount BIGINT NOT NULL,
      amount_msat BIGINT NOT NULL,
      PRIMARY KEY (quarter, currency))`,
    // All payments are counted again: prices are kept, also those of invoices that were deleted.
    'DELETE FROM takings',
    "UPDATE counters SET value = 0 WHERE name = 'takings'",
  ],
};
