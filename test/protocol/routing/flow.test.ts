import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FlowSearch } from '../../../src/protocol/routing/flow.ts';
import { findFlowParts } from '../../../src/protocol/routing/flow-parts.ts';
import { feeFor, type Graph } from '../../../src/protocol/routing/graph.ts';
import { Knowledge } from '../../../src/protocol/routing/knowledge.ts';
import { findParts, Searches } from '../../../src/protocol/routing/parts.ts';
import type { SearchRequest } from '../../../src/protocol/routing/search.ts';
import { ask, graphOf } from './roads.ts';

const flows = new FlowSearch();

function partsOf(graph: Graph, changes: Partial<SearchRequest>, max_parts = 16, knowledge = new Knowledge()) {
  return findFlowParts(flows, graph, knowledge, ask({ price_of_doubt: 0.3, ...changes }), max_parts);
}

test('a flow takes back what an earlier way has laid, when that lets more through', () => {
  // The cheapest way leads over 2 and 3, and stands in the way of the only two that carry all of it together.
  const graph = graphOf(4, [
    { from: 0, to: 2, capacity: 1_000_000 },
    { from: 2, to: 1, capacity: 1_000_000, base: 400 },
    { from: 0, to: 3, capacity: 1_000_000, base: 400 },
    { from: 3, to: 1, capacity: 1_000_000 },
    { from: 2, to: 3, capacity: 1_000_000 },
  ]);
  const parts = partsOf(graph, { amount_msat: 1_960_000, price_of_doubt: 0 });
  assert.deepEqual(parts?.map(({ way }) => way.halves.map((half) => half >> 1)).toSorted(), [
    [0, 1],
    [2, 3],
  ]);
  assert.equal(
    parts.reduce((sum, { amount_msat }) => sum + amount_msat, 0),
    1_960_000,
  );
});

test('a flow spreads over channels that carry the whole with luck only, and not over one that surely does', () => {
  const roads = (capacity: number) =>
    [2, 3, 4].flatMap((middle) => [
      { from: 0, to: middle, capacity },
      { from: middle, to: 1, capacity },
    ]);
  const spread = partsOf(graphOf(5, roads(120_000_000)), { amount_msat: 100_000_000 });
  assert.ok((spread?.length ?? 0) > 1);
  const graph = graphOf(5, roads(120_000_000));
  const whole = findParts(
    new Searches(),
    graphOf(5, roads(100_000_000_000)),
    new Knowledge(),
    {
      ...ask({ amount_msat: 100_000_000, price_of_doubt: 0.3 }),
    },
    16,
  );
  assert.equal(whole?.length, 1);
  const knowledge = new Knowledge();
  for (const half of [0, 2]) knowledge.carried(half, 110_000_000, 0);
  assert.equal(partsOf(graph, { amount_msat: 100_000_000 }, 16, knowledge)?.length, 1);
});

test('what was refused is not used, what is held counts, and extra halves carry what they hold', () => {
  const roads = [
    { from: 0, to: 2, capacity: 10_000_000 },
    { from: 2, to: 1, capacity: 10_000_000 },
    { from: 3, to: 1, capacity: 10_000_000 },
  ];
  const graph = graphOf(4, roads);
  const own = { from: 0, to: 3, fee_base_msat: 0, fee_ppm: 0, cltv_expiry_delta: 0, htlc_minimum_msat: 1 };
  const extra = [{ ...own, most_msat: 3_000_000, is_certain: true }];
  assert.equal(partsOf(graph, { amount_msat: 11_000_000 }), undefined);
  const both = partsOf(graph, { amount_msat: 11_000_000, extra });
  assert.ok(both !== undefined);
  assert.ok(both.some(({ way }) => way.halves[0] === graph.half_places));
  const own_msat = both.reduce(
    (sum, { way }) => sum + (way.halves[0] === graph.half_places ? (way.amounts_msat[0] ?? 0) : 0),
    0,
  );
  assert.ok(own_msat <= 3_000_000);
  assert.equal(partsOf(graph, { amount_msat: 11_000_000, extra, held_msat: new Map([[2, 1_500_000]]) }), undefined);
  assert.equal(partsOf(graph, { amount_msat: 11_000_000, extra, avoided_halves: new Set([4]) }), undefined);
  const knowledge = new Knowledge();
  knowledge.refused(2, 5_000_000, 0);
  assert.equal(partsOf(graph, { amount_msat: 11_000_000, extra }, 16, knowledge), undefined);
});

