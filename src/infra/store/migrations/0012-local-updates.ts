/** What we said last of our direction of each channel: its timestamp must rise, whatever the clock does. */
import type { Migration } from './migration.ts';

export const localUpdates: Migration = {
  version: 12,
  name: 'our channel updates',
  statements: ['ALTER TABLE channels ADD COLUMN local_update TEXT'],
};
