/** What the fundings of peers spend: after a reorganisation something else may. */
import type { Migration } from './migration.ts';

export const fundingCoins: Migration = {
  version: 19,
  name: 'what fundings spend',
  statements: ['CREATE TABLE funding_coins (channel_id TEXT PRIMARY KEY, coins TEXT NOT NULL)'],
};
