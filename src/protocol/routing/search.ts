/**
 * Finds the cheapest way through the network: Dijkstra from the payee to the payer, because only the amount that arrives
 * is known, and each hop before it carries its fee on top. The answer depends on graph, knowledge and request alone.
 */
import { doubtOf, doubtPrice, HINTED_CHANCE, probability, unknownChance, unknownDoubt } from './cost.ts';
import { capacityOf, type ExtraHalf, feeFor, type Graph } from './graph.ts';
import { Heap } from './heap.ts';
import type { Bounds, Knowledge } from './knowledge.ts';

/** What one direction of a channel asks. */
export interface Terms {
  readonly fee_base_msat: number;
  readonly fee_ppm: number;
  readonly cltv_expiry_delta: number;
  readonly htlc_minimum_msat: number;
  readonly htlc_maximum_msat: number;
}

/** A question. Nodes and halves beyond those of the graph are extra ones, numbered on from its last. */
export interface SearchRequest {
  readonly source: number;
  readonly target: number;
  /** What must arrive. */
  readonly amount_msat: number;
  /** Blocks that the payee needs. */
  readonly final_cltv: number;
  readonly max_fee_msat: number;
  readonly max_delay: number;
  readonly max_hops: number;
  /** What a block costs, as a share of the amount. */
  readonly price_of_block: number;
  /** How much of the full price of doubt counts; 0: only fees and blocks. */
  readonly price_of_doubt: number;
  readonly extra: readonly ExtraHalf[];
  /** The source's halves in the graph are left out: its channels are among the extra ones, and better known. */
  readonly only_extra_from_source: boolean;
  readonly avoided_halves: ReadonlySet<number>;
  readonly avoided_nodes: ReadonlySet<number>;
  /** What is on the way already, by half. */
  readonly held_msat: ReadonlyMap<number, number>;
  /** What some halves ask now, other than the graph says. */
  readonly terms: ReadonlyMap<number, Terms>;
  readonly now_seconds: number;
  /** Fewest hops first, then cost. */
  readonly prefers_short: boolean;
}

/** A way: its halves from the payer to the payee. */
export interface FoundWay {
  readonly halves: readonly number[];
  /** What arrives at the end of each half, and the blocks left there. */
  readonly amounts_msat: readonly number[];
  readonly delays: readonly number[];
  /** That of all halves carrying their amounts. */
  readonly probability: number;
  readonly fee_msat: number;
}

const HOPS_FIRST = 2 ** 40;
/**
 * What a hop costs in a way's rank, msat: next to nothing, so that of ways that cost the same the shortest comes first. Some
 * channels are free, and a long way over them would use up the hops of whatever leads on from there.
 */
const HOP_RANK = 0.001;

/** The arrays of a search, kept for the next one. */
export class Search {
  #amount = new Float64Array(0);
  #delay = new Uint32Array(0);
  #doubt = new Float64Array(0);
  /** Infinity while no way from the node is known. */
  #key = new Float64Array(0);
  #chance = new Float64Array(0);
  #hops = new Uint8Array(0);
  /** The half that leads on from each node. */
  #onward = new Int32Array(0);
  #done = new Uint32Array(0);
  /** The round in which a half was left out, held something or had other terms. */
  #special = new Uint32Array(0);
  #has_special = false;
  /** The round in which a half led from the source to a node. */
  #beside_source = new Uint32Array(0);
  /** The least that the last hop of the search costs, and any other: what is still to come for a node. */
  #least_first = 0;
  #least_hop = 0;
  #round = 0;
  readonly #heap = new Heap();
  readonly #bounds: Bounds = { lower_msat: 0, upper_msat: 0 };

