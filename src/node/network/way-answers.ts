/** Finds ways through the map for one question: what is not in the map (channels of ours, hints) is added for it. */
import type { ChannelId, NodeId } from '../../base/types/brand.ts';
import { fromHex } from '../../base/types/hex.ts';
import type { ShortChannelId } from '../../base/types/short-channel-id.ts';
import { scidHalves } from '../../protocol/gossip/fields.ts';
import type { NetworkMap } from '../../protocol/gossip/network-map.ts';
import type { ExtraHalf, Graph } from '../../protocol/routing/graph.ts';
import type { Knowledge } from '../../protocol/routing/knowledge.ts';
import { findParts, type Searches } from '../../protocol/routing/parts.ts';
import type { FoundWay, SearchRequest, Terms } from '../../protocol/routing/search.ts';
import { whyNot } from '../../protocol/routing/why-not.ts';
import { scidOf } from './list-answers.ts';
import type { FoundHop, FoundRoute, WayHop, WayQuestion, WaysAnswer } from './questions.ts';

/** An invoice's hint says nothing of what its channel holds. */
const HINTED_MSAT = Number.POSITIVE_INFINITY;

/** What a search runs on. */
export interface Finder {
  readonly map: NetworkMap;
  readonly knowledge: Knowledge;
  readonly searches: Searches;
}

/** A half that was added for the question, and what it is called. */
interface Added extends ExtraHalf {
  readonly short_channel_id: ShortChannelId;
  readonly channel_id: ChannelId | undefined;
}

/** The map as a search sees it. */
export function graphOf(map: NetworkMap): Graph {
  const { halves, channels, nodes } = map;
  return {
    node_places: map.node_places,
    half_places: 2 * map.channel_places,
    rows: map.rows(),
    ...halves,
    capacity_msat: channels.capacity_msat,
    is_strange: nodes.is_strange,
  };
}

/** Answers a question for a way. */
export function findWays(finder: Finder, question: WayQuestion, now_seconds: number): WaysAnswer {
  return new WayAnswer(finder, question, now_seconds).answer();
}

class WayAnswer {
  readonly #finder: Finder;
  readonly #question: WayQuestion;
  readonly #graph: Graph;
  /** Nodes that are not in the map, by id. */
  readonly #strangers = new Map<NodeId, number>();
  readonly #stranger_ids: NodeId[] = [];
  readonly #added: Added[] = [];
  readonly #request: SearchRequest;

