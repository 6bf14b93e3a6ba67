/**
 * The height at which a channel was ordered: one that was there before is not what was bought. Orders of an earlier version
 * have none.
 */
import type { Migration } from './migration.ts';

export const orderHeights: Migration = {
  version: 32,
  name: 'heights of orders of channels',
  statements: ['ALTER TABLE channel_orders ADD COLUMN ordered_height BIGINT'],
};
