/** What a mempool pays to a script: read once, forgotten when it is mined, seldom asked for where it is large. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256 } from '../../../src/base/crypto/hash.ts';
import type { Txid } from '../../../src/base/types/brand.ts';
import { toHex } from '../../../src/base/types/hex.ts';
import { MempoolOutputs } from '../../../src/infra/chain/mempool-outputs.ts';
import { TxidReader } from '../../../src/infra/chain/txid-reader.ts';

/** A transaction without inputs' witnesses that pays the amount to a script of one byte, twice. */
function paying(amount_sat: bigint, script: string): Buffer {
  const amount = Buffer.alloc(8);
  amount.writeBigUInt64LE(amount_sat);
  const output = Buffer.concat([amount, Buffer.from([1]), Buffer.from(script, 'hex')]);
  const input = Buffer.concat([Buffer.alloc(36, 7), Buffer.from([0]), Buffer.alloc(4)]);
  return Buffer.concat([Buffer.from('0200000001', 'hex'), input, Buffer.from([2]), output, output, Buffer.alloc(4)]);
}

const idOf = (name: string): Txid => toHex(sha256(Buffer.from(name))) as Txid;

class Pool {
  readonly held = new Map<Txid, Buffer>();
  readonly read: Txid[] = [];
  /** The list of a transaction takes so long. */
  each_ms = 0;
  now_ms = 0;
  lists = 0;
  readonly outputs: MempoolOutputs;

  constructor(pauseAfter: (took_ms: number) => number = () => 0) {
    this.outputs = new MempoolOutputs({
      txids: async (onTxid) => {
        this.lists++;
        this.now_ms += this.each_ms * this.held.size;
        for (const txid of this.held.keys()) onTxid(txid);
      },
      transactions: async (txids) => {
        this.read.push(...txids);
        return txids.map((txid) => this.held.get(txid));
      },
      pauseAfter,
      now: () => this.now_ms,
    });
  }

  add(name: string, amount_sat: bigint, script: string): void {
    this.held.set(idOf(name), paying(amount_sat, script));
  }
}

test('each transaction is read once, all that pay a script add up, and what left does not count', async () => {
  const pool = new Pool();
  assert.equal(await pool.outputs.paidTo('aa'), 0n);
  pool.add('1', 5n, 'aa');
  pool.add('2', 7n, 'bb');
  assert.equal(await pool.outputs.paidTo('aa'), 10n);
  pool.add('3', 1n, 'aa');
  assert.equal(await pool.outputs.paidTo('aa'), 12n);
  assert.equal(await pool.outputs.paidTo('bb'), 14n);
  assert.deepEqual(pool.read, ['1', '2', '3'].map(idOf));
  pool.held.delete(idOf('1'));
  assert.equal(await pool.outputs.paidTo('aa'), 2n);
  assert.equal(await pool.outputs.paidTo('cc'), 0n);
});

test('what was there before is read only where it is little', async () => {
  const pool = new Pool();
  for (let index = 0; index < 1001; index++) pool.add(`old-${index}`, 1n, 'aa');
  assert.equal(await pool.outputs.paidTo('aa'), 0n);
  assert.equal(pool.read.length, 0);
  pool.add('new', 1n, 'aa');
  assert.equal(await pool.outputs.paidTo('aa'), 2n);
  assert.deepEqual(pool.read, [idOf('new')]);
});

test('of a flood all are read, a part after each list', async () => {
  const pool = new Pool();
  await pool.outputs.paidTo('aa');
  for (let index = 0; index < 2500; index++) pool.add(`new-${index}`, 1n, 'aa');
  assert.equal(await pool.outputs.paidTo('aa'), 2000n);
  assert.equal(await pool.outputs.paidTo('aa'), 4000n);
  assert.equal(await pool.outputs.paidTo('aa'), 5000n);
  assert.equal(await pool.outputs.paidTo('aa'), 5000n);
  assert.equal(new Set(pool.read).size, pool.read.length, 'each once');
});

