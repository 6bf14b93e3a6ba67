/** What passes for a block, and what a lying server may make of one. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { sha256d } from '../../../src/base/crypto/hash.ts';
import { mineBlock, REGTEST_GENESIS } from '../../../src/infra/chain/embedded/mining.ts';
import { type ChainTransaction, readTransaction } from '../../../src/infra/chain/embedded/transaction.ts';
import { blockHash, type TransactionSpan, walkBlock } from '../../../src/infra/chain/raw-block.ts';
import { isWholeBlock } from '../../../src/infra/chain/whole-block.ts';
import { COIN_SCRIPT, coinbaseOf, spendAll } from '../../support/coins.ts';

const TIME = 1_750_000_000;

/** A block with so many transactions, the coinbase counted; each spends the one before and has a witness. */
function blockOf(count: number, time_seconds = TIME): Buffer {
  const plan = {
    previous: { height: 0, hash: blockHash(REGTEST_GENESIS) },
    time_seconds,
    coinbase_script: Buffer.from(COIN_SCRIPT, 'hex'),
    coinbase_sat: 5_000_000_000n,
    extra_nonce: 0,
  };
  const transactions: ChainTransaction[] = [];
  let parent = coinbaseOf(mineBlock({ ...plan, transactions }));
  while (transactions.length < count - 1) {
    parent = spendAll(parent, 500n);
    transactions.push(readTransaction(parent));
  }
  return mineBlock({ ...plan, transactions });
}

function partsOf(block: Buffer): { parts: Buffer[]; spans: TransactionSpan[] } {
  const spans: TransactionSpan[] = [];
  walkBlock(block, {}, (_index, span) => spans.push(span));
  return { parts: spans.map(({ start, end }) => block.subarray(start, end)), spans };
}

/** The header with other transactions behind it. */
function withParts(block: Buffer, parts: readonly Buffer[]): Buffer {
  return Buffer.concat([block.subarray(0, 80), Buffer.of(parts.length), ...parts]);
}

/** The transaction with its witnesses left out. */
function stripped(block: Buffer, { start, end, body_start, body_end }: TransactionSpan): Buffer {
  return Buffer.concat([
    block.subarray(start, start + 4),
    block.subarray(body_start, body_end),
    block.subarray(end - 4, end),
  ]);
}

suite('a block that is whole', () => {
  for (const count of [1, 2, 3, 4, 5, 6, 7, 8, 11]) {
    test(`with ${count} transactions`, () => {
      const block = blockOf(count);
      assert.equal(isWholeBlock(block, blockHash(block)), true);
    });
  }

  test('the first of regtest, which has no witness', () => {
    assert.equal(isWholeBlock(REGTEST_GENESIS, blockHash(REGTEST_GENESIS)), true);
  });
});

suite('a block that is not', () => {
  for (const [count, doubled] of [
    [3, 1],
    [5, 1],
    [6, 2],
    [7, 1],
    [11, 1],
    [12, 4],
  ] as const) {
    test(`with ${count} transactions, the last ${doubled} of them there twice (CVE-2012-2459)`, () => {
      const block = blockOf(count);
      const { parts } = partsOf(block);
      assert.equal(isWholeBlock(withParts(block, [...parts, ...parts.slice(-doubled)]), blockHash(block)), false);
    });
  }

  test('two hashes of the tree in place of the transactions (CVE-2017-12842)', () => {
    // Had these 64 bytes been ground to look like a transaction, the root would be right.
    const { parts, spans } = partsOf(blockOf(4));
    assert.equal(parts.length, spans.length);
    const fake = Buffer.alloc(64);
    fake.writeInt32LE(2, 0);
    fake[4] = 1;
    fake.fill(7, 5, 37);
    fake[41] = 0;
    fake[46] = 1;
    fake[55] = 4;
    const header = Buffer.alloc(80);
    Buffer.from(sha256d(fake)).copy(header, 36);
    header.writeUInt32LE(TIME, 68);
    const block = Buffer.concat([header, Buffer.of(1), fake]);
    assert.equal(partsOf(block).parts.length, 1);
    assert.equal(isWholeBlock(block, blockHash(block)), false);
  });

  test('with a witness changed, left out or all of them left out', () => {
    const block = blockOf(4);
    const hash = blockHash(block);
    const { parts, spans } = partsOf(block);
    const changed = Buffer.from(parts[2] as Buffer);
    const at = changed.length - 10;
    changed[at] = (changed[at] as number) ^ 1;
    assert.equal(isWholeBlock(withParts(block, parts.toSpliced(2, 1, changed)), hash), false);
    const without = stripped(block, spans[2] as TransactionSpan);
    assert.equal(isWholeBlock(withParts(block, parts.toSpliced(2, 1, without)), hash), false);
    const all = spans.map((span) => stripped(block, span));
    assert.equal(isWholeBlock(withParts(block, all), hash), false);
    assert.equal(isWholeBlock(withParts(block, [parts[0] as Buffer, ...all.slice(1)]), hash), false);
  });

  test('with transactions left out, turned round or none, or with bytes behind', () => {
    const block = blockOf(4);
    const hash = blockHash(block);
    const { parts } = partsOf(block);
    for (const wrong of [parts.slice(0, 3), parts.toReversed(), parts.slice(1), []]) {
      assert.equal(isWholeBlock(withParts(block, wrong), hash), false);
    }
    assert.equal(isWholeBlock(Buffer.concat([block, Buffer.of(0)]), hash), false);
    assert.equal(isWholeBlock(block.subarray(0, 79), hash), false);
    assert.equal(isWholeBlock(block, 'ab'.repeat(32)), false);
  });

  test('from before witnesses, a commitment that nothing completes is no fault, as some miners wrote it', () => {
    const old = blockOf(1, 1_490_000_000);
    const { spans } = partsOf(old);
    const bare = withParts(old, [stripped(old, spans[0] as TransactionSpan)]);
    assert.equal(isWholeBlock(bare, blockHash(old)), true);
    const block = blockOf(1);
    const late = withParts(block, [stripped(block, partsOf(block).spans[0] as TransactionSpan)]);
    assert.equal(isWholeBlock(late, blockHash(block)), false);
  });
});
