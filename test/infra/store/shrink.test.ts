/** What was deleted gives its room back, while the node works. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { DATABASE_FILE } from '../../../src/infra/store/file-name.ts';
import { allowShrinking, Shrinker } from '../../../src/infra/store/shrink.ts';
import { openSqliteStore } from '../../../src/infra/store/sqlite-store.ts';
import { TIMEOUT } from '../../support/time-limit.ts';
import { CONTRACT_MIGRATIONS } from './schema.ts';

const MIB = 1024 * 1024;
const onFailure = (error: Error): void => assert.fail(error);

test('after much was deleted the file shrinks in the background, and what is left is whole', {
  ...TIMEOUT,
}, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'till-shrink-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, DATABASE_FILE);
  const filling = await openSqliteStore({ directory, migrations: CONTRACT_MIGRATIONS, onFailure });
  const rows = Array.from({ length: 2000 }, (_, index) =>
    filling.commit([{ sql: 'INSERT INTO things (name) VALUES (?)', params: [`${index} ${'y'.repeat(5000)}`] }]),
  );
  await Promise.all(rows);
  // Now all of it is in the file, and not in the log.
  await filling.close();
  assert.ok(statSync(file).size > 15 * MIB);
  const store = await openSqliteStore({ directory, migrations: CONTRACT_MIGRATIONS, onFailure });
  t.after(() => store.close());
  await store.commit([{ sql: "DELETE FROM things WHERE name NOT LIKE '7 %'", params: [] }]);
  while (statSync(file).size > 8 * MIB) {
    const [row] = await store.read('SELECT COUNT(*) AS count FROM things');
    assert.equal(row?.count, 1n);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const [left] = await store.read('SELECT name FROM things');
  assert.match(String(left?.name), /^7 y+$/);
});

test('while somebody reads what was there before the file keeps its length, and is cut once they have read', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'till-shrink-'));
  const file = join(directory, DATABASE_FILE);
  const database = new DatabaseSync(file);
  allowShrinking(database);
  database.exec('PRAGMA journal_mode = WAL; CREATE TABLE things (name TEXT)');
  const insert = database.prepare('INSERT INTO things (name) VALUES (?)');
  for (let index = 0; index < 4000; index++) insert.run('y'.repeat(5000));
  // Now all of it is in the file, and not in the log.
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  const reader = new DatabaseSync(file, { readOnly: true });
  reader.exec('BEGIN; SELECT name FROM things');
  database.exec('DELETE FROM things');
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const shrinker = new Shrinker(database, (error) => assert.fail(String(error)));
  t.after(() => {
    shrinker.stop();
    if (reader.isOpen) reader.close();
    database.close();
    rmSync(directory, { recursive: true });
  });
  /** A timer that is set within a tick runs with the next one. */
  const wait = (seconds: number): void => {
    for (let step = 0; step < seconds * 50; step++) t.mock.timers.tick(20);
  };
  shrinker.touched();
  wait(5);
  assert.ok(statSync(file).size > 15 * MIB);
  // What is committed meanwhile finds no page more to give back.
  insert.run('the last');
  shrinker.touched();
  wait(5);
  assert.ok(statSync(file).size > 15 * MIB);
  reader.close();
  wait(1);
  assert.ok(statSync(file).size < 8 * MIB);
});

test('the database of an earlier version learns to shrink when it is opened', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'till-shrink-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, DATABASE_FILE);
  const old = new DatabaseSync(file);
  old.exec('PRAGMA journal_mode = WAL; CREATE TABLE before (text TEXT); INSERT INTO before VALUES (1)');
  old.close();
  const store = await openSqliteStore({ directory, migrations: CONTRACT_MIGRATIONS, onFailure });
  assert.equal((await store.read('SELECT text FROM before'))[0]?.text, '1');
  await store.close();
  const database = new DatabaseSync(file, { readOnly: true });
  assert.equal(database.prepare('PRAGMA auto_vacuum').get()?.auto_vacuum, 2);
  database.close();
});
