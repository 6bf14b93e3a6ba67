/** Who writes the database of a test: nobody else wants to, so nothing is renewed while the test looks on. */
import type { PostgresStoreOptions } from '../../src/infra/store/postgres/postgres-store.ts';

/** Options of a store that belongs to this holder, from a directory of the same name. */
export function asHolder(holder: string): Pick<PostgresStoreOptions, 'taker' | 'lease_seconds'> {
  return { taker: { holder, directory: holder, known_commit: 0n }, lease_seconds: 3600 };
}
