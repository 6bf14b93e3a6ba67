/** What went over each channel, and when its connection last lasted. */
import type { Migration } from './migration.ts';

export const traffic: Migration = {
  version: 14,
  name: 'traffic of channels',
  statements: [
    'ALTER TABLE channels ADD COLUMN traffic TEXT',
    'ALTER TABLE channels ADD COLUMN last_stable_connection BIGINT',
  ],
};
