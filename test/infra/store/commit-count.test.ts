/** An older copy that is put in the place of a database is known by the number of commits that is kept outside of it. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { type LackedCommits, lackedCommits } from '../../../src/infra/store/commit-count.ts';
import { copyDatabase } from '../../../src/infra/store/copy.ts';
import { DATABASE_FILE } from '../../../src/infra/store/file-name.ts';
import { COMMITS_FILE } from '../../../src/infra/store/high-water.ts';
import { openSqliteStore } from '../../../src/infra/store/sqlite-store.ts';
import { type Store, StoreRefusedError } from '../../../src/infra/store/store.ts';
import { Writer } from '../../../src/infra/store/writer.ts';

const root = mkdtempSync(join(tmpdir(), 'till-count-'));
after(() => rmSync(root, { recursive: true }));

/** A test that fails leaves its store open, and its thread would outlive it. */
const opened = new Set<Store>();
after(async () => {
  for (const store of opened) await store.close().catch(() => {});
});

class Place {
  readonly directory = mkdtempSync(join(root, 'node-'));
  readonly file = join(this.directory, DATABASE_FILE);
  readonly outside = join(this.directory, COMMITS_FILE);
  #next = 0;

  /** Opens the store; `lacked` is what it found to be missing. */
  async open(): Promise<{ readonly store: Store; readonly lacked: LackedCommits | undefined }> {
    let lacked: LackedCommits | undefined;
    const store = await openSqliteStore({
      directory: this.directory,
      onFailure: (error) => assert.fail(error),
      onLacked: (commits) => {
        lacked = commits;
      },
    });
    opened.add(store);
    return { store, lacked };
  }

  async add(store: Store): Promise<void> {
    const sql = 'INSERT INTO peers (node_id, address) VALUES (?, ?)';
    await store.commit([{ sql, params: [`peer ${this.#next++}`, 'x'] }]);
  }

  /** Opens it, commits so often, and closes it. */
  async run(commits: number): Promise<LackedCommits | undefined> {
    const { store, lacked } = await this.open();
    // A node has been here: where it ran, and what it is.
    await store.commit([
      {
        sql: "INSERT INTO database_file (number, identity, is_copy) VALUES (0, 'x', 0) ON CONFLICT DO NOTHING",
        params: [],
      },
    ]);
    for (let count = 0; count < commits; count++) await this.add(store);
    await store.close();
    return lacked;
  }

  copy(): string {
    const copy = join(root, `copy ${copies++}`);
    copyFileSync(this.file, copy);
    return copy;
  }

  /** Puts a copy into the file: it stays the same file to the file system. */
  putBack(copy: string): void {
    const { ino } = statSync(this.file);
    copyFileSync(copy, this.file);
    assert.equal(statSync(this.file).ino, ino);
  }

  ask(sql: string): unknown {
    const database = new DatabaseSync(this.file, { readOnly: true });
    try {
      return Object.values(database.prepare(sql).get() ?? {})[0];
    } finally {
      database.close();
    }
  }
}
let copies = 0;

const NUMBER = "SELECT value FROM counters WHERE name = 'commits'";
const IS_COPY = 'SELECT is_copy FROM database_file';
const numberIn = (file: string): bigint => BigInt(/^\S+ (\d{20}) /.exec(readFileSync(file, 'latin1'))?.[1] as string);

test('the same file, start after start and commit after commit, has the number that is outside of it', async () => {
  const place = new Place();
  for (let start = 0; start < 3; start++) {
    assert.equal(await place.run(5), undefined);
    assert.equal(BigInt(place.ask(NUMBER) as number), numberIn(place.outside));
  }
  assert.equal(place.ask(IS_COPY), 0);
});

test('the outer number is there before anybody hears of the commit, and no later', async () => {
  const place = new Place();
  const { store } = await place.open();
  for (let count = 1n; count <= 5n; count++) {
    await place.add(store);
    assert.equal(numberIn(place.outside), count);
  }
  await store.close();
});

test('the outer number is written when its commit can be read by others, and not before', async () => {
  const place = new Place();
  await place.run(0);
  const database = new DatabaseSync(place.file);
  database.exec('PRAGMA journal_mode = WAL');
  const seen: (readonly [bigint, unknown])[] = [];
  const writer = new Writer(database, { raise: (number) => seen.push([number, place.ask(NUMBER)]) });
  const sql = 'INSERT INTO peers (node_id, address) VALUES (?, ?)';
  const add = (name: string) => [{ statement: 0, params: [name, 'x'], stop_if_no_row: false }];
  writer.run([{ statements: [sql], units: [add('a'), add('b')] }]);
  writer.run([{ statements: [], units: [add('c')] }]);
  database.close();
  assert.equal(seen.length, 2, 'once for a transaction');
  for (const [number, found] of seen) assert.equal(BigInt(found as number), number);
});

