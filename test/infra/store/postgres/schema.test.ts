/** The schema as PostgreSQL has it, from the same migrations as SQLite's. */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Client } from 'pg';
import { migrationForPostgres, numberPlaces } from '../../../../src/infra/store/dialect.ts';
import { HASH_IS } from '../../../../src/infra/store/invoice-hash.ts';
import { PostgresHome, PostgresStore } from '../../../../src/infra/store/postgres/postgres-store.ts';
import { asHolder } from '../../../support/holder.ts';
import { newSchema, postgresMissing, stopOwnServer, type TestSchema } from '../../../support/postgres.ts';
import { TIMEOUT } from '../../../support/time-limit.ts';

it('numbers the places of values, and leaves question marks in texts and names alone', () => {
  const sql = `SELECT '?', 'it''s ?', "a?" FROM t WHERE a = ? AND b IN (?, ?)`;
  assert.equal(numberPlaces(sql), `SELECT '?', 'it''s ?', "a?" FROM t WHERE a = $1 AND b IN ($2, $3)`);
});

it('gives the tables of migrations the types of PostgreSQL, and leaves the rest alone', () => {
  assert.equal(
    migrationForPostgres('CREATE TABLE t (id INTEGER PRIMARY KEY, blob BLOB NOT NULL, name TEXT)'),
    'CREATE TABLE t (id BIGINT PRIMARY KEY, blob BYTEA NOT NULL, name TEXT COLLATE "C")',
  );
  assert.equal(migrationForPostgres('ALTER TABLE t ADD COLUMN a TEXT'), 'ALTER TABLE t ADD COLUMN a TEXT COLLATE "C"');
  const insert = "INSERT INTO t SELECT CAST('INTEGER' AS TEXT)";
  assert.equal(migrationForPostgres(insert), insert);
});

describe('the schema on a server', { ...TIMEOUT, skip: postgresMissing ?? false }, () => {
  let schema: TestSchema;
  let client: Client;

  before(async () => {
    schema = await newSchema();
    const home = await PostgresHome.open({ target: schema.target, must_be_durable: false });
    const store = await PostgresStore.open(home, { ...asHolder('test'), onFailure: (error) => assert.fail(error) });
    await store.close();
    const { addresses, user, database, options } = schema.target;
    client = new Client({
      ...addresses[0],
      user,
      database,
      password: '',
      ...(options === undefined ? {} : { options }),
    });
    await client.connect();
  });
  after(async () => {
    await client.end();
    await schema.drop();
    await stopOwnServer();
  });

  const ask = async (sql: string): Promise<readonly Record<string, unknown>[]> =>
    (await client.query<Record<string, unknown>>(sql)).rows;

  it('has integers of 64 bits, bytes, and text that is ordered by its bytes', async () => {
    const columns =
      await ask(`SELECT c.relname || '.' || a.attname AS name, format_type(a.atttypid, NULL) AS type, l.collname
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_collation l ON l.oid = a.attcollation
      WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped`);
    assert.ok(columns.length > 100);
    const types = { bigint: null, bytea: null, text: 'C' } as Record<string, string | null>;
    assert.deepEqual(
      columns.filter(({ type, collname }) => types[String(type)] !== collname),
      [],
    );
  });

  it('numbers the rows itself that are written without a number', async () => {
    for (let row = 0; row < 2; row++) await ask("INSERT INTO revoked_htlcs (channel_id, htlc) VALUES ('c', '\\x00')");
    const rows = await ask('SELECT number FROM revoked_htlcs ORDER BY number');
    assert.ok(Number(rows[0]?.number) < Number(rows[1]?.number));
  });

  it('finds an invoice by its hash, and those that expire next, through their indexes', async () => {
    await ask('SET enable_seqscan = off');
    const planOf = async (sql: string): Promise<string> => JSON.stringify(await ask(`EXPLAIN (COSTS OFF) ${sql}`));
    const hash = "'\\x00'::bytea";
    assert.match(
      await planOf(`SELECT label FROM invoices WHERE ${HASH_IS.replaceAll('?', hash)}`),
      /Index Scan using invoices_payment_hash/,
    );
    const next = "SELECT MIN(expires_at) FROM invoices WHERE state = 'unpaid'";
    assert.match(await planOf(next), /Index (?:Only )?Scan using invoices_expires_at/);
  });
});
