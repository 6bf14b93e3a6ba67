import assert from 'node:assert/strict';
import { test } from 'node:test';
import { feeratesOf } from '../../../src/node/channels/options.ts';

const chain = (estimate: number | undefined, minimum_per_kw = 253) => ({
  feeratePerKw: () => estimate,
  mempoolMinimumPerKw: () => minimum_per_kw,
});

test("the commitment's feerate follows the estimate up to 10 sat per virtual byte, and the mempool beyond", () => {
  for (const [estimate, minimum_per_kw, expected] of [
    [undefined, 253, 1_000],
    [300, 253, 300],
    [300, 800, 800],
    [2_500, 253, 2_500],
    [2_501, 253, 2_500],
    [250_000, 253, 2_500],
    [250_000, 2_499, 2_500],
    [250_000, 8_000, 8_000],
  ] as const) {
    const { commitment_per_kw } = feeratesOf(chain(estimate, minimum_per_kw));
    assert.equal(commitment_per_kw, expected, `estimate ${estimate}, mempool ${minimum_per_kw}`);
  }
});
