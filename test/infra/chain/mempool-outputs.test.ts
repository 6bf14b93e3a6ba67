/** What a mempool pays to a script: read once, forgotten when it is mined, and never at any price. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Txid } from '../../../src/base/types/brand.ts';
import { MempoolOutputs } from '../../../src/infra/chain/mempool-outputs.ts';

/** A transaction without inputs' witnesses that pays the amount to a script of one byte, twice. */
function paying(amount_sat: bigint, script: string): Buffer {
  const amount = Buffer.alloc(8);
  amount.writeBigUInt64LE(amount_sat);
  const output = Buffer.concat([amount, Buffer.from([1]), Buffer.from(script, 'hex')]);
  const input = Buffer.concat([Buffer.alloc(36, 7), Buffer.from([0]), Buffer.alloc(4)]);
  return Buffer.concat([Buffer.from('0200000001', 'hex'), input, Buffer.from([2]), output, output, Buffer.alloc(4)]);
}

class Pool {
  readonly held = new Map<string, Buffer>();
  readonly read: string[] = [];
  most = 0;
  readonly outputs: MempoolOutputs;

  constructor(least_pause_ms = 0) {
    this.outputs = new MempoolOutputs({
      size: async () => this.most || this.held.size,
      txids: async () => [...this.held.keys()] as Txid[],
      transaction: async (txid) => {
        this.read.push(txid);
        return this.held.get(txid);
      },
      least_pause_ms,
    });
  }
}

test('each transaction is read once, all that pay a script add up, and what left does not count', async () => {
  const pool = new Pool();
  assert.equal(await pool.outputs.paidTo('aa'), 0n);
  pool.held.set('1', paying(5n, 'aa'));
  pool.held.set('2', paying(7n, 'bb'));
  assert.equal(await pool.outputs.paidTo('aa'), 10n);
  pool.held.set('3', paying(1n, 'aa'));
  assert.equal(await pool.outputs.paidTo('aa'), 12n);
  assert.equal(await pool.outputs.paidTo('bb'), 14n);
  assert.deepEqual(pool.read, ['1', '2', '3']);
  pool.held.delete('1');
  assert.equal(await pool.outputs.paidTo('aa'), 2n);
  assert.equal(await pool.outputs.paidTo('cc'), 0n);
});

test('what was there before is read only where it is little', async () => {
  const pool = new Pool();
  for (let index = 0; index < 600; index++) pool.held.set(`old-${index}`, paying(1n, 'aa'));
  assert.equal(await pool.outputs.paidTo('aa'), 0n);
  assert.equal(pool.read.length, 0);
  pool.held.set('new', paying(1n, 'aa'));
  assert.equal(await pool.outputs.paidTo('aa'), 2n);
  assert.deepEqual(pool.read, ['new']);
});

test('a mempool that is too large says nothing, and the list is asked for seldom, however many ask', async () => {
  const large = new Pool();
  large.most = 100_001;
  assert.equal(await large.outputs.paidTo('aa'), undefined);
  const pool = new Pool(3_600_000);
  await Promise.all([pool.outputs.paidTo('aa'), pool.outputs.paidTo('bb')]);
  pool.held.set('1', paying(5n, 'aa'));
  assert.equal(await pool.outputs.paidTo('aa'), 0n);
});
