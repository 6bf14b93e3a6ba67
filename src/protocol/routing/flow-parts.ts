/**
 * Parts of a payment out of a flow: the flow is taken apart into ways, widest first, and each way is reckoned again to the
 * millisatoshi, with the fees of its hops and every limit on it.
 */
import { UNITS } from './arcs.ts';
import { HINTED_CHANCE, probability, unknownChance } from './cost.ts';
import type { Flow, FlowSearch } from './flow.ts';
import { capacityOf, type ExtraHalf, feeFor, type Graph } from './graph.ts';
import type { Knowledge } from './knowledge.ts';
import type { FoundWay, SearchRequest, Terms } from './search.ts';

/** A part of the amount, and its way. */
export interface FoundPart {
  readonly amount_msat: number;
  readonly way: FoundWay;
}

/** Smaller parts are not worth an HTLC: they would be dust everywhere. */
export const LEAST_PART_MSAT = 10_000;

/** What likelihood is worth beside fees, from what was asked down: until the fees are within their limit. */
const SHARES_OF_PRICE = [1, 1 / 4, 1 / 16, 1 / 64];

/** A way of a flow, and how much of it. */
interface Strand {
  readonly halves: readonly number[];
  units: number;
}

/** The parts of a flow of least cost; undefined when none is within the limits. */
export function findFlowParts(
  search: FlowSearch,
  graph: Graph,
  knowledge: Knowledge,
  request: SearchRequest,
  max_parts: number,
): readonly FoundPart[] | undefined {
  if (request.amount_msat < UNITS) return undefined;
  const unit_msat = Math.ceil(request.amount_msat / UNITS);
  for (const share of request.price_of_doubt === 0 ? [0] : SHARES_OF_PRICE) {
    const asked = { ...request, price_of_doubt: share * request.price_of_doubt };
    const flow = search.find({ graph, knowledge, request: asked, unit_msat });
    if (flow === undefined) return undefined;
    const strands = fewEnough(strandsOf(flow, graph, request), unit_msat, max_parts);
    const parts = strands && new Reckoning(graph, knowledge, request).partsOf(strands, unit_msat);
    if (parts !== undefined) return parts;
  }
  return undefined;
}

/** Takes a flow apart, at each node along what is widest there. */
function strandsOf(flow: Flow, graph: Graph, { source, target, extra }: SearchRequest): Strand[] {
  const left = new Map(flow);
  const ends = (half: number): readonly [number, number] => {
    if (half < graph.half_places) return [graph.node[half] as number, graph.node[half ^ 1] as number];
    const { from, to } = extra[half - graph.half_places] as ExtraHalf;
    return [from, to];
  };
  const by_start = Map.groupBy(flow.keys(), (half) => ends(half)[0]);
  const widest = (node: number): number | undefined =>
    by_start.get(node)?.reduce((best, half) => ((left.get(half) as number) > (left.get(best) as number) ? half : best));
  const strands: Strand[] = [];
  for (;;) {
    const halves: number[] = [];
    let units = UNITS;
    for (let node = source; node !== target; ) {
      const half = widest(node);
      if (half === undefined || left.get(half) === 0) return strands;
      halves.push(half);
      units = Math.min(units, left.get(half) as number);
      node = ends(half)[1];
    }
    for (const half of halves) left.set(half, (left.get(half) as number) - units);
    strands.push({ halves, units });
  }
}

/** At most so many, none below what an HTLC is worth: the smallest are given up, and the others carry theirs. */
function fewEnough(strands: readonly Strand[], unit_msat: number, max_parts: number): readonly Strand[] | undefined {
  const byUnits = strands.toSorted((a, b) => b.units - a.units);
  const kept = byUnits.filter(({ units }, index) => index < max_parts && units * unit_msat >= LEAST_PART_MSAT);
  const kept_units = kept.reduce((sum, { units }) => sum + units, 0);
  const [first] = kept;
  if (first === undefined) return undefined;
  // Whether they hold it is judged when each is reckoned.
  let missing = UNITS - kept_units;
  for (const strand of kept) {
    const more = Math.min(missing, Math.ceil(((UNITS - kept_units) * strand.units) / kept_units));
    strand.units += more;
    missing -= more;
  }
  return kept;
}

