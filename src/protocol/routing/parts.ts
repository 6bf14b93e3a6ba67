/**
 * The ways of a payment. One way for the whole amount, when there is a likely one: that is one HTLC, and one fee. Else a
 * flow over several, and where a flow breaks a limit, the most likely way for half of what is left, and so on.
 */
import { FlowSearch } from './flow.ts';
import { type FoundPart, findFlowParts, LEAST_PART_MSAT } from './flow-parts.ts';
import type { Graph } from './graph.ts';
import type { Knowledge } from './knowledge.ts';
import { type FoundWay, Search, type SearchRequest } from './search.ts';

/** What likelihood is worth, from what was asked down to almost nothing: what is left then are the cheapest ways. */
const SHARES_OF_PRICE = [1, 1 / 4, 1 / 16, 1 / 256];
/** One way that is less likely than this is not tried before a flow. */
const LIKELY = 0.3;

/** The arrays of searches, kept for the next ones. */
export class Searches {
  readonly one = new Search();
  readonly flow = new FlowSearch();
}

/**
 * The most likely way within the limit of fees. A search goes to each node by its best way, and that may be too dear for
 * what comes before it: then likelihood has to count less.
 */
function findWay(search: Search, graph: Graph, knowledge: Knowledge, request: SearchRequest): FoundWay | undefined {
  for (const share of request.price_of_doubt === 0 ? [0] : SHARES_OF_PRICE) {
    const way = search.find(graph, knowledge, { ...request, price_of_doubt: share * request.price_of_doubt });
    if (way !== undefined) return way;
  }
  return undefined;
}

/** Ways that carry the amount together; undefined when there are none in so many parts. */
export function findParts(
  searches: Searches,
  graph: Graph,
  knowledge: Knowledge,
  request: SearchRequest,
  max_parts: number,
): readonly FoundPart[] | undefined {
  const { amount_msat } = request;
  const way = findWay(searches.one, graph, knowledge, request);
  const whole = way && [{ amount_msat, way }];
  if (max_parts === 1 || (way !== undefined && way.probability >= LIKELY)) return whole;
  // A flow knows no order of hops: it may break a limit that the shortest ways keep.
  const parts = request.prefers_short ? undefined : findFlowParts(searches.flow, graph, knowledge, request, max_parts);
  if (parts !== undefined && chanceOf(parts) > (way?.probability ?? 0)) return parts;
  return whole ?? findHalves(searches.one, graph, knowledge, request, max_parts);
}

/** That all of them arrive. */
function chanceOf(parts: readonly FoundPart[]): number {
  return parts.reduce((product, { way }) => product * way.probability, 1);
}

/** The most likely way for half of what is left, and so on, each with what those before it hold already taken into account. */
function findHalves(
  search: Search,
  graph: Graph,
  knowledge: Knowledge,
  request: SearchRequest,
  max_parts: number,
): readonly FoundPart[] | undefined {
  const parts: FoundPart[] = [];
  const held_msat = new Map(request.held_msat);
  let missing_msat = request.amount_msat;
  let fee_left_msat = request.max_fee_msat;
  let try_msat = missing_msat;
  while (missing_msat > 0) {
    // What remains must fit into the parts that remain.
    const least_msat = Math.max(LEAST_PART_MSAT, Math.ceil(missing_msat / (max_parts - parts.length)));
    const amount_msat = Math.min(try_msat, missing_msat);
    const max_fee_msat = Math.floor(fee_left_msat * (missing_msat === 0 ? 1 : amount_msat / missing_msat));
    const way = findWay(search, graph, knowledge, { ...request, amount_msat, held_msat, max_fee_msat });
    if (way === undefined) {
      if (amount_msat <= least_msat) return undefined;
      try_msat = Math.max(least_msat, Math.ceil(amount_msat / 2));
      continue;
    }
    parts.push({ amount_msat, way });
    for (const [index, half] of way.halves.entries()) {
      held_msat.set(half, (held_msat.get(half) ?? 0) + (way.amounts_msat[index] as number));
    }
    missing_msat -= amount_msat;
    fee_left_msat -= way.fee_msat;
    if (missing_msat > 0 && parts.length === max_parts) return undefined;
  }
  return parts;
}
