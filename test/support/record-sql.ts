/**
 * Loaded before the tests of `npm test`: writes down each statement that a store prepares, for the test that shows them all
 * to PostgreSQL (test/infra/store/postgres/statements.test.ts).
 */
import { appendFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** The file that they are written to, each as a line of JSON. */
export const SEEN_SQL = 'TILL_SEEN_SQL';

const file = process.env[SEEN_SQL];
if (file !== undefined) {
  const seen = new Set<string>();
  const prepare = DatabaseSync.prototype.prepare;
  DatabaseSync.prototype.prepare = function (this: DatabaseSync, sql: string, ...rest: []) {
    if (!seen.has(sql)) {
      seen.add(sql);
      // What else is prepared is SQLite's own business, or a test's.
      if (/infra\/store\/(?:writer|reader)\./.test(new Error('where').stack ?? '')) {
        appendFileSync(file, `${JSON.stringify(sql)}\n`);
      }
    }
    return prepare.call(this, sql, ...rest);
  };
}