  constructor(finder: Finder, question: WayQuestion, now_seconds: number) {
    this.#finder = finder;
    this.#question = question;
    this.#graph = graphOf(finder.map);
    const source = this.#node(question.source);
    const target = this.#node(question.destination);
    this.#addOwnWays(source);
    for (const hint of question.hints) this.#addHint(hint, target);
    const avoided_halves = new Set<number>();
    const avoided_nodes = new Set<number>();
    for (const each of question.avoid) this.#avoid(each, avoided_halves, avoided_nodes);
    this.#request = {
      source,
      target,
      amount_msat: question.amount_msat,
      final_cltv: question.final_cltv,
      max_fee_msat: question.max_fee_msat,
      max_delay: question.max_delay,
      max_hops: question.max_hops,
      price_of_block: question.price_of_block,
      price_of_doubt: question.price_of_doubt,
      extra: this.#added,
      only_extra_from_source: question.own_ways !== undefined,
      avoided_halves,
      avoided_nodes,
      held_msat: this.#held(),
      terms: this.#terms(),
      now_seconds,
      prefers_short: false,
    };
  }

  answer(): WaysAnswer {
    const { source, destination, own_ways, hints } = this.#question;
    if (own_ways === undefined && this.#strangers.has(source)) {
      return { kind: 'none', reason: 'unknown_source', explanation: `Unknown source node ${this.#question.source}` };
    }
    const isReached = (own_ways ?? []).some(({ peer_id }) => peer_id === destination) || hints.length > 0;
    if (this.#strangers.has(destination) && !isReached) {
      return {
        kind: 'none',
        reason: 'unknown_destination',
        explanation: `Unknown destination node ${this.#question.destination}`,
      };
    }
    // A limit of hops can hide a dearer way that is short.
    const found = this.#find(this.#request) ?? this.#find({ ...this.#request, prefers_short: true });
    if (found !== undefined) return { kind: 'found', routes: found };
    return this.#whyNone();
  }

  #find(request: SearchRequest): readonly FoundRoute[] | undefined {
    const { searches, knowledge } = this.#finder;
    const { max_parts } = this.#question;
    if (request.amount_msat === 0) {
      const way = searches.one.find(this.#graph, knowledge, request);
      return way && [this.#routeOf(0, way)];
    }
    const parts = findParts(searches, this.#graph, knowledge, request, max_parts);
    return parts?.map(({ amount_msat, way }) => this.#routeOf(amount_msat, way));
  }

  /** Which limit is in the way, else what is wrong with the network. */
  #whyNone(): WaysAnswer {
    const free = { ...this.#request, max_fee_msat: Number.POSITIVE_INFINITY, max_delay: Number.POSITIVE_INFINITY };
    const short = { ...free, prefers_short: true };
    const isThere = (request: SearchRequest): boolean => this.#find(request) !== undefined;
    if (isThere({ ...this.#request, max_fee_msat: Number.POSITIVE_INFINITY })) {
      return { kind: 'none', reason: 'too_expensive', explanation: 'Could not find route without excessive cost' };
    }
    if (isThere(free)) {
      return { kind: 'none', reason: 'too_slow', explanation: 'Could not find route without excessive delays' };
    }
    const longer = this.#find({ ...short, max_hops: 255 });
    if (longer !== undefined) {
      const explanation = `Shortest route was ${longer[0]?.hops.length ?? 0}`;
      return { kind: 'none', reason: 'too_long', explanation };
    }
    const explanation = whyNot(this.#graph, this.#finder.knowledge, this.#request, {
      half: (half) => `${this.#nameOf(half)}/${this.#directionOf(half)}`,
      channel: (half) => this.#nameOf(half),
    });
    return { kind: 'none', reason: 'no_way', explanation };
  }

  #routeOf(amount_msat: number, way: FoundWay): FoundRoute {
    const hops: FoundHop[] = way.halves.map((half, index) => {
      const amount_out_msat = way.amounts_msat[index] as number;
      const cltv_out = way.delays[index] as number;
      const asked = this.#termsOf(half);
      const before = index === 0 ? undefined : index - 1;
      return {
        node_id_in: this.#idOf(this.#start(half)),
        node_id_out: this.#idOf(this.#end(half)),
        short_channel_id: this.#nameOf(half),
        direction: this.#directionOf(half),
        amount_in_msat: before === undefined ? amount_out_msat : (way.amounts_msat[before] as number),
        amount_out_msat,
        cltv_in: before === undefined ? cltv_out : (way.delays[before] as number),
        cltv_out,
        fee_base_msat: asked.fee_base_msat,
        fee_proportional_millionths: asked.fee_ppm,
        cltv_expiry_delta: asked.cltv_expiry_delta,
      };
    });
    const first = way.halves[0] as number;
    const channel_id = this.#added[first - this.#graph.half_places]?.channel_id;
    return { amount_msat, probability: way.probability, channel_id, hops };
  }

  #addOwnWays(source: number): void {
    for (const { channel_id, peer_id, names, spendable_msat, htlc_minimum_msat } of this.#question.own_ways ?? []) {
      const [short_channel_id] = names;
      if (short_channel_id === undefined) continue;
      this.#added.push({
        from: source,
        to: this.#node(peer_id),
        fee_base_msat: 0,
        fee_ppm: 0,
        cltv_expiry_delta: 0,
        htlc_minimum_msat,
        most_msat: spendable_msat,
        is_certain: true,
        short_channel_id,
        channel_id,
      });
    }
  }

  #addHint(hint: readonly WayHop[], target: number): void {
    for (const [index, hop] of hint.entries()) {
      const next = hint[index + 1];
      this.#added.push({
        from: this.#node(hop.pubkey),
        to: next === undefined ? target : this.#node(next.pubkey),
        fee_base_msat: hop.fee_base_msat,
        fee_ppm: hop.fee_proportional_millionths,
        cltv_expiry_delta: hop.cltv_expiry_delta,
        htlc_minimum_msat: 0,
        most_msat: HINTED_MSAT,
        is_certain: false,
        short_channel_id: hop.short_channel_id,
        channel_id: undefined,
      });
    }
  }

  #avoid(what: string, halves: Set<number>, nodes: Set<number>): void {
    const [, node_id, scid = '', direction] = /^(?:([0-9a-f]{66}):)?(\d+x\d+x\d+)(?:\/([01]))?$/.exec(what) ?? [];
    if (scid === '') {
      for (const [index, { channel_id }] of this.#added.entries()) {
        if (channel_id === what) halves.add(this.#graph.half_places + index);
      }
      if (/^0[23]/.test(what) && what.length === 66) nodes.add(this.#node(what as NodeId));
      return;
    }
    for (const half of this.#halvesOf(scid)) {
      if (node_id !== undefined && this.#idOf(this.#start(half)) !== node_id) continue;
      if (direction === undefined || this.#directionOf(half) === Number(direction)) halves.add(half);
    }
  }

  /** All halves of this name: of the map, and of what was added. */
  #halvesOf(scid: string): number[] {
    const parts = scidHalves(scid);
    const channel = parts === undefined ? -1 : this.#finder.map.find(parts.scid_high, parts.scid_low);
    const added = this.#added.flatMap(({ short_channel_id }, index) =>
      short_channel_id === scid ? [this.#graph.half_places + index] : [],
    );
    return channel === -1 ? added : [2 * channel, 2 * channel + 1, ...added];
  }

  #held(): Map<number, number> {
    const held = new Map<number, number>();
    for (const { node_id, short_channel_id, amount_msat } of this.#question.held) {
      for (const half of this.#halvesOf(short_channel_id)) {
        if (this.#idOf(this.#start(half)) === node_id) held.set(half, (held.get(half) ?? 0) + amount_msat);
      }
    }
    return held;
  }

  #terms(): Map<number, Terms> {
    const terms = new Map<number, Terms>();
    for (const each of this.#question.terms) {
      for (const half of this.#halvesOf(each.short_channel_id)) {
        if (half >= this.#graph.half_places || this.#idOf(this.#start(half)) !== each.node_id) continue;
        terms.set(half, { ...each, fee_ppm: each.fee_proportional_millionths });
      }
    }
    return terms;
  }

  #node(id: NodeId): number {
    const known = this.#finder.map.findNode(fromHex(id));
    if (known !== -1) return known;
    const stranger = this.#strangers.get(id) ?? this.#graph.node_places + this.#strangers.size;
    if (!this.#strangers.has(id)) this.#stranger_ids.push(id);
    this.#strangers.set(id, stranger);
    return stranger;
  }

  #idOf(node: number): NodeId {
    const { node_places } = this.#graph;
    if (node >= node_places) return this.#stranger_ids[node - node_places] as NodeId;
    return this.#finder.map.nodeIdHex(node) as NodeId;
  }

  #start(half: number): number {
    const { half_places, node } = this.#graph;
    return half < half_places ? (node[half] as number) : (this.#added[half - half_places] as Added).from;
  }

  #end(half: number): number {
    const { half_places, node } = this.#graph;
    return half < half_places ? (node[half ^ 1] as number) : (this.#added[half - half_places] as Added).to;
  }

  #directionOf(half: number): 0 | 1 {
    if (half < this.#graph.half_places) return (half & 1) as 0 | 1;
    return this.#idOf(this.#start(half)) < this.#idOf(this.#end(half)) ? 0 : 1;
  }

  #nameOf(half: number): ShortChannelId {
    const { half_places } = this.#graph;
    if (half >= half_places) return (this.#added[half - half_places] as Added).short_channel_id;
    return scidOf(this.#finder.map, half >>> 1);
  }

  #termsOf(half: number): Pick<Terms, 'fee_base_msat' | 'fee_ppm' | 'cltv_expiry_delta'> {
    const { half_places, fee_base_msat, fee_ppm, cltv_expiry_delta } = this.#graph;
    if (half >= half_places) return this.#added[half - half_places] as Added;
    return (
      this.#request.terms.get(half) ?? {
        fee_base_msat: fee_base_msat[half] as number,
        fee_ppm: fee_ppm[half] as number,
        cltv_expiry_delta: cltv_expiry_delta[half] as number,
      }
    );
  }
}

/** The half of the map that begins at this node; undefined when there is none. */
export function halfFrom(map: NetworkMap, node_id: NodeId, short_channel_id: ShortChannelId): number | undefined {
  const parts = scidHalves(short_channel_id);
  const channel = parts === undefined ? -1 : map.find(parts.scid_high, parts.scid_low);
  if (channel === -1) return undefined;
  return [2 * channel, 2 * channel + 1].find((half) => map.nodeIdHex(map.halves.node[half] as number) === node_id);
}

/** The channels on the ways that were found whose funding outputs nobody has looked at. */
export function uncheckedOf(map: NetworkMap, answer: WaysAnswer): readonly number[] {
  if (answer.kind === 'none') return [];
  const channels = answer.routes
    .flatMap(({ hops }) => hops.map(({ short_channel_id }) => scidHalves(short_channel_id)))
    .map((id) => (id === undefined ? -1 : map.find(id.scid_high, id.scid_low)));
  return [...new Set(channels)].filter((channel) => channel !== -1 && !map.isChecked(channel));
}
