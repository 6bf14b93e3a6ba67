/** The log of events: a row for each change that others are told of, written by the unit that makes the change. */
import type { Migration } from './migration.ts';

export const events: Migration = {
  version: 17,
  name: 'events',
  statements: [
    // The second counter is the highest number that was removed: rows are removed from the oldest on.
    "INSERT INTO counters (name, value) VALUES ('events', 0), ('events_pruned', 0)",
    // No further index: a reader goes through the numbers in their order, and the paying unit writes nothing more.
    `CREATE TABLE events (
      event_id INTEGER PRIMARY KEY,
      type TEXT NOT NULL,
      happened_at BIGINT NOT NULL,
      label TEXT,
      data TEXT NOT NULL)`,
  ],
};
