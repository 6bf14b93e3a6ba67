/** What is on its way: asked seldom, for few at a time, and forgotten with the next block. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sat } from '../../../src/base/types/amount.ts';
import { ManualClock } from '../../../src/base/types/clock.ts';
import { LOOK_MS, Unconfirmed } from '../../../src/shop/checkout/unconfirmed.ts';

test('an address is asked for once in some seconds, and what was heard is told meanwhile', async () => {
  const clock = new ManualClock();
  const asked: string[] = [];
  const ask = async (script: string) => {
    asked.push(script);
    return 7n as Sat;
  };
  const unconfirmed = new Unconfirmed({ clock, height: () => 1, ask });
  assert.equal(unconfirmed.of('aa'), 0n, 'nobody waits for the source');
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(unconfirmed.of('aa'), 7n);
  assert.deepEqual(asked, ['aa']);
  clock.advance(LOOK_MS);
  assert.equal(unconfirmed.of('aa'), 7n);
  assert.deepEqual(asked, ['aa', 'aa']);
});

test('a block may hold what was on its way: it is not told of twice', async () => {
  let height = 1;
  const unconfirmed = new Unconfirmed({ clock: new ManualClock(), height: () => height, ask: async () => 7n as Sat });
  await unconfirmed.look('aa');
  height = 2;
  assert.equal(unconfirmed.of('aa'), 0n);
});

test('few are asked for at a time, and a source that fails is no fault of the page', async () => {
  const pending: (() => void)[] = [];
  const ask = (): Promise<Sat> =>
    new Promise((_resolve, reject) => pending.push(() => reject(new Error('the source does not answer'))));
  const unconfirmed = new Unconfirmed({ clock: new ManualClock(), height: () => 1, ask });
  const looks = Array.from({ length: 10 }, (_, index) => unconfirmed.look(`0${index}`));
  assert.equal(pending.length, 4);
  for (const fail of pending) fail();
  await Promise.all(looks);
  assert.equal(unconfirmed.of('00'), 0n);
});

test('a source that does not say now has said nothing new: what it said stays, until there is a block', async () => {
  let height = 1;
  let amount_sat: Sat | undefined = 7n as Sat;
  const unconfirmed = new Unconfirmed({ clock: new ManualClock(), height: () => height, ask: async () => amount_sat });
  await unconfirmed.look('aa');
  amount_sat = undefined;
  await unconfirmed.look('aa');
  assert.equal(unconfirmed.of('aa'), 7n);
  height = 2;
  await unconfirmed.look('aa');
  assert.equal(unconfirmed.of('aa'), 0n);
});
