/**
 * What a half costs to a flow, unit by unit. Doubt grows faster than the amount, so the room of a half is cut into pieces,
 * each dearer than the one before: a flow then spreads over channels by itself.
 */
import { doubtOf, doubtPrice, HINTED_CHANCE, probability } from './cost.ts';
import { capacityOf, type ExtraHalf, type Graph } from './graph.ts';
import type { Bounds, Knowledge } from './knowledge.ts';
import type { SearchRequest, Terms } from './search.ts';

/** An amount is cut into so many units. */
export const UNITS = 100;
/** What a use of a half costs once (its base fee, a hop's own price) is spread over so many units: a quarter of the amount. */
const USUAL_UNITS = UNITS / 4;
/** Up to these shares of what a half may hold its pieces reach. */
const SHARES = [0.1, 0.5, 0.8, 0.95] as const;
/** The doubt at each of them, for a half of which nothing is known. */
const UNKNOWN_DOUBTS = SHARES.map((share) => doubtOf(probability(share, 1, 0, 1)));
/** Room for the fees of the hops behind. */
const ROOM_FOR_FEES = 1.01;
/** No arc is free: a flow never runs in a circle. */
const LEAST_COST = 1e-6;

/** What a flow needs to know to price halves. */
export interface ArcQuestion {
  readonly graph: Graph;
  readonly knowledge: Knowledge;
  readonly request: SearchRequest;
  readonly unit_msat: number;
}

/** The prices of all halves for one question. `find` leaves its answer in the members, since it is asked very often. */
export class Arcs {
  /** The piece that was found: from which unit to which, and what each costs in msat. */
  begin_units = 0;
  end_units = 0;
  cost_msat = 0;
  readonly #question: ArcQuestion;
  readonly #bounds: Bounds = { lower_msat: 0, upper_msat: 0 };
  /** What each unit costs for using a hop at all. */
  readonly #hop_msat: number;
  /** What a whole doubt costs. */
  readonly #doubt_msat: number;

  constructor(question: ArcQuestion) {
    this.#question = question;
    const { price_of_doubt, amount_msat } = question.request;
    this.#hop_msat = (price_of_doubt * doubtPrice(amount_msat / 4, 0)) / USUAL_UNITS;
    this.#doubt_msat = price_of_doubt * (doubtPrice(amount_msat, 1) - doubtPrice(amount_msat, 0));
  }

