/**
 * The flow of least cost for a payment: it may run over many channels at once, and gives each as much as it is cheap there.
 * By successive shortest ways with potentials: each way is the cheapest for one unit more, and it may take back what an
 * earlier one has laid. Searched from the payee, as in search.ts.
 */
import { type ArcQuestion, Arcs, UNITS } from './arcs.ts';
import type { ExtraHalf } from './graph.ts';
import { Heap } from './heap.ts';

/** What runs over each half, in units. */
export type Flow = ReadonlyMap<number, number>;

/** More than any flow of so many units needs: each way lays one unit at least. */
const MOST_WAYS = 2 * UNITS;

/** The arrays of a search for a flow, kept for the next one. */
export class FlowSearch {
  #cost = new Float64Array(0);
  #potential = new Float64Array(0);
  #seen = new Uint32Array(0);
  #done = new Uint32Array(0);
  /** The arc that leads on from each node: a half, or ~half for one whose flow is taken back. */
  #onward = new Int32Array(0);
  #room = new Uint8Array(0);
  #round = 0;
  readonly #heap = new Heap();
  /** By half: what one unit more costs, and how many there are at that cost. Looked up once, and when the flow has changed. */
  #more_cost = new Float64Array(0);
  #more_room = new Uint8Array(0);
  #looked_up = new Uint32Array(0);
  #questions = 0;
  readonly #flow = new Map<number, number>();
  readonly #finished: number[] = [];
  #question!: ArcQuestion;
  #arcs!: Arcs;
  #extra_into = new Map<number, readonly number[]>();
  #extra_from = new Map<number, readonly number[]>();

