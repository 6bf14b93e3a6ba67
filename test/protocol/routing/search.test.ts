import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { doubtOf, probability, unknownChance, unknownDoubt } from '../../../src/protocol/routing/cost.ts';
import { feeFor, type Graph } from '../../../src/protocol/routing/graph.ts';
import { HALF_LIFE_SECONDS, Knowledge } from '../../../src/protocol/routing/knowledge.ts';
import { findParts, Searches } from '../../../src/protocol/routing/parts.ts';
import { Search, type SearchRequest } from '../../../src/protocol/routing/search.ts';
import { whyNot } from '../../../src/protocol/routing/why-not.ts';
import { ask, graphOf, type Road } from './roads.ts';

const find = (graph: Graph, request: SearchRequest, knowledge = new Knowledge()) =>
  new Search().find(graph, knowledge, request);

/** Every way without a circle, tried one by one: the least that leaves the source. */
function leastByTrying(graph: Graph, { source, target, amount_msat }: SearchRequest): number | undefined {
  let least: number | undefined;
  const go = (end: number, carried: number, seen: readonly number[]): void => {
    if (end === source) {
      if (least === undefined || carried < least) least = carried;
      return;
    }
    for (let half = 0; half < graph.half_places; half++) {
      const start = graph.node[half] as number;
      if (graph.node[half ^ 1] !== end || seen.includes(start) || graph.usable[half] === 0) continue;
      if (carried > (graph.htlc_maximum_msat[half] as number) || carried > (graph.capacity_msat[half >> 1] as number))
        continue;
      const fee = feeFor(graph.fee_base_msat[half] as number, graph.fee_ppm[half] as number, carried);
      go(start, carried + fee, [...seen, start]);
    }
  };
  go(target, amount_msat, [target]);
  return least;
}

test('the cheapest way is found: as by trying every way', () => {
  const road = fc
    .record({
      from: fc.nat(5),
      to: fc.nat(5),
      base: fc.nat(50),
      ppm: fc.nat(20_000),
      closed: fc.boolean(),
    })
    .filter(({ from, to }) => from !== to);
  fc.assert(
    fc.property(fc.array(road, { maxLength: 9 }), fc.integer({ min: 1, max: 100_000 }), (roads, amount_msat) => {
      const graph = graphOf(6, roads);
      const request = ask({ amount_msat });
      const way = find(graph, request);
      const least = leastByTrying(graph, request);
      assert.equal(way !== undefined, least !== undefined);
      if (way === undefined) return;
      // What leaves the source counts the first channel's fee as well.
      const first = way.halves[0] as number;
      const arrives = way.amounts_msat[0] as number;
      const leaves = arrives + feeFor(graph.fee_base_msat[first] as number, graph.fee_ppm[first] as number, arrives);
      assert.equal(leaves, least);
      assert.equal(way.amounts_msat.at(-1), amount_msat);
      for (const [index, half] of way.halves.entries()) {
        assert.equal(graph.node[half], index === 0 ? 0 : graph.node[(way.halves[index - 1] as number) ^ 1]);
      }
    }),
  );
});

/** How few hops lead from the source to the target; undefined when none do. */
function fewestHops(graph: Graph, { source, target }: SearchRequest): number | undefined {
  const hops = new Map([[target, 0]]);
  for (const node of hops.keys()) {
    for (let half = 0; half < graph.half_places; half++) {
      const start = graph.node[half] as number;
      if (graph.node[half ^ 1] === node && !hops.has(start)) hops.set(start, (hops.get(node) as number) + 1);
    }
  }
  return hops.get(source);
}

test('of ways that cost the same the shortest is taken, so that a free detour never uses up the hops', () => {
  const road = fc.record({ from: fc.nat(59), to: fc.nat(59) }).filter(({ from, to }) => from !== to);
  fc.assert(
    fc.property(fc.array(road, { minLength: 60, maxLength: 150 }), (roads) => {
      const graph = graphOf(
        60,
        roads.map((each) => ({ ...each, delay: 0 })),
      );
      const request = ask({ price_of_block: 0.001, max_hops: 60 });
      assert.equal(find(graph, request)?.halves.length, fewestHops(graph, request));
    }),
    { numRuns: 50 },
  );
});

