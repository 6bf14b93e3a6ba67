/** What the failures of one payment teach of a channel, and when it is tried again: rule by rule. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChannelId, NodeId } from '../../../src/base/types/brand.ts';
import type { ShortChannelId } from '../../../src/base/types/short-channel-id.ts';
import { channelBehind, Lessons, ownChannel, subjectsOf } from '../../../src/node/payments/lessons.ts';
import type { Path } from '../../../src/node/payments/path.ts';
import type { Sendpay } from '../../../src/node/payments/sendpay.ts';

const OURS = 'aa'.repeat(32) as ChannelId;
const HUB = `02${'11'.repeat(32)}` as NodeId;
const SHOP = `02${'22'.repeat(32)}` as NodeId;
const HINTED = '9x9x9' as ShortChannelId;
const BEHIND = channelBehind(HUB, HINTED);

/** Through our channel to the hub, and through the hint to the shop. */
const PATH = {
  way: { channel_id: OURS, peer_id: HUB },
  hops: [{ pubkey: HUB, short_channel_id: HINTED }],
} as unknown as Path;

function part(created_at: number): Sendpay {
  const route = [
    { id: HUB, channel: '1x1x1' },
    { id: SHOP, channel: HINTED },
  ];
  return { channel_id: OURS, route, created_at } as unknown as Sendpay;
}

/** The most to send in one part, or why nothing is. */
function standing(lessons: Lessons, open: readonly Sendpay[] = []): bigint | string | undefined {
  const found = lessons.standing(PATH, open);
  return found.kind === 'free' ? found.bound_msat : found.kind;
}

test('a part goes through our channel, each node, and the channel behind each', () => {
  assert.deepEqual(subjectsOf(part(0)), [ownChannel(OURS), HUB, BEHIND]);
});

test('a channel that did not carry an amount is tried with half, the other half teaches nothing, and less is probed', () => {
  const lessons = new Lessons(true);
  assert.equal(standing(lessons), undefined);
  lessons.failed(BEHIND, 400_000_000n);
  assert.equal(standing(lessons), 200_000_000n);
  assert.deepEqual(lessons.avoided([part(0)]), [], 'as many at a time as there are');
  assert.equal(lessons.pause, undefined);
  for (const amount_msat of [400_000_000n, 500_000_000n]) lessons.failed(BEHIND, amount_msat);
  assert.equal(standing(lessons), 200_000_000n);
  lessons.failed(BEHIND, 200_000_000n);
  assert.equal(standing(lessons), 5_000_000n, 'one small part says whether it carries anything');
  assert.equal(standing(lessons, [part(0)]), 'away', 'one at a time');
  assert.deepEqual(lessons.avoided([part(0)]), [BEHIND]);
  assert.deepEqual(lessons.avoided([]), []);
  assert.equal(lessons.pause, 'away');
  assert.equal(lessons.isProbing([part(0)]), true);
  assert.equal(lessons.isProbing([]), false);
});

test('a probe is never more than half of what failed', () => {
  const lessons = new Lessons(true);
  lessons.failed(BEHIND, 12_000_000n);
  lessons.failed(BEHIND, 10_000_002n);
  assert.equal(standing(lessons), 5_000_000n);
  const exact = new Lessons(true);
  exact.failed(BEHIND, 20_000_000n);
  assert.equal(standing(exact), 10_000_000n);
});

test('who fails 10,000 sat after it failed more lacks something else than money, and rests', () => {
  const lessons = new Lessons(true);
  lessons.failed(BEHIND, 12_000_000n);
  lessons.failed(BEHIND, 10_000_000n);
  assert.equal(standing(lessons), 'away');
  assert.equal(lessons.pause, 'away');
  assert.deepEqual(lessons.avoided([]), [BEHIND]);
  const first = new Lessons(true);
  first.failed(BEHIND, 10_000_000n);
  assert.equal(standing(first), 5_000_000n, 'as the first that fails it says nothing of more');
});

test('half of what failed is not tried below 10 sat, nor where the payee takes no parts', () => {
  const worth = new Lessons(true);
  worth.failed(BEHIND, 20_000n);
  assert.equal(standing(worth), 10_000n);
  const dust = new Lessons(true);
  dust.failed(BEHIND, 19_999n);
  assert.equal(standing(dust), 'away');
  const whole = new Lessons(false);
  whole.failed(BEHIND, 400_000_000n);
  assert.equal(standing(whole), 'away');
});

