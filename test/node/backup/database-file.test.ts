import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Store } from '../../../src/infra/store/store.ts';
import { CopiedDatabaseError, fileIdentity, judgeDatabase } from '../../../src/node/backup/database-file.ts';
import { markRun, marksIn } from '../../../src/node/backup/run-mark.ts';
import { decodeState, encodeState } from '../../../src/protocol/channel/codec.ts';
import type { ChannelState, Phase } from '../../../src/protocol/channel/state.ts';
import { usablePair } from '../../protocol/channel/pair.ts';
import { testStore } from '../../support/test-store.ts';

const { state: NORMAL } = usablePair().alice;
const { channel_id: CHANNEL } = NORMAL.terms;

async function storeWith(state: ChannelState = NORMAL): Promise<Store> {
  const store = testStore({ onFailure: (error) => assert.fail(error) });
  await store.commit([
    {
      sql: "INSERT INTO channels (channel_id, peer_id, key_id, state, is_closed) VALUES (?, 'peer', 'key', ?, 0)",
      params: [CHANNEL, encodeState(state)],
    },
  ]);
  return store;
}

async function stateIn(store: Store): Promise<ChannelState> {
  const [row] = await store.read('SELECT state FROM channels');
  return decodeState(row?.state as string);
}

/** A place where no run has left its mark. */
const at = (identity: string) => ({ identity, marks: [] });
const mark = (store: Store) => store.commit([{ sql: 'UPDATE database_file SET is_copy = 1', params: [] }]);

test('the same file, start after start, loses nothing', async () => {
  const store = await storeWith();
  for (let start = 0; start < 3; start++) assert.deepEqual(await judgeDatabase(store, at('1:1000'), undefined), []);
  assert.equal((await stateIn(store)).phase, 'normal');
});

test('another file with open channels is refused, until the operator says what it is', async () => {
  for (const moved of ['2:1000', '1:2000', '2']) {
    const store = await storeWith();
    await judgeDatabase(store, at('1:1000'), undefined);
    await assert.rejects(judgeDatabase(store, at(moved), undefined), CopiedDatabaseError);
    await assert.rejects(
      judgeDatabase(store, at(moved), undefined),
      /--copied-database=latest.*--copied-database=old/s,
    );
    assert.deepEqual(await judgeDatabase(store, at(moved), 'latest'), []);
    assert.deepEqual(await judgeDatabase(store, at(moved), undefined), [], 'it is its own file from then on');
    assert.equal((await stateIn(store)).phase, 'normal');
  }
});

test('where the time of making is not known the number alone decides', async () => {
  const store = await storeWith();
  await judgeDatabase(store, at('1'), undefined);
  assert.deepEqual(await judgeDatabase(store, at('1:1000'), undefined), []);
  assert.deepEqual(await judgeDatabase(store, at('1'), undefined), []);
  await assert.rejects(judgeDatabase(store, at('2'), undefined), CopiedDatabaseError);
});

test('an old database gives its channels up, once', async () => {
  const store = await storeWith();
  await judgeDatabase(store, at('1:1000'), undefined);
  assert.deepEqual(await judgeDatabase(store, at('2:1000'), 'old'), [CHANNEL]);
  const { phase, failure } = await stateIn(store);
  assert.deepEqual([phase, failure?.data_loss], ['failed', true]);
  assert.deepEqual(await judgeDatabase(store, at('2:1000'), undefined), []);
});

test('a machine that was set back looks the same: the word alone gives the channels up', async () => {
  const store = await storeWith();
  await judgeDatabase(store, at('1:1000'), undefined);
  assert.deepEqual(await judgeDatabase(store, at('1:1000'), 'old'), [CHANNEL]);
});

test('a backup made by the node itself is old without a word, and cannot be called the latest', async () => {
  const store = await storeWith();
  await judgeDatabase(store, at('1:1000'), undefined);
  await mark(store);
  await assert.rejects(judgeDatabase(store, at('2:1000'), 'latest'), CopiedDatabaseError);
  assert.deepEqual(await judgeDatabase(store, at('2:1000'), undefined), [CHANNEL]);
  assert.deepEqual(
    await judgeDatabase(store, at('2:1000'), undefined),
    [],
    'after that it is a database like any other',
  );
});

test('a database that lacks commits which this node was told of is old without a word, and cannot be called the latest', async () => {
  const store = await storeWith();
  await judgeDatabase(store, at('7:1'), undefined);
  const outside = { is_behind: true, may_be_behind: false, judged: [] };
  await assert.rejects(judgeDatabase(store, { ...at('7:1'), outside }, 'latest'), /lacks commits/);
  assert.deepEqual(await judgeDatabase(store, { ...at('7:1'), outside }, undefined), [CHANNEL]);
  assert.equal((await stateIn(store)).failure?.data_loss, true);
});

