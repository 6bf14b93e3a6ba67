import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, it } from 'node:test';
import { StoreFailure } from '../../../src/infra/store/failure.ts';
import { DATABASE_FILE } from '../../../src/infra/store/file-name.ts';
import { openSqliteStore } from '../../../src/infra/store/sqlite-store.ts';
import type { Store, Write } from '../../../src/infra/store/store.ts';
import { TIMEOUT } from '../../support/time-limit.ts';
import { CONTRACT_MIGRATIONS } from './schema.ts';

const root = mkdtempSync(join(tmpdir(), 'till-failure-'));
after(() => rmSync(root, { recursive: true }));
let made = 0;
function newDirectory(): string {
  const directory = join(root, String(made++));
  mkdirSync(directory);
  return directory;
}

const onFailure = (error: Error): void => assert.fail(error);
const add = (name: string): Write => ({ sql: 'INSERT INTO things (name) VALUES (?)', params: [name] });

/** Commits until the store fails. Answers the failure, and how many commits were durable. */
async function fillUntilFailure(
  open: (onFailure: (error: StoreFailure) => void) => Promise<Store>,
): Promise<{ failure: StoreFailure; durable: number; failures: number }> {
  const failed = Promise.withResolvers<StoreFailure>();
  let failures = 0;
  const store = await open((error) => {
    failures++;
    failed.resolve(error);
  });
  let durable = 0;
  const filler = 'x'.repeat(2000);
  for (let done = false; !done; ) {
    const committed = store.commit([add(`${durable} ${filler}`)]);
    const never = store.commit([add(`${durable} again ${filler}`)]);
    done = await Promise.race([committed.then(() => never).then(() => false), failed.promise.then(() => true)]);
    if (!done) durable += 2;
  }
  const failure = await failed.promise;
  const late = store.commit([add('late')]).then(() => 'durable');
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(await Promise.race([late, Promise.resolve('pending')]), 'pending');
  await store.close();
  return { failure, durable, failures };
}

async function countThings(directory: string): Promise<number> {
  const store = await openSqliteStore({ directory, migrations: CONTRACT_MIGRATIONS, onFailure });
  const [row] = await store.read('SELECT COUNT(*) AS count FROM things');
  await store.commit([add('it works again')]);
  await store.close();
  return Number(row?.count);
}