test('after a pause the whole amount is tried, after the next one a small part, in turn', () => {
  const lessons = new Lessons(true);
  lessons.rest(BEHIND);
  for (const expected of [undefined, 5_000_000n, undefined, 5_000_000n]) {
    lessons.endRest(true);
    assert.equal(standing(lessons), expected);
    lessons.failed(BEHIND, expected ?? 400_000_000n);
    assert.equal(standing(lessons), 'away', 'who failed again rests again');
  }
});

test('no small part is tried when there is no time to see it through, or where the payee takes no parts', () => {
  for (const [mpp, may_probe] of [
    [true, false],
    [false, true],
  ] as const) {
    const lessons = new Lessons(mpp);
    for (const _ of [1, 2]) {
      lessons.rest(BEHIND);
      lessons.endRest(may_probe);
    }
    assert.equal(standing(lessons), undefined);
    assert.equal(lessons.pause, undefined);
  }
});

test('what failed before a pause says nothing after it, and a pause is over only for what rested', () => {
  const lessons = new Lessons(true);
  lessons.failed(BEHIND, 400_000_000n);
  lessons.endRest(true);
  assert.equal(standing(lessons), 200_000_000n, 'it did not rest');
  lessons.rest(BEHIND);
  lessons.endRest(true);
  assert.equal(standing(lessons), undefined);
});

test('a small part that stays out for five seconds has got through: half of what failed is tried, and more after each rest', () => {
  const lessons = new Lessons(true);
  lessons.failed(BEHIND, 400_000_000n);
  lessons.failed(BEHIND, 200_000_000n);
  lessons.prove([part(100)], 104);
  assert.equal(standing(lessons), 5_000_000n);
  lessons.prove([part(100)], 105);
  assert.equal(standing(lessons), 100_000_000n);
  assert.equal(lessons.pause, undefined);
  assert.equal(lessons.isProbing([part(100)]), false);
  // It carries something: what fails from now on is too much, and no sign that it is away.
  lessons.failed(BEHIND, 100_000_000n);
  assert.equal(standing(lessons, [part(100)]), 50_000_000n);
});

test('a small part after a pause proves the channel whole again', () => {
  const lessons = new Lessons(true);
  for (const _ of [1, 2]) {
    lessons.rest(BEHIND);
    lessons.endRest(true);
  }
  assert.equal(standing(lessons), 5_000_000n);
  lessons.prove([part(100)], 200);
  assert.equal(standing(lessons), undefined);
  lessons.failed(BEHIND, 400_000_000n);
  assert.equal(standing(lessons), 200_000_000n, 'its rests are forgotten');
});

test('what is not probed is not proven by a part that is out', () => {
  const lessons = new Lessons(true);
  lessons.rest(BEHIND);
  lessons.prove([part(0)], 100);
  assert.equal(standing(lessons), 'away');
});

test('what is excluded stays so, whatever comes', () => {
  const lessons = new Lessons(true);
  lessons.exclude(BEHIND);
  lessons.rest(BEHIND);
  lessons.wait(BEHIND);
  lessons.failed(BEHIND, 400_000_000n);
  lessons.endRest(true);
  lessons.endWait();
  assert.equal(standing(lessons), 'excluded');
  assert.equal(lessons.pause, undefined, 'there is nothing to wait for');
  assert.deepEqual(lessons.avoided([]), [BEHIND]);
});

test('what rests learns nothing until its pause is over, and is not merely busy', () => {
  const lessons = new Lessons(true);
  lessons.rest(BEHIND);
  lessons.failed(BEHIND, 400_000_000n);
  lessons.wait(BEHIND);
  lessons.endWait();
  assert.equal(standing(lessons), 'away');
});

test('a channel without a place is asked again as soon as something has ended', () => {
  const lessons = new Lessons(true);
  lessons.wait(ownChannel(OURS));
  assert.equal(standing(lessons), 'busy');
  assert.equal(lessons.pause, 'busy');
  assert.deepEqual(lessons.avoided([]), [ownChannel(OURS)]);
  lessons.rest(BEHIND);
  assert.equal(lessons.pause, 'busy', 'that is over sooner than a rest');
  assert.equal(standing(lessons), 'away', 'but this way has to wait for both');
  lessons.endWait();
  lessons.endRest(true);
  assert.equal(standing(lessons), undefined);
});

test('of several lessons on a path the least amount counts, and each place on it is asked: our channel, our peer, the hint', () => {
  const lessons = new Lessons(true);
  lessons.failed(BEHIND, 400_000_000n);
  lessons.failed(ownChannel(OURS), 100_000_000n);
  lessons.failed(HUB, 300_000_000n);
  assert.equal(standing(lessons), 50_000_000n);
  for (const subject of [ownChannel(OURS), HUB, BEHIND]) {
    const one = new Lessons(true);
    one.exclude(subject);
    assert.equal(standing(one), 'excluded');
  }
});
