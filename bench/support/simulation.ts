/**
 * Payments over a snapshot of the public network whose channels hold what nobody knows: money at one of their two ends
 * more often than in the middle. It tells how often a payment arrives, after how many tries, and for which fee. It is a
 * model: nobody else pays, and every node answers at once.
 */
import type { NetworkMap } from '../../src/protocol/gossip/network-map.ts';
import type { ExtraHalf, Graph } from '../../src/protocol/routing/graph.ts';
import { capacityOf } from '../../src/protocol/routing/graph.ts';
import { Knowledge } from '../../src/protocol/routing/knowledge.ts';
import { findParts, Searches } from '../../src/protocol/routing/parts.ts';
import type { SearchRequest } from '../../src/protocol/routing/search.ts';

/** A part of a payment: the halves that it goes over, and what each of them carries. */
export interface SimulatedPart {
  readonly amount_msat: number;
  readonly way: {
    readonly halves: readonly number[];
    readonly amounts_msat: readonly number[];
    readonly fee_msat: number;
  };
}

/** Finds the ways of one payment, and learns from what becomes of its parts. */
export interface Payer {
  /** Parts that bring what is missing; undefined when there are none. `held_msat`: what earlier parts hold, by half. */
  find(
    missing_msat: number,
    max_fee_msat: number,
    held_msat: ReadonlyMap<number, number>,
  ): readonly SimulatedPart[] | undefined;
  /** A part failed at this place of its way, or at none (-1). `carried_msat`: what each half had to carry in all. */
  learn(part: SimulatedPart, lacking: number, carried_msat: readonly number[]): void;
}

/** A payer that has learned nothing yet; it knows what its own channels hold. */
export type NewPayer = (request: SearchRequest, hidden: Float64Array) => Payer;

/** What became of the payments that one way could have carried. */
export interface Simulated {
  readonly count: number;
  readonly paid_share: number;
  readonly at_once_share: number;
  readonly htlcs: number;
  readonly fee_ppm: number;
}

const MOST_ROUNDS = 30;
export const MOST_PARTS = 16;
const PRICE_OF_DOUBT = 0.3;

/**
 * Pays so many times, each time with a payer that knows nothing of others. `draw` answers numbers below 1: the same numbers
 * give the same balances and the same payments, whoever finds the ways.
 */
export function simulate(
  map: NetworkMap,
  graph: Graph,
  amount_msat: number,
  count: number,
  draw: () => number,
  newPayer: NewPayer = (request) => new OwnPayer(graph, request),
): Simulated {
  const hidden = hiddenBalances(graph, draw);
  const truth = {
    ...graph,
    htlc_maximum_msat: graph.htlc_maximum_msat.map((most, half) => Math.min(most, hidden[half] ?? 0)),
  };
  const searches = new Searches();
  const sums = { count: 0, paid: 0, at_once: 0, htlcs: 0, fee_msat: 0 };
  while (sums.count < count) {
    const [source, target] = [drawNode(map, draw, 3, 12), drawNode(map, draw, 1, 100_000)];
    if (source === target) continue;
    const request = requestOf(graph, hidden, source, target, amount_msat);
    const certain = { ...request, price_of_doubt: 0 };
    if (findParts(searches, truth, new Knowledge(), certain, 1) === undefined) continue;
    sums.count++;
    const end = pay(newPayer(request, hidden), graph, hidden, request);
    sums.htlcs += end.htlcs;
    if (end.fee_msat === undefined) continue;
    sums.paid++;
    sums.fee_msat += end.fee_msat;
    if (end.rounds === 1) sums.at_once++;
  }
  return {
    count,
    paid_share: sums.paid / count,
    at_once_share: sums.at_once / count,
    htlcs: sums.htlcs / count,
    fee_ppm: (1e6 * sums.fee_msat) / Math.max(1, sums.paid) / amount_msat,
  };
}

/** Till's own search. */
class OwnPayer implements Payer {
  readonly #graph: Graph;
  readonly #request: SearchRequest;
  readonly #searches = new Searches();
  readonly #knowledge = new Knowledge();

  constructor(graph: Graph, request: SearchRequest) {
    this.#graph = graph;
    this.#request = request;
  }

