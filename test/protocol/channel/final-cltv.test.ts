/** How late an HTLC to us may expire: BOLT 4, Requirements of the final node, and decision 0018. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DEFAULT_FINAL_CLTV_BLOCKS,
  isExpiryWrong,
  LEAST_FINAL_CLTV_BLOCKS,
} from '../../../src/protocol/channel/final-cltv.ts';

const HEIGHT = 800_000;

/** The fewest and the most blocks that are taken. */
function bounds(min_final_cltv_expiry: number, fulfill_deadline_blocks = 18): readonly [number, number] {
  const isTaken = (blocks: number) =>
    !isExpiryWrong(HEIGHT + blocks, HEIGHT, min_final_cltv_expiry, fulfill_deadline_blocks);
  const taken = Array.from({ length: 3_000 }, (_, blocks) => blocks).filter(isTaken);
  const [first = 0] = taken;
  assert.equal(taken.length, (taken.at(-1) ?? 0) - first + 1, 'all between them as well');
  return [first, taken.at(-1) ?? 0];
}

test('a payer that has not heard of three blocks is not refused for that', () => {
  assert.deepEqual(bounds(24), [21, 24 + 2_016]);
  assert.deepEqual(bounds(144), [141, 144 + 2_016]);
});

test('what leaves no block before it has to be claimed on the chain is refused, whatever the invoice asks for', () => {
  assert.deepEqual(bounds(20), [19, 20 + 2_016]);
  assert.deepEqual(bounds(9), [19, 19 + 2_016]);
  assert.deepEqual(bounds(24, 30), [31, 31 + 2_016]);
});

test('an invoice asks for 24 blocks, and for 19 at least', () => {
  assert.deepEqual([DEFAULT_FINAL_CLTV_BLOCKS, LEAST_FINAL_CLTV_BLOCKS], [24, 19]);
});
