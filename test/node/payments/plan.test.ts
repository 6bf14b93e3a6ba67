/** How much of a payment goes which way, to the msat: amounts and blocks of a route, fees, limits, and parts (BOLT 4, BOLT 7). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Msat, msat } from '../../../src/base/types/amount.ts';
import type { ChannelId, NodeId } from '../../../src/base/types/brand.ts';
import type { RouteHop } from '../../../src/codec/bolt11/invoice.ts';
import { Lessons, ownChannel } from '../../../src/node/payments/lessons.ts';
import { deliverable, type Path, pathsTo, routeOf } from '../../../src/node/payments/path.ts';
import { type PlanLimits, planPart } from '../../../src/node/payments/plan.ts';
import type { WayOut } from '../../../src/node/payments/ports.ts';
import { shadowBlocks } from '../../../src/node/payments/shadow.ts';

const [HUB, MIDDLE, SHOP] = ['11', '22', '33'].map((byte) => `02${byte.repeat(32)}` as NodeId) as [
  NodeId,
  NodeId,
  NodeId,
];

function way(name: string, spendable_msat: bigint, changes: Partial<WayOut> = {}): WayOut {
  return {
    channel_id: name as ChannelId,
    peer_id: HUB,
    names: [name],
    spendable_msat: msat(spendable_msat),
    htlc_minimum_msat: msat(1),
    is_full: false,
    ...changes,
  } as WayOut;
}

function hop(pubkey: NodeId, short_channel_id: string, base: number, millionths: number, delta: number): RouteHop {
  return {
    pubkey,
    short_channel_id,
    fee_base_msat: base,
    fee_proportional_millionths: millionths,
    cltv_expiry_delta: delta,
  } as RouteHop;
}

const TWO_HOPS = [hop(HUB, '2x2x2', 1_000, 100, 40), hop(MIDDLE, '3x3x3', 500, 2_000, 30)];

function path(
  spendable_msat: bigint,
  hops: readonly RouteHop[] = [],
  name = '1x1x1',
  changes: Partial<WayOut> = {},
): Path {
  return { way: way(name, spendable_msat, changes), hops, payee: SHOP };
}

test('the route of an amount: each hop has what the next one gets, and its fee and its blocks (BOLT 7)', () => {
  const route = routeOf(path(1_000_000_000n, TWO_HOPS), msat(10_000_000), 18);
  const at_middle = 10_000_000n + 500n + 20_000n;
  const at_hub = at_middle + 1_000n + 1_002n;
  assert.deepEqual(route, [
    { id: HUB, channel: '1x1x1', amount_msat: at_hub, delay: 18 + 30 + 40 },
    { id: MIDDLE, channel: '2x2x2', amount_msat: at_middle, delay: 18 + 30 },
    { id: SHOP, channel: '3x3x3', amount_msat: 10_000_000n, delay: 18 },
  ]);
  assert.throws(() => routeOf(path(1n, [], '1x1x1', { names: [] }), msat(5), 9), RangeError, 'a channel has a name');
  assert.deepEqual(routeOf(path(1n), msat(5), 9), [{ id: HUB, channel: '1x1x1', amount_msat: 5n, delay: 9 }]);
});

test('what a path can deliver is what is left of our channel after all fees, and never less than nothing', () => {
  const given = 20_000_000n;
  const most = deliverable(path(given, TWO_HOPS), given);
  const costs = (amount: bigint): bigint => routeOf(path(given, TWO_HOPS), amount as Msat, 18)[0]?.amount_msat ?? 0n;
  // 19,999,000 / 1.0001, and of that 19,996,500 / 1.002, rounded down.
  assert.equal(most, 19_956_586n);
  assert.ok(costs(most) <= given && costs(most + 5n) > given, `${costs(most)}, ${costs(most + 5n)}`);
  assert.equal(deliverable(path(given, TWO_HOPS), 900n), 0n);
  assert.equal(deliverable(path(given), given), given);
});

test('paths lead over each channel with the payee, or with the first node of a hint', () => {
  const ways = [way('a', 1n), way('b', 1n, { peer_id: SHOP }), way('c', 1n)];
  const found = pathsTo(SHOP, [TWO_HOPS, [hop(MIDDLE, '9x9x9', 0, 0, 0)]], ways);
  assert.deepEqual(
    found.map((each) => [each.way.channel_id, each.hops.length, each.payee]),
    [
      ['b', 0, SHOP],
      ['a', 2, SHOP],
      ['c', 2, SHOP],
    ],
  );
});

const LIMITS: PlanLimits = {
  fee_msat: 1_000_000n,
  max_delay: 200,
  final_delay: 18,
  shadow_delay: 0,
  basic_mpp: true,
  fits: () => true,
};

function plan(paths: readonly Path[], missing: bigint, limits: Partial<PlanLimits> = {}, lessons = new Lessons(true)) {
  const part = planPart(paths, msat(missing), lessons, { ...LIMITS, ...limits }, []);
  return typeof part === 'string' ? part : [part.path.way.channel_id, part.amount_msat];
}

test('the cheapest path that carries the whole is taken, else as much as the largest one carries', () => {
  const dear = path(50_000_000n, [hop(HUB, '8x8x8', 900, 0, 10)], 'dear');
  const cheap = path(50_000_000n, [hop(HUB, '8x8x8', 100, 0, 10)], 'cheap');
  const small = path(9_000_000n, [], 'small');
  const large = path(20_000_000n, [], 'large');
  for (const paths of [
    [dear, cheap, small],
    [small, cheap, dear],
  ]) {
    assert.deepEqual(plan(paths, 10_000_000n), ['cheap', 10_000_000n]);
  }
  assert.deepEqual(plan([small, large], 25_000_000n), ['large', 20_000_000n]);
  assert.deepEqual(plan([small, large], 29_000_000n), ['large', 20_000_000n], 'all of both');
  assert.equal(plan([small, large], 29_000_001n), 'too_little', 'more than both carry: nothing leaves');
  assert.equal(plan([large, { ...large, hops: TWO_HOPS }], 30_000_000n), 'too_little', 'a channel of ours counts once');
  assert.equal(plan([], 1n), 'no_path');
});

test('a payee that takes no parts gets the whole, and a part is 10 sat at least', () => {
  assert.equal(
    plan([path(9_000_000n), path(9_000_000n, [], 'other')], 10_000_000n, { basic_mpp: false }),
    'too_little',
  );
  assert.deepEqual(plan([path(9_000_000n)], 9_000_000n, { basic_mpp: false }), ['1x1x1', 9_000_000n]);
  const rest = path(9_999_000n, [], 'rest');
  assert.deepEqual(plan([rest, path(10_000n, [], 'least')], 10_009_000n), ['rest', 9_999_000n]);
  assert.equal(plan([path(9_999n)], 20_000n), 'too_little');
  assert.equal(plan([path(9_999n, [], 'full', { is_full: true })], 20_000n), 'busy', 'its HTLCs in flight bound it');
  assert.deepEqual(plan([path(9_999n)], 9_000n), ['1x1x1', 9_000n], 'the whole may be less');
});

test('a path is bounded by what it is meant for, and by what failures taught', () => {
  assert.deepEqual(plan([{ ...path(50_000_000n), most_msat: msat(30_000_000) }], 40_000_000n), ['1x1x1', 30_000_000n]);
  const lessons = new Lessons(true);
  lessons.failed(ownChannel('1x1x1' as ChannelId), 40_000_000n);
  assert.deepEqual(plan([path(50_000_000n)], 40_000_000n, {}, lessons), ['1x1x1', 20_000_000n]);
  lessons.rest(ownChannel('1x1x1' as ChannelId));
  assert.equal(plan([path(50_000_000n)], 60_000_000n, {}, lessons), 'away');
  assert.equal(
    plan([path(50_000_000n), path(1n, [], 'other')], 60_000_000n, {}, lessons),
    'away',
    'the most hopeful reason',
  );
});

test('where what is left does not carry the rest, and something rests or has no place, that is the reason', () => {
  const free = path(20_000_000n, [], 'free');
  const other = path(50_000_000n, [], 'other');
  for (const [teach, reason] of [
    ['rest', 'away'],
    ['wait', 'busy'],
    ['exclude', 'too_little'],
  ] as const) {
    const lessons = new Lessons(true);
    lessons[teach](ownChannel('other' as ChannelId));
    assert.equal(plan([free, other], 30_000_000n, {}, lessons), reason);
    assert.equal(plan([other, free], 30_000_000n, {}, lessons), reason);
  }
});

test('fees, blocks and the smallest HTLC of our channel are kept to the last msat and block', () => {
  const one = path(50_000_000n, [hop(HUB, '8x8x8', 700, 0, 40)]);
  assert.deepEqual(plan([one], 1_000_000n, { fee_msat: 700n }), ['1x1x1', 1_000_000n]);
  assert.equal(plan([one], 1_000_000n, { fee_msat: 699n }), 'too_expensive');
  assert.deepEqual(plan([one], 1_000_000n, { max_delay: 58 }), ['1x1x1', 1_000_000n]);
  assert.equal(plan([one], 1_000_000n, { max_delay: 57 }), 'too_expensive');
  const least = path(50_000_000n, [hop(HUB, '8x8x8', 700, 0, 40)], '1x1x1', { htlc_minimum_msat: msat(1_000_700) });
  assert.deepEqual(plan([least], 1_000_000n), ['1x1x1', 1_000_000n]);
  assert.equal(plan([least], 999_999n), 'too_little');
  assert.equal(plan([one], 1_000_000n, { fits: () => false }), 'too_long');
});

test('blocks are put on top for privacy as far as the limit leaves room, for each hop the same', () => {
  const delays = (shadow_delay: number, max_delay = 200): number[] => {
    const part = planPart(
      [path(50_000_000n, TWO_HOPS)],
      msat(1_000_000),
      new Lessons(true),
      { ...LIMITS, shadow_delay, max_delay },
      [],
    );
    return typeof part === 'string' ? [] : part.route.map(({ delay }) => delay);
  };
  assert.deepEqual(delays(0), [88, 48, 18]);
  assert.deepEqual(delays(70), [158, 118, 88]);
  assert.deepEqual(delays(70, 90), [90, 50, 20]);
  assert.deepEqual(delays(70, 88), [88, 48, 18]);
});

test('as many blocks are put on top as one or two usual hops ask for', () => {
  const drawn = (...bytes: number[]): number => shadowBlocks((length) => Uint8Array.from(bytes.slice(0, length)));
  assert.equal(drawn(0, 0, 4), 34);
  assert.equal(drawn(2, 4, 1), 144);
  assert.equal(drawn(1, 0, 4), 34 + 144);
  assert.equal(drawn(255, 6, 7), 40 + 80);
});