describe('a store that fails', TIMEOUT, () => {
  it('says so once when the file may not grow, promises nothing more, and has all that it promised', async () => {
    const directory = newDirectory();
    const { failure, durable, failures } = await fillUntilFailure((onFailure) =>
      openSqliteStore({ directory, migrations: CONTRACT_MIGRATIONS, max_page_count: 40, onFailure }),
    );
    assert.match(failure.message, /disk is full: make room and start again/);
    assert.equal(failures, 1);
    const found = await countThings(directory);
    assert.ok(found >= durable && durable > 0, `${found} found, ${durable} promised`);
  });

  it('does the same on a disk that is really full', async (context) => {
    const directory = newDirectory();
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'till-test', directory]).status !== 0) {
      context.skip('mounting a small tmpfs needs root');
      return;
    }
    try {
      const { failure, durable, failures } = await fillUntilFailure((onFailure) =>
        openSqliteStore({ directory, migrations: CONTRACT_MIGRATIONS, onFailure }),
      );
      assert.match(failure.message, /the disk is full|the disk answered an error/);
      assert.equal(failures, 1);
      assert.equal(spawnSync('mount', ['-o', 'remount,size=4m', directory]).status, 0);
      const found = await countThings(directory);
      assert.ok(found >= durable && durable > 0, `${found} found, ${durable} promised`);
    } finally {
      spawnSync('umount', [directory]);
    }
  });

  it('refuses a directory on a disk that is mounted read-only', async (context) => {
    const directory = newDirectory();
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'till-test', directory]).status !== 0) {
      context.skip('mounting a small tmpfs needs root');
      return;
    }
    try {
      const store = await openSqliteStore({ directory, migrations: CONTRACT_MIGRATIONS, onFailure });
      await store.close();
      spawnSync('mount', ['-o', 'remount,ro', directory]);
      const opening = openSqliteStore({ directory, migrations: CONTRACT_MIGRATIONS, onFailure });
      await assert.rejects(opening, /cannot be written|cannot be opened/);
    } finally {
      spawnSync('umount', [directory]);
    }
  });

  it('refuses a database file that may only be read', async (context) => {
    const directory = newDirectory();
    const store = await openSqliteStore({ directory, migrations: CONTRACT_MIGRATIONS, onFailure });
    await store.close();
    const file = join(directory, DATABASE_FILE);
    // The mode of a file means nothing to root, for whom it must be immutable.
    const isRoot = process.getuid?.() === 0;
    if (isRoot && spawnSync('chattr', ['+i', file]).status !== 0) {
      context.skip('making a file immutable needs a file system that knows it');
      return;
    }
    if (!isRoot) chmodSync(file, 0o400);
    const opening = openSqliteStore({ directory, migrations: CONTRACT_MIGRATIONS, onFailure });
    try {
      await assert.rejects(opening, { name: 'StoreFailure', message: /cannot be written: check its owner, its mode/ });
    } finally {
      if (isRoot) spawnSync('chattr', ['-i', file]);
    }
  });

  it('refuses a file that is no database', async () => {
    const directory = newDirectory();
    writeFileSync(join(directory, DATABASE_FILE), 'this is no database '.repeat(500));
    await assert.rejects(openSqliteStore({ directory, migrations: CONTRACT_MIGRATIONS, onFailure }), {
      name: 'StoreFailure',
      message: /is no database: restore a backup/,
    });
  });

  it('says so when the file is damaged under it', async () => {
    const directory = newDirectory();
    const store = await openSqliteStore({ directory, migrations: CONTRACT_MIGRATIONS, onFailure });
    for (let index = 0; index < 60; index++) await store.commit([add(`${index} ${'y'.repeat(3000)}`)]);
    await store.close();
    const file = join(directory, DATABASE_FILE);
    truncateSync(file, statSync(file).size / 2);
    const { failure } = await fillUntilFailure((onFailure) =>
      openSqliteStore({ directory, migrations: CONTRACT_MIGRATIONS, onFailure }),
    ).catch((failure: unknown) => ({ failure: failure as StoreFailure }));
    assert.ok(failure instanceof StoreFailure);
    assert.match(failure.message, /the file is damaged/);
  });

  it('says so when a page of the file is damaged, to whoever reads it', async () => {
    const directory = newDirectory();
    const store = await openSqliteStore({ directory, migrations: CONTRACT_MIGRATIONS, onFailure });
    for (let index = 0; index < 200; index++) await store.commit([add(`${index} ${'y'.repeat(3000)}`)]);
    await store.close();
    const file = join(directory, DATABASE_FILE);
    const bytes = readFileSync(file);
    // Many pages of one row each: those of the table are among them.
    bytes.fill(0x5a, bytes.length / 4, (bytes.length * 3) / 4);
    writeFileSync(file, bytes);
    const damaged = await openSqliteStore({ directory, migrations: CONTRACT_MIGRATIONS, onFailure });
    try {
      await assert.rejects(damaged.read('SELECT * FROM things'), {
        name: 'StoreFailure',
        message: /the file is damaged: stop the node, keep a copy .* restore a backup/,
      });
    } finally {
      await damaged.close();
    }
  });

  it('refuses a database that a newer Till has written', async () => {
    const directory = newDirectory();
    await (await openSqliteStore({ directory, migrations: CONTRACT_MIGRATIONS, onFailure })).close();
    const database = new DatabaseSync(join(directory, DATABASE_FILE));
    database.exec('UPDATE schema_version SET version = 99');
    database.close();
    await assert.rejects(
      openSqliteStore({ directory, migrations: CONTRACT_MIGRATIONS, onFailure }),
      /schema version 99, made by a newer Till; this one knows versions up to 1/,
    );
  });

  it('refuses a directory that another process works on, until that is gone, however it went', async () => {
    const directory = newDirectory();
    const holder = spawn(process.execPath, [join(import.meta.dirname, 'lock-holder.ts'), directory], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(createInterface(holder.stdout), 'line');
    await assert.rejects(
      openSqliteStore({ directory, migrations: CONTRACT_MIGRATIONS, onFailure }),
      /another till is running on/,
    );
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    assert.equal(await countThings(directory), 0);
  });
});
