import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { copyDatabase } from '../../../src/infra/store/copy.ts';
import { StoreFailure } from '../../../src/infra/store/failure.ts';
import { DATABASE_FILE } from '../../../src/infra/store/file-name.ts';
import { openSqliteStore } from '../../../src/infra/store/sqlite-store.ts';

const dir = mkdtempSync(join(tmpdir(), 'till-copy-'));
after(() => rmSync(dir, { recursive: true }));
const store = await openSqliteStore({ directory: dir, onFailure: (error) => assert.fail(error) });
after(() => store.close());
const source = join(dir, DATABASE_FILE);

test('a copy that is made while the node writes is one moment of it: whole units, without a gap', async () => {
  const add = (number: number) =>
    store.commit([
      { sql: 'INSERT INTO peers (node_id, address) VALUES (?, ?)', params: [`a${number}`, 'x'] },
      { sql: 'INSERT INTO peers (node_id, address) VALUES (?, ?)', params: [`b${number}`, 'x'] },
    ]);
  await add(0);
  let isCopied = false;
  const copying = copyDatabase(source, join(dir, 'copy')).then(() => {
    isCopied = true;
  });
  let last = 0;
  while (!isCopied) await add(++last);
  await copying;
  const copy = new DatabaseSync(join(dir, 'copy'), { readOnly: true });
  const rows = copy.prepare("SELECT node_id FROM peers WHERE node_id LIKE 'a%' ORDER BY rowid").all();
  const [{ total }] = copy.prepare('SELECT count(*) AS total FROM peers').all() as [{ total: number }];
  assert.equal(total, rows.length * 2);
  assert.deepEqual(
    rows.map(({ node_id }) => node_id),
    rows.map((_, index) => `a${index}`),
  );
  assert.ok(rows.length >= 1 && rows.length <= last + 1);
  assert.equal(copy.prepare('PRAGMA integrity_check').get()?.integrity_check, 'ok');
  copy.close();
  assert.equal(statSync(join(dir, 'copy')).mode & 0o777, 0o600);
});

test('a backup overwrites nothing, and one that fails leaves nothing', async () => {
  await assert.rejects(copyDatabase(source, join(dir, 'copy')), /exists already/);
  await assert.rejects(copyDatabase(source, join(dir, 'no', 'such', 'place')), StoreFailure);
  assert.deepEqual(
    readdirSync(dir).filter((name) => name.includes('unfinished')),
    [],
  );
});

test('a store that is closed is one file, with everything in it', async () => {
  const own = mkdtempSync(join(dir, 'closed-'));
  const closing = await openSqliteStore({ directory: own, onFailure: (error) => assert.fail(error) });
  await closing.commit([{ sql: "INSERT INTO peers (node_id, address) VALUES ('c', 'x')", params: [] }]);
  await closing.close();
  assert.deepEqual(
    readdirSync(own).filter((name) => name.startsWith(DATABASE_FILE)),
    [DATABASE_FILE],
  );
  const file = new DatabaseSync(join(own, DATABASE_FILE), { readOnly: true });
  assert.equal(file.prepare('SELECT address FROM peers').get()?.address, 'x');
  file.close();
});