test('limits of a channel and of the payer are kept', () => {
  const graph = graphOf(4, [
    { from: 0, to: 2, base: 5, delay: 100 },
    { from: 2, to: 1, base: 5, delay: 100, least: 500, most: 900 },
    { from: 0, to: 3, base: 50, delay: 10 },
    { from: 3, to: 1, base: 50, delay: 10 },
  ]);
  const through = (changes: Partial<SearchRequest>) => find(graph, ask(changes))?.halves.map((half) => half >> 1);
  assert.deepEqual(through({ amount_msat: 900 }), [0, 1]);
  assert.deepEqual(through({ amount_msat: 901 }), [2, 3]);
  assert.deepEqual(through({ amount_msat: 499 }), [2, 3]);
  assert.deepEqual(through({ amount_msat: 0 }), [0, 1], 'an amount of nothing has no minimum');
  assert.deepEqual(through({ amount_msat: 900, max_delay: 50 }), [2, 3]);
  assert.deepEqual(through({ amount_msat: 901, max_fee_msat: 20 }), undefined);
  assert.deepEqual(through({ amount_msat: 900, max_hops: 1 }), undefined);
  assert.deepEqual(through({ amount_msat: 900, avoided_nodes: new Set([2]) }), [2, 3]);
  assert.deepEqual(through({ amount_msat: 900, avoided_halves: new Set([2]) }), [2, 3]);
  assert.deepEqual(through({ amount_msat: 900, price_of_block: 1 }), [2, 3], 'blocks cost as well');
  assert.deepEqual(through({ amount_msat: 900, held_msat: new Map([[2, 999_500]]) }), [2, 3]);
});

test('a node with features that nobody knows is paid, and not routed through', () => {
  const graph = graphOf(3, [
    { from: 0, to: 2 },
    { from: 2, to: 1 },
  ]);
  graph.is_strange[2] = 1;
  assert.equal(find(graph, ask({})), undefined);
  assert.notEqual(find(graph, ask({ target: 2 })), undefined);
});

test('doubt has a price: the larger channel is taken for little more, and what failed is not tried again at once', () => {
  const graph = graphOf(4, [
    { from: 0, to: 2, capacity: 1_000_000_000 },
    { from: 2, to: 1, capacity: 110_000_000 },
    { from: 0, to: 3, base: 1000, capacity: 1_000_000_000 },
    { from: 3, to: 1, capacity: 1_000_000_000 },
  ]);
  const request = ask({ amount_msat: 100_000_000, price_of_doubt: 0.3 });
  const knowledge = new Knowledge();
  const search = new Search();
  const second = (at: number) => search.find(graph, knowledge, { ...request, now_seconds: at })?.halves[1];
  assert.equal(second(0), 6);
  knowledge.refused(6, 50_000_000, 0);
  assert.equal(second(1), 2, 'this one is known not to carry it');
  knowledge.carried(2, 100_000_000, 1);
  assert.equal(second(2), 2);
  assert.equal(second(20 * HALF_LIFE_SECONDS), 6, 'all that was learned has faded');
});

test('the curve is a probability, and falls with the amount', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(share, share, share, share, (a, b, c, d) => {
      const [lower, upper] = [Math.min(a, b), Math.max(a, b)];
      const [less, more] = [Math.min(c, d), Math.max(c, d)];
      const one = probability(less, 1, lower, upper);
      const two = probability(more, 1, lower, upper);
      assert(one >= -1e-9 && one <= 1 + 1e-9);
      assert(two <= one + 1e-9);
      assert.equal(probability(lower, 1, lower, upper), 1);
      if (more > upper && more > lower) assert.equal(two, 0);
    }),
  );
});

test('the steps of the curve for unknown channels are near to it', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (share) => {
      const exact = probability(share, 1, 0, 1);
      assert(Math.abs(unknownChance(share) - exact) < 0.002 || share < 1 / 2048, `${share}`);
      if (share <= 0.99 && share >= 1 / 2048) assert(Math.abs(unknownDoubt(share) - doubtOf(exact)) < 0.02, `${share}`);
    }),
  );
});

