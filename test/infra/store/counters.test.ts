/** Numbers of counters in the text of a statement, and who may change a counter. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { countedSql, countersIn, lastNumber, nextNumber, nextNumberIfRow } from '../../../src/infra/store/counters.ts';
import { StoreFailure } from '../../../src/infra/store/failure.ts';
import { MemoryStore } from '../../../src/infra/store/memory-store.ts';
import { CONTRACT_MIGRATIONS } from './schema.ts';

test('numbers stand among the values, in their order, and not in quoted text', () => {
  const sql = `INSERT INTO t VALUES (?, ${nextNumber('a')}, '${nextNumber('quoted')} ?', ${lastNumber('b')}, ?, ${nextNumber('a')})`;
  assert.deepEqual(countedSql(sql), {
    sql: `INSERT INTO t VALUES (?, CAST(? AS BIGINT), '${nextNumber('quoted')} ?', CAST(? AS BIGINT), ?, CAST(? AS BIGINT))`,
    counters: ['a', 'b'],
    takes: ['a'],
    is_if_row: false,
    places: [undefined, 'a', 'b', undefined, 'a'],
  });
  assert.equal(countedSql('SELECT ? FROM t'), undefined);
  assert.equal(countedSql(`INSERT INTO t SELECT ${nextNumberIfRow('a')} FROM u`)?.is_if_row, true);
  assert.deepEqual(['SELECT 1', sql, `SELECT ${lastNumber('c')}`].map(countersIn), [[], ['a', 'b'], ['c']]);
});

test('a counter that somebody else changed ends the store, before anything is said', async () => {
  const failed = Promise.withResolvers<StoreFailure>();
  const store = new MemoryStore({ onFailure: failed.resolve, migrations: CONTRACT_MIGRATIONS });
  const add = { sql: `INSERT INTO things (id, name) VALUES (${nextNumber('things')}, 'a') RETURNING id`, params: [] };
  await store.commit([add]);
  await store.commit([{ sql: "UPDATE counters SET value = 7 WHERE name = 'things'", params: [] }]);
  let is_told = false;
  void store.commit([{ ...add, sql: add.sql.replace("'a'", "'b'") }]).finally(() => {
    is_told = true;
  });
  const failure = await failed.promise;
  assert.ok(failure instanceof StoreFailure);
  assert.match(failure.message, /somebody else has changed the counter things/);
  assert.equal(is_told, false);
  assert.equal((await store.read('SELECT id FROM things')).length, 1);
  await store.close();
});

test('a counter that is not there is a fault that is told', async () => {
  const failed = Promise.withResolvers<StoreFailure>();
  const store = new MemoryStore({ onFailure: failed.resolve, migrations: CONTRACT_MIGRATIONS });
  void store.commit([{ sql: `INSERT INTO things (id, name) VALUES (${nextNumber('nosuch')}, 'a')`, params: [] }]);
  assert.match((await failed.promise).message, /the database has no counter nosuch/);
  await store.close();
});

test('no module counts up a number by a statement of its own, but what is only counted', () => {
  const counting = globSync('src/**/*.ts').filter((file) =>
    /UPDATE counters SET value = value \+ 1/.test(readFileSync(file, 'utf8')),
  );
  assert.deepEqual(counting, ['src/shop/invoices/counters.ts']);
});