  /** The best way; undefined when there is none within the limits. */
  find(graph: Graph, knowledge: Knowledge, request: SearchRequest): FoundWay | undefined {
    const { source, target, extra } = request;
    const extra_into = Map.groupBy(extra.keys(), (index) => (extra[index] as ExtraHalf).to);
    const most_node = extra.reduce((most, { from, to }) => Math.max(most, from, to), Math.max(source, target));
    this.#begin(Math.max(graph.node_places, most_node + 1), graph.half_places, request);
    this.#lookAtSource(graph, knowledge, request);
    this.#amount[target] = request.amount_msat;
    this.#delay[target] = request.final_cltv;
    this.#doubt[target] = 0;
    this.#key[target] = 0;
    this.#chance[target] = 1;
    this.#hops[target] = 0;
    this.#onward[target] = -1;
    this.#heap.push(0, target);
    while (this.#heap.size > 0) {
      const node = this.#heap.pop();
      if (this.#done[node] === this.#round) continue;
      this.#done[node] = this.#round;
      if (this.#isTooFar(node, this.#key[node] as number, source)) continue;
      if (node === source) return this.#way(graph, request);
      if (node < graph.node_places) {
        if (graph.is_strange[node] === 1 && node !== target) continue;
        this.#tryHalvesInto(graph, knowledge, request, node);
      }
      for (const index of extra_into.get(node) ?? []) this.#tryExtra(graph, request, index, node);
    }
    return undefined;
  }

  #begin(nodes: number, halves: number, request: SearchRequest): void {
    if (this.#amount.length < nodes) {
      const room = Math.ceil(nodes * 1.2);
      this.#amount = new Float64Array(room);
      this.#delay = new Uint32Array(room);
      this.#doubt = new Float64Array(room);
      this.#key = new Float64Array(room);
      this.#chance = new Float64Array(room);
      this.#hops = new Uint8Array(room);
      this.#onward = new Int32Array(room);
      this.#beside_source = new Uint32Array(room);
      this.#done = new Uint32Array(room);
    }
    this.#round++;
    this.#key.fill(Number.POSITIVE_INFINITY);
    this.#heap.clear();
    // Most searches have none: no array for them, and no look into it for each half.
    this.#has_special = request.avoided_halves.size + request.held_msat.size + request.terms.size > 0;
    if (!this.#has_special) return;
    if (this.#special.length < halves) this.#special = new Uint32Array(Math.ceil(halves * 1.2));
    for (const half of request.avoided_halves) this.#special[half] = this.#round;
    for (const half of request.held_msat.keys()) this.#special[half] = this.#round;
    for (const half of request.terms.keys()) this.#special[half] = this.#round;
  }

  /**
   * The search runs from the payee, so that its last hop is the source's first. Nodes from which the source cannot be reached
   * for less than it is known to cost already need not be looked at: no hop is free of its price.
   */
  #lookAtSource(graph: Graph, knowledge: Knowledge, request: SearchRequest): void {
    const { source, extra, amount_msat, price_of_doubt } = request;
    const rank = HOP_RANK + (request.prefers_short ? HOPS_FIRST : 0);
    const price_msat = price_of_doubt * doubtPrice(amount_msat, 0);
    // A hop that is certain has no price but its fee.
    const isPriced = knowledge.size === 0 && !extra.some(({ from, is_certain }) => is_certain && from !== source);
    this.#least_hop = rank + (isPriced ? price_msat : 0);
    let least_first = Number.POSITIVE_INFINITY;
    for (const { from, to, fee_base_msat, fee_ppm } of extra) {
      if (from !== source) continue;
      this.#beside_source[to] = this.#round;
      least_first = Math.min(least_first, feeFor(fee_base_msat, fee_ppm, amount_msat));
    }
    if (source < graph.node_places && !request.only_extra_from_source) {
      const { starts, halves } = graph.rows;
      const end = starts[source + 1] as number;
      for (let at = starts[source] as number; at < end; at++) {
        const half = (halves[at] as number) ^ 1;
        // What a failure said of it may be less than what the map says.
        const isSpecial = this.#has_special && this.#special[half] === this.#round;
        if (graph.usable[half] === 0 && !isSpecial) continue;
        this.#beside_source[graph.node[half ^ 1] as number] = this.#round;
        const fee_msat = feeFor(graph.fee_base_msat[half] as number, graph.fee_ppm[half] as number, amount_msat);
        least_first = Math.min(least_first, isSpecial ? 0 : fee_msat + (knowledge.has(half) ? 0 : price_msat));
      }
    }
    this.#least_first = rank + least_first;
  }

  /** Whether a way that costs so much from this node on cannot be part of the best one: the source is known to be nearer. */
  #isTooFar(node: number, key: number, source: number): boolean {
    const rest = this.#least_first + (this.#beside_source[node] === this.#round ? 0 : this.#least_hop);
    return key + rest > (this.#key[source] as number) && node !== source;
  }

  /** Most halves lead to where a cheaper way is known, whatever they ask: that is seen before anything of them is looked at. */
  #tryHalvesInto(graph: Graph, knowledge: Knowledge, request: SearchRequest, end: number): void {
    const { price_of_doubt, source } = request;
    const { starts, halves } = graph.rows;
    const keys = this.#key;
    const least = (keys[end] as number) + HOP_RANK + (request.prefers_short ? HOPS_FIRST : 0);
    const least_unknown = least + price_of_doubt * doubtPrice(this.#amount[end] as number, 0);
    const last = starts[end + 1] as number;
    for (let at = starts[end] as number; at < last; at++) {
      const half = halves[at] as number;
      const start = graph.node[half] as number;
      const key = knowledge.has(half) ? least : least_unknown;
      if ((keys[start] as number) < key || this.#isTooFar(start, key, source)) continue;
      this.#tryHalf(graph, knowledge, request, half, end);
    }
  }

  #tryHalf(graph: Graph, knowledge: Knowledge, request: SearchRequest, half: number, end: number): void {
    const start = graph.node[half] as number;
    if (this.#done[start] === this.#round) return;
    let held_msat = 0;
    let terms: Terms | undefined;
    if (this.#has_special && this.#special[half] === this.#round) {
      if (request.avoided_halves.has(half)) return;
      held_msat = request.held_msat.get(half) ?? 0;
      terms = request.terms.get(half);
    }
    if (terms === undefined && graph.usable[half] === 0) return;
    if (start === request.source && request.only_extra_from_source) return;
    if (request.avoided_nodes.size > 0 && request.avoided_nodes.has(end)) return;
    const carried_msat = this.#amount[end] as number;
    const most_msat = terms?.htlc_maximum_msat ?? (graph.htlc_maximum_msat[half] as number);
    const least_msat = terms?.htlc_minimum_msat ?? (graph.htlc_minimum_msat[half] as number);
    if (carried_msat > most_msat || (carried_msat < least_msat && request.amount_msat !== 0)) return;
    const base = terms?.fee_base_msat ?? (graph.fee_base_msat[half] as number);
    const ppm = terms?.fee_ppm ?? (graph.fee_ppm[half] as number);
    const fee_msat = feeFor(base, ppm, carried_msat);
    // Most halves are dearer than a way that is known already, whatever they hold: that is cheaper to see.
    if (carried_msat + fee_msat - request.amount_msat + (this.#doubt[end] as number) > (this.#key[start] as number))
      return;
    const capacity_msat = capacityOf(graph, half);
    const wanted_msat = carried_msat + held_msat;
    if (wanted_msat > capacity_msat) return;
    let chance = 1;
    let doubt = 0;
    if (request.price_of_doubt > 0) {
      if (knowledge.has(half)) {
        const bounds = this.#bounds;
        knowledge.bounds(half, capacity_msat, request.now_seconds, bounds);
        chance = probability(wanted_msat, capacity_msat, bounds.lower_msat, bounds.upper_msat);
        doubt = doubtOf(chance);
      } else {
        const share = wanted_msat / capacity_msat;
        chance = unknownChance(share);
        doubt = unknownDoubt(share);
      }
      if (chance === 0) return;
    }
    const blocks = terms?.cltv_expiry_delta ?? (graph.cltv_expiry_delta[half] as number);
    this.#reach(request, start, end, half, fee_msat, blocks, chance, doubt);
  }

  #tryExtra(graph: Graph, request: SearchRequest, index: number, end: number): void {
    const half = request.extra[index] as ExtraHalf;
    if (this.#done[half.from] === this.#round) return;
    if (request.avoided_nodes.size > 0 && request.avoided_nodes.has(end)) return;
    const number = graph.half_places + index;
    if (request.avoided_halves.has(number)) return;
    const carried_msat = this.#amount[end] as number;
    const wanted_msat = carried_msat + (request.held_msat.get(number) ?? 0);
    if (wanted_msat > half.most_msat || (carried_msat < half.htlc_minimum_msat && request.amount_msat !== 0)) return;
    const fee_msat = feeFor(half.fee_base_msat, half.fee_ppm, carried_msat);
    const chance = half.is_certain ? 1 : HINTED_CHANCE;
    this.#reach(request, half.from, end, number, fee_msat, half.cltv_expiry_delta, chance, doubtOf(chance));
  }

  #reach(
    request: SearchRequest,
    start: number,
    end: number,
    half: number,
    fee_msat: number,
    blocks: number,
    chance: number,
    own_doubt: number,
  ): void {
    const carried_msat = this.#amount[end] as number;
    const amount_msat = carried_msat + fee_msat;
    const delay = (this.#delay[end] as number) + blocks;
    const hops = (this.#hops[end] as number) + 1;
    const extra_msat = amount_msat - request.amount_msat;
    if (extra_msat > request.max_fee_msat || delay > request.max_delay || hops > request.max_hops) return;
    let doubt = this.#doubt[end] as number;
    if (request.price_of_doubt > 0 && chance < 1) doubt += request.price_of_doubt * doubtPrice(carried_msat, own_doubt);
    let key = extra_msat + amount_msat * request.price_of_block * delay + doubt + hops * HOP_RANK;
    if (request.prefers_short) key += hops * HOPS_FIRST;
    const known = this.#key[start] as number;
    if (key > known || (key === known && hops >= (this.#hops[start] as number))) return;
    this.#amount[start] = amount_msat;
    this.#delay[start] = delay;
    this.#doubt[start] = doubt;
    this.#key[start] = key;
    this.#chance[start] = (this.#chance[end] as number) * chance;
    this.#hops[start] = hops;
    this.#onward[start] = half;
    this.#heap.push(key, start);
  }

  #way(graph: Graph, { source, target, amount_msat, extra }: SearchRequest): FoundWay {
    const halves: number[] = [];
    const amounts_msat: number[] = [];
    const delays: number[] = [];
    for (let node = source; node !== target; ) {
      const half = this.#onward[node] as number;
      node =
        half < graph.half_places ? (graph.node[half ^ 1] as number) : (extra[half - graph.half_places] as ExtraHalf).to;
      halves.push(half);
      amounts_msat.push(this.#amount[node] as number);
      delays.push(this.#delay[node] as number);
    }
    const fee_msat = (amounts_msat[0] ?? amount_msat) - amount_msat;
    return { halves, amounts_msat, delays, probability: this.#chance[source] as number, fee_msat };
  }
}
