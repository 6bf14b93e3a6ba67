/** `till sandbox --jit`, as a newcomer has it: a shop that has nothing is paid, and what is told of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TIMEOUT } from '../support/time-limit.ts';
import { ALL, Box, untilGone } from './sandbox.ts';
import { newDirectory } from './till.ts';

// Six processes for a few seconds: with the tests that take longer.
const SKIP = process.env.TILL_CRASH_ROUNDS === undefined && 'TILL_CRASH_ROUNDS asks for the longer tests';

test('from nothing to a paid invoice: the provider, the price and the payment, and again after a kill', {
  ...TIMEOUT,
  skip: SKIP,
}, async () => {
  const dir = newDirectory();
  const first = await Box.start(dir, ALL, '--jit');
  assert.match(first.said, /a provider is up: {3}0[23][0-9a-f]{64}/);
  assert.match(first.said, /price: 2,000 sat, taken off the first payment/);
  assert.match(first.said, /the shop asks for 80,000 sat, and will get 78,000 sat: lnbcrt/);
  assert.match(first.said, /the shop's invoice is paid: 78,000 sat received, 2,000 sat paid for the channel/);
  assert.match(first.said, /the next customer pays over it: 20,000 sat received, and nothing is taken off/);
  await first.kill('SIGKILL');
  await untilGone(dir);
  const second = await Box.start(dir, ALL, '--jit');
  assert.match(second.said, /the shop has the channel that it bought last time/);
  assert.match(second.said, /the next customer pays over it: 20,000 sat received/);
  assert.equal(await second.kill('SIGINT'), 0);
  await untilGone(dir);
});
