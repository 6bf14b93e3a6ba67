/**
 * Every statement of Till's that any test of the run has seen, shown to PostgreSQL: it takes it, and means by each value
 * what Till binds there. `npm test` writes the statements down and runs this at the end (tools/test.ts).
 */

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { Client } from 'pg';
import { numberPlaces } from '../../../../src/infra/store/dialect.ts';
import { PostgresHome, PostgresStore } from '../../../../src/infra/store/postgres/postgres-store.ts';
import { asHolder } from '../../../support/holder.ts';
import { newSchema, postgresMissing, stopOwnServer } from '../../../support/postgres.ts';
import { SEEN_SQL } from '../../../support/record-sql.ts';
import { TIMEOUT } from '../../../support/time-limit.ts';

after(stopOwnServer);

const ROOT = join(import.meta.dirname, '../../../..');
const file = process.env[SEEN_SQL];

/** Texts of the sources that begin as a statement does, as patterns: what they are made of at run time may be anything. */
function patterns(): readonly RegExp[] {
  return globSync('src/**/*.ts', { cwd: ROOT }).flatMap((path) => {
    const code = readFileSync(join(ROOT, path), 'utf8');
    const texts = code.matchAll(
      /(['"`])(\s*(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH) (?:(?!\1)(?:\\.|[^\\]))*)\1/gs,
    );
    return [...texts].map(([, , text]) => {
      const parts = (text as string).split(/\$\{(?:[^{}]|\{[^{}]*\})*\}/);
      return new RegExp(`^${parts.map((part) => RegExp.escape(part)).join('[\\s\\S]*')}`);
    });
  });
}

/** What Till binds: its integers have 64 bits, so a place of 32 would refuse some of them. */
const BOUND: readonly string[] = ['bigint', 'text', 'bytea'];

/** A length in characters, which PostgreSQL counts in 32 bits. */
function isLength(type: string, sql: string): boolean {
  return type === 'integer' && sql.includes('substr(');
}

const UNDEFINED_TABLE = '42P01';

const skip = postgresMissing ?? (file === undefined ? 'only npm test writes down what is seen' : false);

it('PostgreSQL takes every statement that was seen, with the types that Till binds', { ...TIMEOUT, skip }, async () => {
  const known = patterns();
  const seen = [...new Set(readFileSync(file as string, 'utf8').split('\n'))]
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as string)
    .filter((sql) => known.some((pattern) => pattern.test(sql)))
    // Of lists of any length one is enough.
    .map((sql) => sql.replaceAll(/\?(?:, \?){2,}/g, (places) => (sql.includes(' IN (') ? '?, ?' : places)));
  const { target, drop } = await newSchema();
  const home = await PostgresHome.open({ target, must_be_durable: false });
  const store = await PostgresStore.open(home, { ...asHolder('test'), onFailure: (error) => assert.fail(error) });
  await store.close();
  const [address] = target.addresses;
  const client = new Client({
    ...address,
    user: target.user,
    database: target.database,
    password: '',
    ...(target.options === undefined ? {} : { options: target.options }),
  });
  await client.connect();
  const refused: string[] = [];
  for (const sql of new Set(seen)) {
    try {
      await client.query(`PREPARE seen AS ${numberPlaces(sql)}`);
      const { rows } = await client.query<{ types: string[] }>(
        "SELECT parameter_types::text[] AS types FROM pg_prepared_statements WHERE name = 'seen'",
      );
      await client.query('DEALLOCATE seen');
      const wrong = (rows[0]?.types ?? []).filter((type) => !BOUND.includes(type) && !isLength(type, sql));
      if (wrong.length > 0) refused.push(`${sql}: it takes ${wrong.join(', ')}`);
    } catch (error) {
      // A table of a test's own, in words that begin as one of Till's.
      if ((error as { code?: string }).code === UNDEFINED_TABLE) continue;
      refused.push(`${sql}: ${(error as Error).message}`);
    }
  }
  await client.end();
  await drop();
  assert.deepEqual(refused, []);
  assert.ok(seen.length > 80, `only ${seen.length} statements were seen`);
});
