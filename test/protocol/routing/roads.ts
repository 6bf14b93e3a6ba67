/** Small networks for tests of searches. */
import type { Graph } from '../../../src/protocol/routing/graph.ts';
import type { SearchRequest } from '../../../src/protocol/routing/search.ts';

/** A channel, the same in both directions. */
export interface Road {
  readonly from: number;
  readonly to: number;
  readonly base?: number;
  readonly ppm?: number;
  readonly delay?: number;
  readonly most?: number;
  readonly least?: number;
  readonly capacity?: number;
  readonly closed?: boolean;
}

/** Roads that all go both ways, at the same price. */
export function graphOf(nodes: number, roads: readonly Road[]): Graph {
  const halves = 2 * roads.length;
  const node = new Uint32Array(halves);
  const graph = {
    node_places: nodes,
    half_places: halves,
    node,
    usable: new Uint8Array(halves),
    fee_base_msat: new Uint32Array(halves),
    fee_ppm: new Uint32Array(halves),
    cltv_expiry_delta: new Uint16Array(halves),
    htlc_minimum_msat: new Float64Array(halves),
    htlc_maximum_msat: new Float64Array(halves),
    capacity_msat: new Float64Array(roads.length),
    is_strange: new Uint8Array(nodes),
  };
  for (const [channel, road] of roads.entries()) {
    graph.capacity_msat[channel] = road.capacity ?? 1_000_000;
    for (const [half, from] of [
      [2 * channel, road.from],
      [2 * channel + 1, road.to],
    ] as const) {
      node[half] = from;
      graph.usable[half] = road.closed === true ? 0 : 1;
      graph.fee_base_msat[half] = road.base ?? 0;
      graph.fee_ppm[half] = road.ppm ?? 0;
      graph.cltv_expiry_delta[half] = road.delay ?? 10;
      graph.htlc_minimum_msat[half] = road.least ?? 0;
      graph.htlc_maximum_msat[half] = road.most ?? road.capacity ?? 1_000_000;
    }
  }
  const starts = new Uint32Array(nodes + 1);
  const into: number[] = [];
  for (let each = 0; each < nodes; each++) {
    for (let half = 0; half < halves; half++) if (node[half ^ 1] === each) into.push(half);
    starts[each + 1] = into.length;
  }
  return { ...graph, rows: { starts, halves: Uint32Array.from(into) } };
}

/** A question from node 0 to node 1, without limits. */
export function ask(changes: Partial<SearchRequest>): SearchRequest {
  return {
    source: 0,
    target: 1,
    amount_msat: 1000,
    final_cltv: 9,
    max_fee_msat: Number.POSITIVE_INFINITY,
    max_delay: 2016,
    max_hops: 20,
    price_of_block: 0,
    price_of_doubt: 0,
    extra: [],
    only_extra_from_source: false,
    avoided_halves: new Set(),
    avoided_nodes: new Set(),
    held_msat: new Map(),
    terms: new Map(),
    now_seconds: 0,
    prefers_short: false,
    ...changes,
  };
}