test('an older copy that is put back lacks commits: it is marked, and counts on from there', async () => {
  const place = new Place();
  await place.run(3);
  const copy = place.copy();
  const found = BigInt(place.ask(NUMBER) as number);
  await place.run(4);
  const known = numberIn(place.outside);
  place.putBack(copy);
  const { store, lacked } = await place.open();
  assert.deepEqual(lacked, { found, known });
  // Before anything is judged: a crash here hides nothing.
  assert.equal(place.ask(IS_COPY), 1);
  assert.equal(BigInt(place.ask(NUMBER) as number), known);
  await place.add(store);
  assert.equal(numberIn(place.outside), known + 1n);
  await store.close();
  assert.equal(await place.run(0), undefined, 'it is said once');
  assert.equal(place.ask(IS_COPY), 1, 'and stays so until it is judged');
});

test('a copy of the very last state lacks nothing', async () => {
  const place = new Place();
  await place.run(3);
  const copy = place.copy();
  place.putBack(copy);
  assert.equal(await place.run(1), undefined);
  assert.equal(place.ask(IS_COPY), 0);
});

test('the file of a node that was killed lacks commits without its log, and none with it', async () => {
  const place = new Place();
  await place.run(1);
  const { store } = await place.open();
  await place.add(store);
  // As a kill leaves them: the last commits are in the log.
  const [file, log] = [place.copy(), join(root, 'log')];
  copyFileSync(`${place.file}-wal`, log);
  await store.close();
  const known = numberIn(place.outside);
  place.putBack(file);
  const look = (): LackedCommits | undefined => {
    const database = new DatabaseSync(place.file);
    try {
      return lackedCommits(database, place.directory);
    } finally {
      database.close();
    }
  };
  assert.deepEqual(look(), { found: known - 1n, known });
  copyFileSync(log, `${place.file}-wal`);
  assert.equal(look(), undefined);
});

test('a backup that is put back lacks what came after it', async () => {
  const place = new Place();
  const { store } = await place.open();
  await place.add(store);
  const backup = join(root, `backup ${copies++}`);
  await copyDatabase(place.file, backup);
  await place.add(store);
  await store.close();
  place.putBack(backup);
  assert.deepEqual(await place.run(0), { found: 1n, known: 2n });
});

test('a crash between a commit and its outer number looks like no copy, whatever is left outside', async () => {
  const place = new Place();
  await place.run(2);
  const before = readFileSync(place.outside);
  await place.run(2);
  writeFileSync(place.outside, before);
  assert.equal(await place.run(1), undefined);
  rmSync(place.outside);
  assert.equal(await place.run(1), undefined, 'as on another machine');
  assert.equal(BigInt(place.ask(NUMBER) as number), numberIn(place.outside));
});

test('another database in the same directory is counted anew', async () => {
  const place = new Place();
  await place.run(9);
  rmSync(place.file);
  assert.equal(await place.run(1), undefined);
});

test('a unit that changes nothing has no number and writes nothing', async () => {
  const place = new Place();
  const { store } = await place.open();
  await place.add(store);
  const size = () => statSync(`${place.file}-wal`).size;
  const [before, bytes] = [numberIn(place.outside), size()];
  const none = { sql: "UPDATE peers SET address = 'y' WHERE node_id = 'nobody'", params: [], stop_if_no_row: true };
  assert.equal((await store.commit([none])).committed, false);
  await store.commit([{ sql: 'INSERT INTO peers SELECT * FROM peers WHERE 1 = 0', params: [] }]);
  assert.deepEqual([numberIn(place.outside), size()], [before, bytes]);
  await place.add(store);
  assert.equal(numberIn(place.outside), before + 1n);
  await store.close();
});

test('a unit that is refused costs the others no number', async () => {
  const place = new Place();
  const { store } = await place.open();
  await place.add(store);
  const before = numberIn(place.outside);
  const twice = { sql: "INSERT INTO peers (node_id, address) VALUES ('peer 0', 'x')", params: [] };
  const [refused] = await Promise.allSettled([store.commit([twice]), place.add(store)]);
  assert.ok(refused.status === 'rejected' && refused.reason instanceof StoreRefusedError);
  assert.equal(numberIn(place.outside), before + 1n);
  await store.close();
  assert.equal(BigInt(place.ask(NUMBER) as number), before + 1n);
});

test('a damaged outer file is refused with what to do', async () => {
  const place = new Place();
  await place.run(1);
  writeFileSync(place.outside, 'x');
  await assert.rejects(place.open(), /till.commits is damaged.*--copied-database=latest/);
});
