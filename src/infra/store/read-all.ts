/** Reading what may be more than one answer of the store can hold. */
import { MAX_READ_ROWS, type Row, type SqlValue, type Store } from './store.ts';

/**
 * All rows of a query, read in pages. It must order its rows fully, and be of what only its own module writes: a row that
 * comes or goes between two pages may be missed or come twice. Rejects as Store.read does.
 */
export async function readAll(store: Store, sql: string, params: readonly SqlValue[] = []): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (;;) {
    const page = await store.read(`${sql} LIMIT ? OFFSET ?`, [...params, MAX_READ_ROWS, rows.length]);
    rows.push(...page);
    if (page.length < MAX_READ_ROWS) return rows;
  }
}
