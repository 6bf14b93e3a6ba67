/** What the dashboard shows: takings, events by label, held invoices, and deposits that want a decision. */
import type { Migration } from './migration.ts';

export const dashboard: Migration = {
  version: 25,
  name: 'what the dashboard shows',
  statements: [
    // The counter is the last pay_index that is counted.
    "INSERT INTO counters (name, value) VALUES ('takings', 0)",
    'CREATE TABLE takings (quarter INTEGER PRIMARY KEY, payments BIGINT NOT NULL, amount_msat BIGINT NOT NULL)',
    'CREATE INDEX events_label ON events (label) WHERE label IS NOT NULL',
    "CREATE INDEX invoices_held ON invoices (created_index) WHERE state = 'held'",
    // What became of a deposit that did not pay: the shop's decision.
    'CREATE TABLE database_copies (made_at BIGINT NOT NULL, destination TEXT NOT NULL, size_bytes BIGINT NOT NULL)',
    'ALTER TABLE deposits ADD COLUMN decision TEXT',
    'ALTER TABLE deposits ADD COLUMN decision_note TEXT',
    'ALTER TABLE deposits ADD COLUMN decided_at BIGINT',
    "CREATE INDEX deposits_open ON deposits (created_index) WHERE outcome IN ('short', 'late') AND decision IS NULL",
  ],
};
