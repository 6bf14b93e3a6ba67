/** The index of payment hashes holds their first bytes alone: half the pages that new invoices change at random. */
import { HASH_PREFIX } from '../invoice-hash.ts';
import type { Migration } from './migration.ts';

export const narrowHashIndex: Migration = {
  version: 9,
  name: 'a narrow index of payment hashes',
  statements: [
    'DROP INDEX invoices_payment_hash',
    `CREATE UNIQUE INDEX invoices_payment_hash ON invoices (${HASH_PREFIX})`,
  ],
};
