/** Moving a database to a server and back: nothing is lost, nothing is there twice, whatever interrupts it. */
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, afterEach, beforeEach, describe, it } from 'node:test';
import { moveToFile, moveToServer } from '../../../src/app/daemon/move-database.ts';
import { secureRandomBytes } from '../../../src/base/crypto/random.ts';
import { HighWater } from '../../../src/infra/store/high-water.ts';
import { PostgresHome } from '../../../src/infra/store/postgres/postgres-store.ts';
import { openSqliteStore } from '../../../src/infra/store/sqlite-store.ts';
import type { SqlValue } from '../../../src/infra/store/store.ts';
import { fileIdentity, judgeDatabase } from '../../../src/node/backup/database-file.ts';
import { markRun, marksIn } from '../../../src/node/backup/run-mark.ts';
import { newSchema, postgresMissing, stopOwnServer, type TestSchema } from '../../support/postgres.ts';
import { TIMEOUT } from '../../support/time-limit.ts';

const root = mkdtempSync(join(tmpdir(), 'till-move-'));
after(async () => {
  rmSync(root, { recursive: true });
  await stopOwnServer();
});

describe('a database that moves', { ...TIMEOUT, skip: postgresMissing ?? false }, () => {
  let schema: TestSchema;
  let directory: string;
  let file: string;
  let made = 0;

  beforeEach(async () => {
    schema = await newSchema();
    directory = join(root, String(made++));
    mkdirSync(directory);
    file = join(directory, 'till.sqlite3');
    const store = await openSqliteStore({ directory, onFailure: (error) => assert.fail(error) });
    await judgeDatabase(store, { identity: fileIdentity(file), marks: [] }, undefined);
    await markRun(store, directory, secureRandomBytes);
    // Values at the edges of what a column holds, and more rows than one page.
    await store.commit([
      { sql: "UPDATE counters SET value = ? WHERE name = 'invoices_created'", params: [2n ** 63n - 1n] },
      { sql: 'INSERT INTO peers (node_id, address) VALUES (?, ?)', params: ['ü☃𝄞', ''] },
      { sql: 'INSERT INTO peer_storage (node_id, blob) VALUES (?, ?)', params: ['a', new Uint8Array(0)] },
      ...Array.from({ length: 1_203 }, (_, index) => ({
        sql: 'INSERT INTO revoked_htlcs (channel_id, htlc) VALUES (?, ?)',
        params: [`c${index % 7}`, Uint8Array.of(index & 255, 0, 255)] as SqlValue[],
      })),
    ]);
    await store.close();
  });
  afterEach(() => schema.drop());

  const options = () => ({ directory, target: schema.target, say: () => {}, must_be_durable: false });

  /** What the server says. */
  async function ask(sql: string): Promise<readonly unknown[]> {
    const home = await PostgresHome.open({ target: schema.target, must_be_durable: false });
    const session = await home.session('writer');
    const rows = await session.query(sql);
    await session.end();
    await home.close();
    return rows.map((row) => ({ ...row }));
  }

  function inFile(path: string, sql: string): unknown {
    const database = new DatabaseSync(path, { readOnly: true });
    const row = database.prepare(sql).get();
    database.close();
    return { ...row };
  }

  it('is the same afterwards, there and back, and what is left behind is known for a copy', async () => {
    copyFileSync(file, join(directory, 'before'));
    const { rows } = await moveToServer(options());
    assert.ok(rows > 1_203);
    assert.equal(existsSync(file), false);
    assert.deepEqual(inFile(`${file}.moved`, 'SELECT is_copy FROM database_file'), { is_copy: 1 });
    assert.deepEqual(await ask('SELECT COUNT(*) AS count, MAX(number) AS last FROM revoked_htlcs'), [
      { count: 1_203n, last: 1_203n },
    ]);
    // The server numbers on from there.
    assert.deepEqual(await ask("SELECT nextval(pg_get_serial_sequence('revoked_htlcs', 'number')) AS next"), [
      { next: 1_204n },
    ]);
    await moveToFile(options());
    assert.deepEqual(await ask('SELECT is_copy FROM database_file'), [{ is_copy: 1n }]);
    const [place] = [inFile(file, 'SELECT identity, is_copy FROM database_file')];
    assert.deepEqual(place, { identity: fileIdentity(file), is_copy: 0 });
    for (const table of ['counters', 'peers', 'peer_storage', 'revoked_htlcs', 'events']) {
      const all = (path: string): unknown => {
        const database = new DatabaseSync(path, { readOnly: true });
        const statement = database.prepare(`SELECT * FROM ${table} ORDER BY 1`);
        statement.setReadBigInts(true);
        const found = statement.all();
        database.close();
        return found;
      };
      assert.deepEqual(all(file), all(join(directory, 'before')), table);
    }
    // A node that starts on it finds it in its place, and no other run.
    assert.equal(marksIn(directory).length, 1);
  });

  it('goes on where it was when it was interrupted before the server was told', async () => {
    await moveToServer(options());
    // As it is when the power fails right behind the renaming of the file.
    const home = await PostgresHome.open({ target: schema.target, must_be_durable: false });
    const session = await home.session('writer');
    await session.query("UPDATE database_file SET identity = 'the file'");
    await moveToServer(options());
    const [row] = await session.query('SELECT identity FROM database_file');
    assert.match(String(row?.identity), /^postgres-/);
    await session.end();
    await home.close();
  });

  it('leaves the file as it is when the server has something else, or a node already', async () => {
    await moveToServer(options());
    renameSync(`${file}.moved`, file);
    const database = new DatabaseSync(file);
    database.prepare('UPDATE database_file SET identity = ?, is_copy = 0').run(fileIdentity(file));
    database.close();
    await assert.rejects(moveToServer(options()), /there is a node in this database already/);
    assert.ok(existsSync(file));
    // A row that differs is found when an interrupted move goes on.
    renameSync(file, `${file}.moved`);
    const home = await PostgresHome.open({ target: schema.target, must_be_durable: false });
    const session = await home.session('writer');
    await session.query("UPDATE revoked_htlcs SET htlc = '\\x01' WHERE number = 77");
    await session.end();
    await home.close();
    await assert.rejects(moveToServer(options()), /table revoked_htlcs is not the same: 1203 rows in the file, 1203/);
    assert.deepEqual(inFile(`${file}.moved`, 'SELECT is_copy FROM database_file'), { is_copy: 0 });
  });

  it('is not moved while it may be an old copy', async () => {
    copyFileSync(file, `${file}.copy`);
    rmSync(file);
    // Both lie in one directory: the copy has a number of its own.
    renameSync(`${file}.copy`, file);
    await assert.rejects(moveToServer(options()), /this database was copied here/);
    assert.ok(existsSync(file));
  });

  it('is not moved while it lacks commits, on either side', async () => {
    copyFileSync(file, join(root, 'older'));
    const store = await openSqliteStore({ directory, onFailure: (error) => assert.fail(error) });
    await store.commit([{ sql: "INSERT INTO peers (node_id, address) VALUES ('b', '')", params: [] }]);
    await store.close();
    copyFileSync(file, join(root, 'latest'));
    // Over the file: it stays the same file, and no run has left a mark since.
    copyFileSync(join(root, 'older'), file);
    await assert.rejects(moveToServer(options()), /lacks commits that were durable/);
    copyFileSync(join(root, 'latest'), file);
    await moveToServer(options());
    // As a node leaves it that has worked there until commit 500, of which the server has lost some.
    const [lease] = (await ask('SELECT lineage FROM lease')) as { lineage: string }[];
    const water = HighWater.open(directory, `postgres-${lease?.lineage}`);
    water.raise(500n);
    water.close();
    await assert.rejects(moveToFile(options()), /lacks commits that were durable/);
    assert.equal(existsSync(file), false);
  });
});
