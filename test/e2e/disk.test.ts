/** A disk that is full, or may not be written: no reply that says otherwise, a clean end, and a right restart. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { CallError, ConnectionError } from '../../src/api/client/index.ts';
import { decodeInvoice } from '../../src/codec/bolt11/native.ts';
import { type Ended, newDirectory, TillNode, till, tillCommand } from './till.ts';

const CLIENTS = 8;
const NOBODY = 65534;

/** What was answered: the payment hash and the text of an invoice by its label. */
type Answered = Map<string, readonly [payment_hash: string, bolt11: string]>;

/** Several clients make invoices until the node is gone. */
async function fill(node: TillNode, answered: Answered): Promise<Ended> {
  const first = answered.size;
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => node.connect()));
  await Promise.all(
    clients.map(async (client, lane) => {
      for (let index = 0; ; index++) {
        const label = `${first} ${lane} ${index}`;
        try {
          const invoice = await client.call('invoice', { amount_msat: 1, label, description: 'x'.repeat(600) });
          answered.set(label, [invoice.payment_hash, invoice.bolt11]);
        } catch (error) {
          // Nothing is known of a call that was not answered; an answer would have to be one of success.
          assert.ok(error instanceof ConnectionError, String(error instanceof CallError ? error.message : error));
          return;
        }
      }
    }),
  );
  return await node.ended;
}

/** Every invoice that was answered is there, what else is there is whole, and new ones can be made. */
async function assertWhole(node: TillNode, answered: Answered, most_more: number): Promise<void> {
  const client = await node.connect();
  const { invoices } = await client.call('listinvoices', {});
  const found = new Map(invoices.map((invoice) => [invoice.label, invoice]));
  for (const [label, [payment_hash, bolt11]] of answered) {
    const invoice = found.get(label);
    assert.deepEqual([invoice?.payment_hash, invoice?.bolt11], [payment_hash, bolt11]);
  }
  for (const { payment_hash, bolt11 } of invoices)
    assert.equal(decodeInvoice(bolt11 as string).payment_hash, payment_hash);
  assert.deepEqual(
    invoices.map(({ created_index }) => created_index),
    invoices.map((_, index) => index + 1),
  );
  assert.ok(found.size - answered.size <= most_more, `${found.size} found, ${answered.size} answered`);
  const again = await client.call('invoice', { amount_msat: 1, label: 'it works again', description: 'x' });
  assert.equal(again.created_index, invoices.length + 1);
  client.close();
}

/** Mounts a small disk on the directory; skips the test when this user may not. */
function mountSmallDisk(t: TestContext, dir: string, size: string): boolean {
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'till-test', dir]).status === 0) return true;
  t.skip('mounting a small tmpfs needs root');
  return false;
}

function unmount(dir: string): void {
  spawnSync('umount', [dir]);
}

/** Lets the files of the node be written again. */
function thaw(dir: string): void {
  const network_dir = join(dir, 'regtest');
  if (existsSync(network_dir))
    spawnSync('chattr', ['-i', ...readdirSync(network_dir).map((name) => join(network_dir, name))]);
}

describe('a node whose disk fails', { concurrency: 2 }, () => {
  const small = newDirectory(unmount);
  const crammed = newDirectory(unmount);
  const frozen = newDirectory(thaw);

  it('says that the disk is full and ends; with room again it has all that it answered', async (t) => {
    if (!mountSmallDisk(t, small, '3m')) return;
    const answered: Answered = new Map();
    const { code, stderr } = await fill(await TillNode.start(small), answered);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^till: database .*till\.sqlite3: .*the disk (is full: make room and start again|answered an error)/m,
    );
    // How many fit follows from how many a group has: fewer where clients are slower than the disk.
    assert.ok(answered.size > 0);
    const again = await till(small, 'getinfo');
    assert.equal(again.code, 2);
    assert.equal(spawnSync('mount', ['-o', 'remount,size=16m', small]).status, 0);
    const node = await TillNode.start(small);
    await assertWhole(node, answered, CLIENTS);
    assert.equal((await node.stop()).code, 0);
  });

  it('does not start on a disk that is full already, and does once there is room', async (t) => {
    if (!mountSmallDisk(t, crammed, '200k')) return;
    writeFileSync(join(crammed, 'config'), '# nothing\n');
    const { code, stderr } = await till(crammed, 'start');
    assert.equal(code, 1);
    assert.match(stderr, /^till: .*(disk is full|no space left)[^\n]*\n$/);
    assert.equal(spawnSync('mount', ['-o', 'remount,size=16m', crammed]).status, 0);
    const node = await TillNode.start(crammed);
    await assertWhole(node, new Map(), 0);
    assert.equal((await node.stop()).code, 0);
  });

  it('ends when its files may not grow', async () => {
    const dir = newDirectory();
    const answered: Answered = new Map();
    // A shell that ignores the signal hands that down: the write fails instead, as on a disk with a quota.
    const node = await TillNode.start(dir, { shell: 'trap "" XFSZ; ulimit -f 5000' });
    const { code, stderr } = await fill(node, answered);
    assert.equal(code, 1);
    assert.match(stderr, /^till: database .*till\.sqlite3: /m);
    assert.ok(answered.size > 0);
    const restarted = await TillNode.start(dir);
    await assertWhole(restarted, answered, CLIENTS);
    assert.equal((await restarted.stop()).code, 0);
  });

  it('ends when its database becomes read-only', async (t) => {
    const answered: Answered = new Map();
    const node = await TillNode.start(frozen);
    const client = await node.connect();
    const invoice = await client.call('invoice', { amount_msat: 1, label: 'before', description: 'x' });
    answered.set('before', [invoice.payment_hash, invoice.bolt11]);
    client.close();
    const files = ['till.sqlite3', 'till.sqlite3-wal'].map((name) => join(frozen, 'regtest', name));
    if (spawnSync('chattr', ['+i', ...files]).status !== 0) {
      await node.stop();
      t.skip('making a file immutable needs root and a file system that knows it');
      return;
    }
    const { code, stderr } = await fill(node, answered);
    assert.equal(code, 1);
    assert.match(stderr, /^till: database .*till\.sqlite3: /m);
    assert.equal(answered.size, 1, 'nothing was answered that could not be written');
    const refused = await till(frozen, 'start');
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /^till: database .*cannot be (written|opened)/);
    thaw(frozen);
    const restarted = await TillNode.start(frozen);
    await assertWhole(restarted, answered, 0);
    assert.equal((await restarted.stop()).code, 0);
  });
});

describe('a node whose directory belongs to another user', () => {
  it('does not start, and says which file it is', (t) => {
    const dir = newDirectory();
    const network_dir = join(dir, 'regtest');
    mkdirSync(network_dir);
    const isRoot = process.getuid?.() === 0;
    const user = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
    if (spawnSync('sh', ['-c', tillCommand('--version')], user).status !== 0) {
      t.skip('another user cannot run the program where it lies');
      return;
    }
    for (const path of [dir, network_dir]) {
      chmodSync(path, 0o500);
      if (isRoot) chownSync(path, NOBODY, NOBODY);
    }
    const { status, stderr } = spawnSync('sh', ['-c', tillCommand('start', `--lightning-dir=${dir}`)], {
      encoding: 'utf8',
      ...user,
    });
    chmodSync(dir, 0o700);
    chmodSync(network_dir, 0o700);
    assert.equal(status, 1);
    assert.match(stderr, /^till: database .*till\.lock: .*(cannot be opened|cannot be written)[^\n]*\n$/);
  });
});