  find(amount_msat: number, max_fee_msat: number, held_msat: ReadonlyMap<number, number>) {
    const asked = { ...this.#request, amount_msat, max_fee_msat, held_msat };
    return findParts(this.#searches, this.#graph, this.#knowledge, asked, MOST_PARTS);
  }

  learn({ way }: SimulatedPart, lacking: number, carried_msat: readonly number[]): void {
    const { now_seconds } = this.#request;
    for (const [index, half] of way.halves.entries()) {
      if (half >= this.#graph.half_places || (lacking !== -1 && index > lacking)) continue;
      const carried = carried_msat[index] as number;
      if (index === lacking) this.#knowledge.refused(half, carried, now_seconds);
      else this.#knowledge.carried(half, carried, now_seconds);
    }
  }
}

/** Tries until all parts have arrived. */
function pay(payer: Payer, graph: Graph, hidden: Float64Array, request: SearchRequest) {
  const held_msat = new Map<number, number>();
  let missing_msat = request.amount_msat;
  let fee_msat = 0;
  let htlcs = 0;
  for (let round = 1; round <= MOST_ROUNDS; round++) {
    const parts = payer.find(missing_msat, request.max_fee_msat - fee_msat, held_msat);
    if (parts === undefined) break;
    for (const part of parts) {
      const { halves, amounts_msat, fee_msat: part_fee_msat } = part.way;
      htlcs++;
      const carried = halves.map((half, index) => (amounts_msat[index] as number) + (held_msat.get(half) ?? 0));
      const lacking = halves.findIndex(
        (half, index) => half < graph.half_places && (carried[index] as number) > (hidden[half] as number),
      );
      payer.learn(part, lacking, carried);
      if (lacking !== -1) continue;
      for (const [index, half] of halves.entries()) held_msat.set(half, carried[index] as number);
      missing_msat -= part.amount_msat;
      fee_msat += part_fee_msat;
    }
    if (missing_msat === 0) return { rounds: round, htlcs, fee_msat };
  }
  return { rounds: MOST_ROUNDS, htlcs, fee_msat: undefined };
}

/** The payer knows what its own channels hold, and pays no fee there. */
function requestOf(
  graph: Graph,
  hidden: Float64Array,
  source: number,
  target: number,
  amount_msat: number,
): SearchRequest {
  const { starts, halves } = graph.rows;
  const own = [...halves.subarray(starts[source], starts[source + 1])].map((half) => half ^ 1);
  const extra: ExtraHalf[] = own.map((half) => ({
    from: source,
    to: graph.node[half ^ 1] as number,
    fee_base_msat: 0,
    fee_ppm: 0,
    cltv_expiry_delta: 0,
    htlc_minimum_msat: 1,
    most_msat: hidden[half] as number,
    is_certain: true,
  }));
  return {
    source,
    target,
    amount_msat,
    final_cltv: 18,
    max_fee_msat: Math.max(5_000, amount_msat / 100),
    max_delay: 2016,
    max_hops: 20,
    price_of_block: 0,
    price_of_doubt: PRICE_OF_DOUBT,
    extra,
    only_extra_from_source: true,
    avoided_halves: new Set(),
    avoided_nodes: new Set(),
    held_msat: new Map(),
    terms: new Map(),
    now_seconds: 0,
    prefers_short: false,
  };
}

function drawNode(map: NetworkMap, draw: () => number, least: number, most: number): number {
  for (;;) {
    const node = Math.floor(draw() * map.node_places);
    const degree = map.nodes.degree[node] as number;
    if (degree >= least && degree <= most) return node;
  }
}

/** What each direction can send; both of a channel come to what is in it. */
function hiddenBalances(graph: Graph, draw: () => number): Float64Array {
  const hidden = new Float64Array(graph.half_places);
  for (let half = 0; half < graph.half_places; half += 2) {
    const capacity_msat = capacityOf(graph, half);
    hidden[half] = Math.floor(capacity_msat * drawShare(draw));
    hidden[half + 1] = capacity_msat - (hidden[half] as number);
  }
  return hidden;
}

/** A share by the density 9 (x - 1/2)^8 + 1/256. */
function drawShare(draw: () => number): number {
  for (;;) {
    const share = draw();
    if (draw() * (10 / 256) <= 9 * (share - 0.5) ** 8 + 1 / 256) return share;
  }
}