test('a server whose history has changed is asked about, and its judgement is written with what it was judged by', async () => {
  const store = await storeWith();
  await judgeDatabase(store, at('7:1'), undefined);
  const judged = [{ sql: "UPDATE counters SET value = 7 WHERE name = 'invoices_created'", params: [] }];
  const place = { ...at('7:1'), outside: { is_behind: false, may_be_behind: true, judged } };
  await assert.rejects(judgeDatabase(store, place, undefined), CopiedDatabaseError);
  assert.deepEqual(await judgeDatabase(store, place, 'latest'), []);
  const [counter] = await store.read("SELECT value FROM counters WHERE name = 'invoices_created'");
  assert.equal(counter?.value, 7n);
  assert.equal((await stateIn(store)).phase, 'normal');
});

test('a channel that was over already stays as it was: nothing was signed after that', async () => {
  for (const phase of ['closed', 'failed', 'spent'] satisfies Phase[]) {
    const store = await storeWith({ ...NORMAL, phase });
    await judgeDatabase(store, at('1:1000'), undefined);
    assert.deepEqual(await judgeDatabase(store, at('2:1000'), 'old'), []);
    assert.equal((await stateIn(store)).phase, phase);
  }
});

test('a copy without channels is no danger', async () => {
  const store = testStore({ onFailure: (error) => assert.fail(error) });
  await judgeDatabase(store, at('1:1000'), undefined);
  assert.deepEqual(await judgeDatabase(store, at('2:1000'), undefined), []);
});

test('a file is told from its copy, and not from itself when it grows', () => {
  const dir = mkdtempSync(join(tmpdir(), 'till-identity-'));
  try {
    const [file, copy] = [join(dir, 'file'), join(dir, 'copy')];
    writeFileSync(file, 'a');
    const number = (text: string): string | undefined => text.split(':')[0];
    const before = number(fileIdentity(file));
    writeFileSync(file, 'longer');
    assert.equal(number(fileIdentity(file)), before);
    copyFileSync(file, copy);
    assert.notEqual(number(fileIdentity(copy)), before);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('an older copy that is laid over the file is known by the marks of the runs since', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'till-marks-'));
  try {
    let number = 0;
    const random = (length: number) => new Uint8Array(length).fill(++number);
    const here = () => ({ identity: '1:1000', marks: marksIn(directory) });
    const latest = await storeWith();
    /** As if the file were overwritten: the same file, the same marks beside it, an older content. */
    const copies: Store[] = [];
    for (let run = 0; run < 3; run++) {
      assert.deepEqual(await judgeDatabase(latest, here(), undefined), []);
      await markRun(latest, directory, random);
      const copy = await storeWith();
      const [row] = await latest.read('SELECT identity, run, previous_run FROM database_file');
      await copy.commit([
        {
          sql: 'INSERT INTO database_file (number, identity, is_copy, run, previous_run) VALUES (0, ?, 0, ?, ?)',
          params: [row?.identity, row?.run, row?.previous_run] as string[],
        },
      ]);
      copies.push(copy);
    }
    await markRun(latest, directory, random);
    assert.equal(marksIn(directory).length, 1);
    for (const copy of copies) {
      await assert.rejects(judgeDatabase(copy, here(), undefined), CopiedDatabaseError);
      assert.deepEqual(await judgeDatabase(copy, here(), 'old'), [CHANNEL]);
      await markRun(copy, directory, random);
      assert.deepEqual(await judgeDatabase(copy, here(), undefined), []);
    }
    await assert.rejects(judgeDatabase(latest, here(), undefined), CopiedDatabaseError, 'now this one is older');
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('a database from before there were marks is older than any, and one whose mark is gone is a copy', async () => {
  const store = await storeWith();
  await judgeDatabase(store, at('1:1000'), undefined);
  await assert.rejects(judgeDatabase(store, { identity: '1:1000', marks: ['ab'] }, undefined), CopiedDatabaseError);
  await store.commit([{ sql: "UPDATE database_file SET run = 'cd', previous_run = 'ab'", params: [] }]);
  for (const marks of [['cd'], ['ab'], ['ab', 'cd']]) {
    // A crash at any moment of the marking leaves one of these.
    assert.deepEqual(await judgeDatabase(store, { identity: '1:1000', marks }, undefined), []);
  }
  await assert.rejects(judgeDatabase(store, at('1:1000'), undefined), CopiedDatabaseError);
  await assert.rejects(
    judgeDatabase(store, { identity: '1:1000', marks: ['cd', 'ef'] }, undefined),
    CopiedDatabaseError,
  );
});
