/**
 * Why there is no way, in the words that Core Lightning's `getroutes` has for it: what the payer's or the payee's own
 * channels lack, else what is wrong with the first channel on the shortest path.
 */
import { capacityOf, type ExtraHalf, type Graph } from './graph.ts';
import type { Bounds, Knowledge } from './knowledge.ts';
import type { SearchRequest } from './search.ts';

/** How halves are called. */
export interface Names {
  /** A half as `SCID/DIRECTION`. */
  half(half: number): string;
  /** Its channel. */
  channel(half: number): string;
}

/** The first reason that holds, as sentences. */
export function whyNot(graph: Graph, knowledge: Knowledge, request: SearchRequest, names: Names): string {
  const begin = 'We could not find a usable set of paths.';
  const reason =
    ownReason('source', halvesFrom(graph, request, request.source), graph, request) ??
    ownReason('destination', halvesInto(graph, request, request.target), graph, request);
  if (reason !== undefined) return `${begin} ${reason}`;
  const path = shortestPath(graph, request);
  if (path === undefined) return 'There is no connection between source and destination at all';
  const [half, fault] = path
    .map((each) => [each, faultOf(graph, knowledge, request, each)] as const)
    .find(([, found]) => found !== undefined) ?? [undefined, undefined];
  if (half === undefined || fault === undefined) return begin;
  const way = path.map((each) => names.channel(each)).join('->');
  return `${begin} The shortest path is ${way}, but ${names.half(half)} ${fault}`;
}

/** What the channels of one end lack, all together. */
function ownReason(
  end: 'source' | 'destination',
  halves: readonly number[],
  graph: Graph,
  request: SearchRequest,
): string | undefined {
  const { amount_msat } = request;
  const most = (some: readonly number[]): number => some.reduce((sum, half) => sum + mostOf(graph, request, half), 0);
  const count = halves.length;
  if (count === 0) return undefined;
  const total_msat = most(halves);
  const known = halves.filter((half) => isKnown(graph, half));
  if (known.length === count && total_msat < amount_msat) {
    return `Total ${end} capacity is only ${total_msat}msat (in ${count} channels).`;
  }
  const known_msat = most(known);
  if (known_msat < amount_msat) {
    return `Missing gossip for ${end}: only known ${known.length}/${count} channels, leaving capacity only ${known_msat}msat of ${total_msat}msat.`;
  }
  const enabled = known.filter((half) => isUsable(graph, request, half));
  if (enabled.length === 0) return `All ${count} channels to the ${end} are disabled.`;
  const enabled_msat = most(enabled);
  if (enabled_msat >= amount_msat) return undefined;
  return `${count - enabled.length} of ${count} channels to ${end} are disabled, leaving capacity only ${enabled_msat}msat of ${total_msat}msat.`;
}

function halvesFrom(graph: Graph, request: SearchRequest, node: number): number[] {
  const from = request.extra.flatMap((half, index) => (half.from === node ? [graph.half_places + index] : []));
  if (node >= graph.node_places || (request.only_extra_from_source && node === request.source)) return from;
  return [...rowOf(graph, node).map((half) => half ^ 1), ...from];
}

function halvesInto(graph: Graph, request: SearchRequest, node: number): number[] {
  const into = request.extra.flatMap((half, index) => (half.to === node ? [graph.half_places + index] : []));
  return node >= graph.node_places ? into : [...rowOf(graph, node), ...into];
}

function rowOf({ rows: { starts, halves } }: Graph, node: number): number[] {
  return [...halves.subarray(starts[node], starts[node + 1])];
}

function isKnown(graph: Graph, half: number): boolean {
  return half >= graph.half_places || (graph.htlc_maximum_msat[half] as number) > 0;
}

function isUsable(graph: Graph, request: SearchRequest, half: number): boolean {
  return half >= graph.half_places || request.terms.has(half) || graph.usable[half] === 1;
}

function mostOf(graph: Graph, request: SearchRequest, half: number): number {
  if (half < graph.half_places) return Math.min(capacityOf(graph, half), graph.htlc_maximum_msat[half] || Infinity);
  return (request.extra[half - graph.half_places] as ExtraHalf).most_msat;
}

/** Fewest hops, whatever the channels say. */
function shortestPath(graph: Graph, request: SearchRequest): number[] | undefined {
  const onward = new Map<number, { half: number; next: number } | undefined>([[request.target, undefined]]);
  let ring = [request.target];
  while (ring.length > 0 && !onward.has(request.source)) {
    const outer: number[] = [];
    for (const node of ring) {
      for (const half of halvesInto(graph, request, node)) {
        const isExtra = half >= graph.half_places;
        const start = isExtra
          ? (request.extra[half - graph.half_places] as ExtraHalf).from
          : (graph.node[half] as number);
        if (onward.has(start) || (!isExtra && start === request.source && request.only_extra_from_source)) continue;
        onward.set(start, { half, next: node });
        outer.push(start);
      }
    }
    ring = outer;
  }
  if (!onward.has(request.source)) return undefined;
  const path: number[] = [];
  for (let step = onward.get(request.source); step !== undefined; step = onward.get(step.next)) path.push(step.half);
  return path;
}

function faultOf(graph: Graph, knowledge: Knowledge, request: SearchRequest, half: number): string | undefined {
  const { amount_msat, avoided_halves, avoided_nodes, held_msat } = request;
  if (avoided_halves.has(half)) return 'marked disabled by this payment.';
  if (half >= graph.half_places) {
    const extra = request.extra[half - graph.half_places] as ExtraHalf;
    if (avoided_nodes.has(extra.to)) return 'marked disabled by this payment.';
    if (amount_msat < extra.htlc_minimum_msat) return `below htlc_minumum_msat ~${extra.htlc_minimum_msat}msat`;
    return amount_msat > extra.most_msat ? `isn't big enough to carry ${amount_msat}msat.` : undefined;
  }
  if (avoided_nodes.has(graph.node[half ^ 1] as number)) return 'marked disabled by this payment.';
  if (!isKnown(graph, half)) return 'has no gossip';
  if (!isUsable(graph, request, half)) return 'marked disabled by gossip message.';
  const capacity_msat = capacityOf(graph, half);
  const bounds: Bounds = { lower_msat: 0, upper_msat: capacity_msat };
  knowledge.bounds(half, capacity_msat, request.now_seconds, bounds);
  if (amount_msat > bounds.upper_msat) return `isn't big enough to carry ${amount_msat}msat.`;
  const held = held_msat.get(half) ?? 0;
  if (amount_msat + held > bounds.upper_msat) return `already reserved ${held}msat.`;
  const { htlc_maximum_msat, htlc_minimum_msat } = graph;
  if (amount_msat > (htlc_maximum_msat[half] as number))
    return `exceeds htlc_maximum_msat ~${htlc_maximum_msat[half]}msat`;
  if (amount_msat < (htlc_minimum_msat[half] as number))
    return `below htlc_minumum_msat ~${htlc_minimum_msat[half]}msat`;
  return undefined;
}