test('the list is asked for once, however many ask, and again after a time that follows from how long it took', async () => {
  const pool = new Pool((took_ms) => Math.max(3000, took_ms * 30));
  pool.each_ms = 10;
  await Promise.all([pool.outputs.paidTo('aa'), pool.outputs.paidTo('bb')]);
  assert.equal(pool.lists, 1);
  for (let index = 0; index < 200; index++) pool.add(`${index}`, 5n, 'aa');
  assert.equal(await pool.outputs.paidTo('aa'), 0n);
  pool.now_ms += 3000;
  assert.equal(await pool.outputs.paidTo('aa'), 2000n);
  // It took two seconds: a minute of rest.
  pool.now_ms += 59_999;
  await pool.outputs.paidTo('aa');
  assert.equal(pool.lists, 2);
  pool.now_ms += 1;
  await pool.outputs.paidTo('aa');
  assert.equal(pool.lists, 3);
});

test('what was listed before a block says nothing after it', async () => {
  const pool = new Pool((took_ms) => Math.max(3000, took_ms * 30));
  await pool.outputs.paidTo('aa');
  pool.add('1', 5n, 'aa');
  pool.now_ms += 3000;
  assert.equal(await pool.outputs.paidTo('aa'), 10n);
  pool.held.clear();
  pool.outputs.newBlock();
  assert.equal(await pool.outputs.paidTo('aa'), undefined);
  pool.now_ms += 3000;
  assert.equal(await pool.outputs.paidTo('aa'), 0n);
});

test('a list that fails is asked for again, and what was known stays', async () => {
  const pool = new Pool();
  pool.add('1', 5n, 'aa');
  assert.equal(await pool.outputs.paidTo('aa'), 10n);
  const { keys } = pool.held;
  pool.held.keys = () => {
    throw new Error('not now');
  };
  await assert.rejects(pool.outputs.paidTo('aa'), /not now/);
  pool.held.keys = keys;
  assert.equal(await pool.outputs.paidTo('aa'), 10n);
});

test('of very many only those are remembered that somebody has asked about', async () => {
  const pool = new Pool();
  await pool.outputs.paidTo('aa');
  pool.add('asked about', 3n, 'aa');
  pool.add('not asked about', 4n, 'bb');
  for (let round = 0; round < 23; round++) {
    for (let index = 0; index < 1000; index++) pool.add(`${round}-${index}`, 1n, 'cc');
    await pool.outputs.paidTo('aa');
  }
  assert.equal(await pool.outputs.paidTo('aa'), 6n);
  assert.equal(await pool.outputs.paidTo('bb'), 0n, 'the oldest was forgotten');
});

test('a list of txids is read as it arrives, wherever it is cut', () => {
  const ids = ['1', '2', '3'].map(idOf);
  const json = Buffer.from(`{"result":[${ids.map((txid) => `"${txid}"`).join(', ')}],"error":null,"id":"till"}`);
  for (let cut = 0; cut <= json.length; cut++) {
    const found: Txid[] = [];
    const reader = new TxidReader((txid) => found.push(txid));
    reader.read(json.subarray(0, cut));
    reader.read(json.subarray(cut));
    assert.deepEqual([found, reader.isWhole], [ids, true], `cut at ${cut}`);
  }
  const empty = new TxidReader(() => assert.fail('there is none'));
  empty.read(Buffer.from('{"result":[],"error":null,"id":"till"}'));
  assert.ok(empty.isWhole);
  const half = new TxidReader(() => {});
  half.read(json.subarray(0, json.length - 60));
  assert.ok(!half.isWhole);
  const none = new TxidReader(() => assert.fail('there is none'));
  none.read(Buffer.from('{"result":null,"error":null,"id":"till"}'));
  assert.ok(!none.isWhole);
});