  /** Finds the piece of a half that holds this unit, counted from 0. False when there is none. */
  find(half: number, unit: number): boolean {
    const { graph, request } = this.#question;
    if (half >= graph.half_places) {
      return this.#findExtra(half, request.extra[half - graph.half_places] as ExtraHalf, unit);
    }
    const special = request.terms.size === 0 ? undefined : request.terms.get(half);
    if (special === undefined && graph.usable[half] === 0) return false;
    if (request.only_extra_from_source && graph.node[half] === request.source) return false;
    if (this.#isAvoided(half, graph.node[half ^ 1] as number)) return false;
    const capacity_msat = capacityOf(graph, half);
    const held_msat = this.#heldIn(half);
    const htlc_maximum_msat = special?.htlc_maximum_msat ?? (graph.htlc_maximum_msat[half] as number);
    const most_units = this.#unitsIn(Math.min(htlc_maximum_msat, capacity_msat - held_msat));
    const htlc_minimum_msat = special?.htlc_minimum_msat ?? (graph.htlc_minimum_msat[half] as number);
    if (unit >= most_units || htlc_minimum_msat > most_units * this.#question.unit_msat) return false;
    const use_msat = this.#useCost(
      special?.fee_base_msat ?? (graph.fee_base_msat[half] as number),
      special?.fee_ppm ?? (graph.fee_ppm[half] as number),
      special?.cltv_expiry_delta ?? (graph.cltv_expiry_delta[half] as number),
    );
    if (request.price_of_doubt === 0) return this.#found(0, most_units, use_msat);
    return this.#findDoubtful(half, unit, use_msat, most_units, capacity_msat, held_msat);
  }

  #findDoubtful(
    half: number,
    unit: number,
    use_msat: number,
    most_units: number,
    capacity_msat: number,
    held_msat: number,
  ): boolean {
    const { knowledge, request } = this.#question;
    const bounds = this.#bounds;
    const isKnown = knowledge.has(half);
    if (isKnown) knowledge.bounds(half, capacity_msat, request.now_seconds, bounds);
    const lower_msat = isKnown ? bounds.lower_msat : 0;
    const upper_msat = isKnown ? bounds.upper_msat : capacity_msat;
    let begin_units = isKnown ? Math.min(most_units, this.#unitsIn(lower_msat - held_msat)) : 0;
    if (unit < begin_units) return this.#found(0, begin_units, use_msat);
    let doubt = 0;
    let slope_msat = 0;
    for (let index = 0; index < SHARES.length; index++) {
      const end_msat = lower_msat + (upper_msat - lower_msat) * (SHARES[index] as number);
      const end_units = Math.min(most_units, this.#unitsIn(end_msat - held_msat));
      if (end_units <= begin_units) continue;
      const end_doubt = isKnown
        ? doubtOf(probability(end_msat, capacity_msat, lower_msat, upper_msat))
        : (UNKNOWN_DOUBTS[index] as number);
      // The curve is steep at its ends: a piece is never cheaper than the one before it.
      slope_msat = Math.max(slope_msat, (this.#doubt_msat * (end_doubt - doubt)) / (end_units - begin_units));
      if (unit < end_units) return this.#found(begin_units, end_units, use_msat + slope_msat);
      begin_units = end_units;
      doubt = end_doubt;
    }
    return false;
  }

  #findExtra(half: number, extra: ExtraHalf, unit: number): boolean {
    if (this.#isAvoided(half, extra.to)) return false;
    const end_units = this.#unitsIn(extra.most_msat - this.#heldIn(half));
    if (unit >= end_units || extra.htlc_minimum_msat > end_units * this.#question.unit_msat) return false;
    const doubt_msat = extra.is_certain ? 0 : (this.#doubt_msat * doubtOf(HINTED_CHANCE)) / UNITS;
    const use_msat = this.#useCost(extra.fee_base_msat, extra.fee_ppm, extra.cltv_expiry_delta);
    return this.#found(0, end_units, use_msat + doubt_msat);
  }

  #found(begin_units: number, end_units: number, cost_msat: number): boolean {
    this.begin_units = begin_units;
    this.end_units = end_units;
    this.cost_msat = cost_msat;
    return true;
  }

  #isAvoided(half: number, end: number): boolean {
    const { avoided_halves, avoided_nodes } = this.#question.request;
    return (avoided_halves.size > 0 && avoided_halves.has(half)) || (avoided_nodes.size > 0 && avoided_nodes.has(end));
  }

  #heldIn(half: number): number {
    const { held_msat } = this.#question.request;
    return held_msat.size === 0 ? 0 : (held_msat.get(half) ?? 0);
  }

  /** What each unit costs for using the half at all, whatever it holds. */
  #useCost(
    fee_base_msat: Terms['fee_base_msat'],
    fee_ppm: Terms['fee_ppm'],
    cltv_expiry_delta: Terms['cltv_expiry_delta'],
  ): number {
    const { request, unit_msat } = this.#question;
    const fee_msat = (unit_msat * fee_ppm) / 1e6 + fee_base_msat / USUAL_UNITS;
    return LEAST_COST + fee_msat + this.#hop_msat + request.price_of_block * unit_msat * cltv_expiry_delta;
  }

  /** Whole units that fit into an amount, with room for fees. */
  #unitsIn(amount_msat: number): number {
    return Math.min(UNITS, Math.max(0, Math.floor(amount_msat / (this.#question.unit_msat * ROOM_FOR_FEES))));
  }
}