test('what one way does not carry is split, and the parts together stay within every channel', () => {
  const roads = [2, 3, 4].flatMap((middle) => [
    { from: 0, to: middle, capacity: 400_000, base: 1 },
    { from: middle, to: 1, capacity: 400_000, base: 1 },
  ]);
  const graph = graphOf(5, roads);
  const parts = (amount_msat: number, max_parts: number) =>
    findParts(new Searches(), graph, new Knowledge(), ask({ amount_msat, price_of_doubt: 0.3 }), max_parts);
  assert.equal(parts(300_000, 1)?.length, 1);
  assert.equal(parts(900_000, 1), undefined);
  const found = parts(900_000, 16);
  assert(found !== undefined);
  assert.equal(
    found.reduce((sum, { amount_msat }) => sum + amount_msat, 0),
    900_000,
  );
  const load = new Map<number, number>();
  for (const { way } of found) {
    for (const [index, half] of way.halves.entries()) {
      load.set(half, (load.get(half) ?? 0) + (way.amounts_msat[index] as number));
    }
  }
  for (const amount of load.values()) assert(amount <= 400_000);
  assert.equal(parts(1_300_000, 16), undefined);
});

test('a limit of fees is kept although the likelier way is dearer', () => {
  const graph = graphOf(4, [
    { from: 0, to: 2, capacity: 1_000_000_000 },
    { from: 2, to: 1, capacity: 110_000_000 },
    { from: 0, to: 3, capacity: 1_000_000_000 },
    { from: 3, to: 1, base: 20_000, capacity: 1_000_000_000 },
    { from: 2, to: 3, base: 0, capacity: 1_000_000_000 },
  ]);
  // The likely way costs 20,000 msat at node 3, and every way that begins there.
  const request = ask({ amount_msat: 100_000_000, price_of_doubt: 0.3, max_fee_msat: 1_000 });
  const parts = findParts(new Searches(), graph, new Knowledge(), request, 1);
  assert.deepEqual(
    parts?.map(({ way }) => way.halves),
    [[0, 2]],
  );
});

test('every missing way has a reason, in the order of getroutes', () => {
  const names = {
    half: (half: number) => `${half >> 1}x0x0/${half & 1}`,
    channel: (half: number) => `${half >> 1}x0x0`,
  };
  const why = (graph: Graph, changes: Partial<SearchRequest> = {}, knowledge = new Knowledge()): string =>
    whyNot(graph, knowledge, ask(changes), names);
  const line = (second: Partial<Road>): Graph =>
    graphOf(4, [
      { from: 0, to: 2 },
      { from: 2, to: 3, ...second },
      { from: 3, to: 1 },
    ]);
  assert.match(
    why(line({}), { amount_msat: 2_000_000 }),
    /Total source capacity is only 1000000msat \(in 1 channels\)/,
  );
  assert.match(
    why(
      graphOf(3, [
        { from: 0, to: 2, capacity: 9_000_000 },
        { from: 2, to: 1 },
      ]),
      { amount_msat: 2_000_000 },
    ),
    /Total destination capacity is only 1000000msat/,
  );
  assert.match(why(graphOf(2, [{ from: 0, to: 1, closed: true }])), /All 1 channels to the source are disabled\./);
  const path = 'The shortest path is 0x0x0->1x0x0->2x0x0, but 1x0x0/0';
  assert.equal(
    why(line({ closed: true })),
    `We could not find a usable set of paths. ${path} marked disabled by gossip message.`,
  );
  assert.match(why(line({ most: 500 })), /1x0x0\/0 exceeds htlc_maximum_msat ~500msat/);
  assert.match(why(line({ least: 5000 })), /1x0x0\/0 below htlc_minumum_msat ~5000msat/);
  assert.match(why(line({}), { held_msat: new Map([[2, 999_999]]) }), /already reserved 999999msat/);
  assert.match(why(line({}), { avoided_halves: new Set([2]) }), /marked disabled by this payment/);
  const knowledge = new Knowledge();
  knowledge.refused(2, 10, 0);
  assert.match(why(line({}), {}, knowledge), /isn't big enough to carry 1000msat/);
  assert.equal(why(graphOf(3, [{ from: 0, to: 2 }])), 'There is no connection between source and destination at all');
});