/** The exact amounts of several ways that go out together. */
class Reckoning {
  readonly #graph: Graph;
  readonly #knowledge: Knowledge;
  readonly #request: SearchRequest;
  readonly #held_msat: Map<number, number>;
  readonly #bounds = { lower_msat: 0, upper_msat: 0 };

  constructor(graph: Graph, knowledge: Knowledge, request: SearchRequest) {
    this.#graph = graph;
    this.#knowledge = knowledge;
    this.#request = request;
    this.#held_msat = new Map(request.held_msat);
  }

  /** Undefined when a limit is broken. */
  partsOf(strands: readonly Strand[], unit_msat: number): readonly FoundPart[] | undefined {
    const { amount_msat, max_fee_msat } = this.#request;
    const parts: FoundPart[] = [];
    let missing_msat = amount_msat;
    let fee_msat = 0;
    // The smallest comes first, and the largest takes what is left of a unit.
    for (const [index, { halves, units }] of strands.toReversed().entries()) {
      const isLast = index === strands.length - 1;
      const part_msat = isLast ? missing_msat : units * unit_msat;
      if (part_msat <= 0 || part_msat > missing_msat) return undefined;
      const way = this.#wayOf(halves, part_msat);
      if (way === undefined) return undefined;
      fee_msat += way.fee_msat;
      if (fee_msat > max_fee_msat) return undefined;
      missing_msat -= part_msat;
      parts.push({ amount_msat: part_msat, way });
    }
    return parts.toReversed();
  }

  #wayOf(halves: readonly number[], amount_msat: number): FoundWay | undefined {
    const { final_cltv, max_delay, max_hops } = this.#request;
    if (halves.length > max_hops) return undefined;
    const amounts_msat: number[] = [];
    const delays: number[] = [];
    let carried_msat = amount_msat;
    let delay = final_cltv;
    let chance = 1;
    for (const half of halves.toReversed()) {
      const terms = this.#termsOf(half);
      if (carried_msat > terms.htlc_maximum_msat || carried_msat < terms.htlc_minimum_msat) return undefined;
      const held_msat = this.#held_msat.get(half) ?? 0;
      const own_chance = this.#chanceOf(half, held_msat + carried_msat);
      if (own_chance === 0) return undefined;
      chance *= own_chance;
      this.#held_msat.set(half, held_msat + carried_msat);
      amounts_msat.unshift(carried_msat);
      delays.unshift(delay);
      carried_msat += feeFor(terms.fee_base_msat, terms.fee_ppm, carried_msat);
      delay += terms.cltv_expiry_delta;
    }
    if (delay > max_delay) return undefined;
    const fee_msat = (amounts_msat[0] as number) - amount_msat;
    return { halves, amounts_msat, delays, probability: chance, fee_msat };
  }

  /** 0 when the half cannot hold so much. */
  #chanceOf(half: number, wanted_msat: number): number {
    const { half_places } = this.#graph;
    const { now_seconds, extra, price_of_doubt } = this.#request;
    if (half >= half_places) {
      const { most_msat, is_certain } = extra[half - half_places] as ExtraHalf;
      if (wanted_msat > most_msat) return 0;
      return is_certain ? 1 : HINTED_CHANCE;
    }
    const capacity_msat = capacityOf(this.#graph, half);
    if (wanted_msat > capacity_msat) return 0;
    if (price_of_doubt === 0) return 1;
    if (!this.#knowledge.has(half)) return unknownChance(wanted_msat / capacity_msat);
    this.#knowledge.bounds(half, capacity_msat, now_seconds, this.#bounds);
    return probability(wanted_msat, capacity_msat, this.#bounds.lower_msat, this.#bounds.upper_msat);
  }

  #termsOf(half: number): Terms {
    const graph = this.#graph;
    if (half >= graph.half_places) {
      return {
        ...(this.#request.extra[half - graph.half_places] as ExtraHalf),
        htlc_maximum_msat: Number.POSITIVE_INFINITY,
      };
    }
    return (
      this.#request.terms.get(half) ?? {
        fee_base_msat: graph.fee_base_msat[half] as number,
        fee_ppm: graph.fee_ppm[half] as number,
        cltv_expiry_delta: graph.cltv_expiry_delta[half] as number,
        htlc_minimum_msat: graph.htlc_minimum_msat[half] as number,
        htlc_maximum_msat: graph.htlc_maximum_msat[half] as number,
      }
    );
  }
}