  /** A flow of `UNITS` units; undefined when so much does not fit. */
  find(question: ArcQuestion): Flow | undefined {
    this.#begin(question);
    for (let ways = 0, missing = UNITS; ways < MOST_WAYS; ways++) {
      if (!this.#searchOnce()) return undefined;
      missing -= this.#lay(missing);
      if (missing === 0) return new Map([...this.#flow].filter(([, units]) => units > 0));
    }
    return undefined;
  }

  #begin(question: ArcQuestion): void {
    const { graph, request } = question;
    const most_node = request.extra.reduce(
      (most, { from, to }) => Math.max(most, from, to),
      Math.max(request.source, request.target),
    );
    const nodes = Math.max(graph.node_places, most_node + 1);
    if (this.#cost.length < nodes) {
      const places = Math.ceil(nodes * 1.2);
      this.#cost = new Float64Array(places);
      this.#potential = new Float64Array(places);
      this.#seen = new Uint32Array(places);
      this.#done = new Uint32Array(places);
      this.#onward = new Int32Array(places);
      this.#room = new Uint8Array(places);
    }
    const halves = graph.half_places + request.extra.length;
    if (this.#looked_up.length < halves) {
      const places = Math.ceil(halves * 1.2);
      this.#more_cost = new Float64Array(places);
      this.#more_room = new Uint8Array(places);
      this.#looked_up = new Uint32Array(places);
    }
    this.#question = question;
    this.#questions++;
    this.#arcs = new Arcs(question);
    this.#potential.fill(0);
    this.#flow.clear();
    const numbers = [...request.extra.keys()];
    this.#extra_into = Map.groupBy(numbers, (index) => (request.extra[index] as ExtraHalf).to);
    this.#extra_from = Map.groupBy(numbers, (index) => (request.extra[index] as ExtraHalf).from);
  }

  /** The cheapest way for one unit more, from the payee back to the payer. */
  #searchOnce(): boolean {
    const { graph, request } = this.#question;
    const { source, target } = request;
    this.#round++;
    this.#heap.clear();
    this.#finished.length = 0;
    this.#cost[target] = 0;
    this.#seen[target] = this.#round;
    this.#room[target] = UNITS;
    this.#heap.push(0, target);
    while (this.#heap.size > 0) {
      const node = this.#heap.pop();
      if (this.#done[node] === this.#round) continue;
      this.#done[node] = this.#round;
      this.#finished.push(node);
      if (node === source) {
        this.#lower(this.#cost[source] as number);
        return true;
      }
      if (node < graph.node_places) {
        if (graph.is_strange[node] === 1 && node !== target) continue;
        const { starts, halves } = graph.rows;
        const end = starts[node + 1] as number;
        for (let at = starts[node] as number; at < end; at++) this.#tryHalf(halves[at] as number, node);
      }
      for (const index of this.#extra_into.get(node) ?? []) this.#tryExtra(index, node);
      for (const index of this.#extra_from.get(node) ?? []) this.#takeBackExtra(index, node);
    }
    return false;
  }

  /** Costs are measured against these from now on, so that none is below nothing. */
  #lower(least: number): void {
    for (const node of this.#finished) {
      this.#potential[node] = (this.#potential[node] as number) + (this.#cost[node] as number) - least;
    }
  }

  #tryHalf(half: number, end: number): void {
    const start = this.#question.graph.node[half] as number;
    if (this.#done[start] === this.#round) return;
    // What runs the other way is taken back before anything runs against it.
    const against = this.#flow.size === 0 ? 0 : (this.#flow.get(half ^ 1) ?? 0);
    if (against > 0) this.#takeBack(half ^ 1, against, start, end);
    else this.#tryMore(half, start, end);
  }

  #tryExtra(index: number, end: number): void {
    const { graph, request } = this.#question;
    const { from } = request.extra[index] as ExtraHalf;
    if (this.#done[from] !== this.#round) this.#tryMore(graph.half_places + index, from, end);
  }

  #takeBackExtra(index: number, end: number): void {
    const { graph, request } = this.#question;
    const half = graph.half_places + index;
    const { to } = request.extra[index] as ExtraHalf;
    const units = this.#flow.get(half) ?? 0;
    if (units > 0 && this.#done[to] !== this.#round) this.#takeBack(half, units, to, end);
  }

  #tryMore(half: number, start: number, end: number): void {
    if (this.#looked_up[half] !== this.#questions) this.#lookUp(half);
    const room_units = this.#more_room[half] as number;
    if (room_units > 0) this.#reach(start, end, half, this.#more_cost[half] as number, room_units);
  }

  #takeBack(half: number, units: number, start: number, end: number): void {
    const arcs = this.#arcs;
    if (!arcs.find(half, units - 1)) return;
    this.#reach(start, end, ~half, -arcs.cost_msat, units - arcs.begin_units);
  }

  #lookUp(half: number): void {
    const arcs = this.#arcs;
    const units = this.#flow.get(half) ?? 0;
    const isFound = arcs.find(half, units);
    this.#looked_up[half] = this.#questions;
    this.#more_room[half] = isFound ? arcs.end_units - units : 0;
    this.#more_cost[half] = isFound ? arcs.cost_msat : 0;
  }

  #reach(start: number, end: number, arc: number, cost_msat: number, room_units: number): void {
    const reduced = cost_msat + (this.#potential[end] as number) - (this.#potential[start] as number);
    const cost = (this.#cost[end] as number) + Math.max(0, reduced);
    if (this.#seen[start] === this.#round && cost >= (this.#cost[start] as number)) return;
    this.#seen[start] = this.#round;
    this.#cost[start] = cost;
    this.#onward[start] = arc;
    this.#room[start] = Math.min(this.#room[end] as number, room_units);
    this.#heap.push(cost, start);
  }

  /** Lays as many units on the way that was found as fit on it at this cost. */
  #lay(missing_units: number): number {
    const { source, target } = this.#question.request;
    const units = Math.min(missing_units, this.#room[source] as number);
    for (let node = source; node !== target; ) {
      const arc = this.#onward[node] as number;
      const half = arc < 0 ? ~arc : arc;
      this.#flow.set(half, (this.#flow.get(half) ?? 0) + (arc < 0 ? -units : units));
      this.#lookUp(half);
      node = arc < 0 ? this.#startOf(half) : this.#endOf(half);
    }
    return units;
  }

  #startOf(half: number): number {
    const { graph, request } = this.#question;
    if (half < graph.half_places) return graph.node[half] as number;
    return (request.extra[half - graph.half_places] as ExtraHalf).from;
  }

  #endOf(half: number): number {
    const { graph, request } = this.#question;
    if (half < graph.half_places) return graph.node[half ^ 1] as number;
    return (request.extra[half - graph.half_places] as ExtraHalf).to;
  }
}
