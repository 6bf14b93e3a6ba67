/** The counter: the price list, and the sales that were made there. */
import type { Migration } from './migration.ts';

export const counter: Migration = {
  version: 31,
  name: 'the counter',
  statements: [
    "INSERT INTO counters (name, value) VALUES ('items', 0), ('sales', 0)",
    // Amounts are of the currency's smallest unit; without a currency they are millisatoshi.
    `CREATE TABLE items (
      item_id INTEGER PRIMARY KEY,
      name TEXT NOT NULL,
      currency TEXT,
      amount BIGINT NOT NULL,
      place BIGINT NOT NULL)`,
    // What was sold, and which invoice asked for it. The items are kept as they were: prices change.
    `CREATE TABLE sales (
      sale_id INTEGER PRIMARY KEY,
      counter TEXT NOT NULL,
      created_index BIGINT NOT NULL,
      label TEXT NOT NULL,
      currency TEXT,
      amount BIGINT NOT NULL,
      tip BIGINT NOT NULL,
      items TEXT NOT NULL,
      note TEXT,
      created_at BIGINT NOT NULL)`,
    'CREATE INDEX sales_counter ON sales (counter, sale_id)',
    'CREATE UNIQUE INDEX sales_label ON sales (label)',
  ],
};