test('limits on a payment hold for a flow: fees, blocks, hops, and the number of parts', () => {
  const graph = graphOf(
    5,
    [2, 3, 4].flatMap((middle) => [
      { from: 0, to: middle, capacity: 4_000_000, delay: 40 },
      { from: middle, to: 1, capacity: 4_000_000, base: 1_000, delay: 40 },
    ]),
  );
  const amount_msat = 9_000_000;
  assert.ok(partsOf(graph, { amount_msat }));
  assert.equal(partsOf(graph, { amount_msat }, 2), undefined);
  assert.equal(partsOf(graph, { amount_msat, max_fee_msat: 2_999 }), undefined);
  assert.ok(partsOf(graph, { amount_msat, max_fee_msat: 3_000 }));
  assert.equal(partsOf(graph, { amount_msat, max_delay: 88 }), undefined);
  assert.ok(partsOf(graph, { amount_msat, max_delay: 89 }));
  assert.equal(partsOf(graph, { amount_msat, max_hops: 1 }), undefined);
});

test('whatever the network: parts add up to the msat, each way is whole, and no limit of a channel is broken', () => {
  const road = fc
    .record({
      from: fc.nat(6),
      to: fc.nat(6),
      base: fc.nat(1_000),
      ppm: fc.nat(5_000),
      capacity: fc.integer({ min: 100_000, max: 5_000_000 }),
      least: fc.constantFrom(0, 1_000, 200_000),
    })
    .filter(({ from, to }) => from !== to);
  let found = 0;
  fc.assert(
    fc.property(
      fc.array(road, { minLength: 6, maxLength: 16 }),
      fc.integer({ min: 50_000, max: 8_000_000 }),
      fc.constantFrom(0, 0.3),
      (roads, amount_msat, price_of_doubt) => {
        const graph = graphOf(7, roads);
        const max_fee_msat = 100_000;
        const parts = findParts(
          new Searches(),
          graph,
          new Knowledge(),
          ask({ amount_msat, price_of_doubt, max_fee_msat }),
          8,
        );
        const of_flow = partsOf(graph, { amount_msat, price_of_doubt, max_fee_msat }, 8);
        if (of_flow !== undefined) {
          found++;
          assertWhole(graph, of_flow, amount_msat, max_fee_msat);
          assert.notEqual(parts, undefined, 'what a flow finds is found');
        }
        if (parts !== undefined) assertWhole(graph, parts, amount_msat, max_fee_msat);
      },
    ),
    { numRuns: 300 },
  );
  assert.ok(found > 0);
});

function assertWhole(
  graph: Graph,
  parts: NonNullable<ReturnType<typeof findParts>>,
  amount_msat: number,
  max_fee_msat: number,
): void {
  const load = new Map<number, number>();
  let fees_msat = 0;
  for (const { way, amount_msat: part_msat } of parts) {
    assert.equal(graph.node[way.halves[0] as number], 0);
    assert.equal(graph.node[(way.halves.at(-1) as number) ^ 1], 1);
    assert.equal(way.amounts_msat.at(-1), part_msat);
    fees_msat += way.fee_msat;
    for (const [index, half] of way.halves.entries()) {
      const carried = way.amounts_msat[index] as number;
      load.set(half, (load.get(half) ?? 0) + carried);
      assert.ok(
        carried >= (graph.htlc_minimum_msat[half] as number) && carried <= (graph.htlc_maximum_msat[half] as number),
      );
      if (index === 0) continue;
      assert.equal(graph.node[half], graph.node[(way.halves[index - 1] as number) ^ 1]);
      const fee = feeFor(graph.fee_base_msat[half] as number, graph.fee_ppm[half] as number, carried);
      assert.equal(way.amounts_msat[index - 1], carried + fee);
    }
  }
  for (const [half, carried] of load) assert.ok(carried <= (graph.capacity_msat[half >> 1] as number));
  assert.equal(
    parts.reduce((sum, part) => sum + part.amount_msat, 0),
    amount_msat,
  );
  assert.ok(fees_msat <= max_fee_msat);
}
