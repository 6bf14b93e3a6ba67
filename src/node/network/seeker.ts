/**
 * Gets the map from peers: asks one which channels there are, then up to three for what the map lacks, and listens to two
 * for what is new (BOLT 7, Query Messages and Initial Sync). A peer that does not answer costs nothing but its turn.
 */
import type { Clock } from '../../base/types/clock.ts';
import {
  decodeMessage,
  type GossipTimestampFilter,
  type KnownMessage,
  type ReplyChannelRange,
  WireError,
} from '../../codec/wire/index.ts';
import type { ScidHalves } from '../../protocol/gossip/fields.ts';
import type { NetworkMap } from '../../protocol/gossip/network-map.ts';
import {
  ASK_ALL,
  decodeChecksums,
  decodeShortIds,
  decodeTimestamps,
  encodeQueryFlags,
  encodeQueryOption,
  encodeShortIds,
  type PairOf,
  QUERY_FLAGS,
  QUERY_OPTIONS,
} from '../../protocol/gossip/query-codec.ts';

/** A peer as far as gossip is concerned. */
export interface GossipPeer {
  readonly number: number;
  /** It answers queries (gossip_queries), and understands flags in them (gossip_queries_ex). */
  readonly can_query: boolean;
  readonly can_query_more: boolean;
}

export interface SeekerOptions {
  readonly map: NetworkMap;
  readonly clock: Clock;
  readonly chain_hash: string;
  height(): number;
  send(peer: number, message: KnownMessage): void;
  isFailed(scid: ScidHalves): boolean;
  failed(scid: ScidHalves): void;
  /** Everything that a peer had was asked for, and has come. */
  synced(): void;
  fault(peer: number, reason: string): void;
}

/** So many ids in a question: an answer takes a peer that sends 50 kB a second about twenty seconds. */
const IDS_AT_ONCE = 1_000;
const PEERS_AT_ONCE = 3;
const LISTENED_PEERS = 2;
const ANSWER_WITHIN_MS = 60_000;
/** What a list of channels may make us hold. */
const MOST_REPLIES = 1_000;
const MOST_IDS = 500_000;
const MOST_WANTED = 10_000;
/** A part of the list is compared with that of another peer so often. */
const COMPARE_EVERY_MS = 3_600_000;
const COMPARED_BLOCKS = 10_000;
const ALL_TIME = 0xffffffff;
/** A filter that lets nothing through: from the end of time on. */
const NEVER = 0xffffffff;

interface RangeQuery {
  readonly peer: number;
  readonly end_block: number;
  replies: number;
  ids: number;
  cancel: () => void;
}

interface IdQuery {
  readonly ids: readonly Wanted[];
  readonly cancel: () => void;
}

interface Wanted extends ScidHalves {
  readonly flags: number;
}

export class Seeker {
  readonly #options: SeekerOptions;
  readonly #peers = new Map<number, GossipPeer>();
  readonly #listened = new Set<number>();
  readonly #queries = new Map<number, IdQuery>();
  /** Peers that did not answer in time: asked when no other is there. */
  readonly #slow = new Set<number>();
  readonly #wanted = new Map<string, Wanted>();
  /** Nodes in the map that were asked for by themselves. */
  readonly #asked_nodes = new Set<number>();
  #range: RangeQuery | undefined;
  #has_list = false;
  #is_synced = false;
  #cancelCompare: () => void = () => {};
  #turn = 0;

  constructor(options: SeekerOptions) {
    this.#options = options;
    this.#compareLater();
  }

  /** Whether all that a peer knew is in the map. */
  get is_synced(): boolean {
    return this.#is_synced;
  }

  stop(): void {
    this.#cancelCompare();
    this.#range?.cancel();
    for (const { cancel } of this.#queries.values()) cancel();
  }

  connected(peer: GossipPeer): void {
    this.#peers.set(peer.number, peer);
    this.#listen(peer.number);
    if (!this.#has_list) this.#askRange();
    this.#askIds();
  }

  disconnected(number: number): void {
    this.#peers.delete(number);
    this.#slow.delete(number);
    if (this.#listened.delete(number)) {
      const next = [...this.#peers.keys()].find((each) => !this.#listened.has(each));
      if (next !== undefined) this.#listen(next);
    }
    if (this.#range?.peer === number) this.#endRange(false);
    this.#takeBack(number);
    this.#askIds();
  }

  /** An update names a channel that the map does not have. */
  missing(peer: number, scid: ScidHalves): void {
    if (!this.#peers.has(peer) || this.#wanted.size >= MOST_WANTED) return;
    if (this.#want({ ...scid, flags: ASK_ALL })) this.#askIds();
  }

  /** A reply to one of our questions. */
  receive(peer: number, bytes: Uint8Array): void {
    try {
      const message = decodeMessage(bytes);
      if (message.type === 'reply_channel_range') this.#takeRange(peer, message);
      else if (message.type === 'reply_short_channel_ids_end') this.#takeEnd(peer);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#options.fault(peer, error.message);
      if (this.#range?.peer === peer) this.#endRange(false);
    }
  }

  #listen(number: number): void {
    const isListened = this.#listened.size < LISTENED_PEERS;
    if (isListened) this.#listened.add(number);
    this.#tellFilter(number, isListened);
  }

  #tellFilter(number: number, isListened: boolean): void {
    const { chain_hash, clock, send } = this.#options;
    const filter: GossipTimestampFilter = {
      type: 'gossip_timestamp_filter',
      chain_hash,
      first_timestamp: isListened ? clock.nowSeconds() : NEVER,
      timestamp_range: isListened ? ALL_TIME : 0,
    };
    send(number, filter);
  }

  /** Asks one peer which channels there are. */
  #askRange(first_block = 0, end_block = this.#options.height() + 1): void {
    if (this.#range !== undefined) return;
    const able = [...this.#peers.values()].filter(({ can_query }) => can_query);
    const quick = able.filter(({ number }) => !this.#slow.has(number));
    const peer = quick[this.#turn % quick.length] ?? able[0];
    if (peer === undefined) return;
    const { clock, chain_hash, send } = this.#options;
    const cancel = clock.after(ANSWER_WITHIN_MS, () => this.#rangeIsLate());
    this.#range = { peer: peer.number, end_block, replies: 0, ids: 0, cancel };
    const details = QUERY_OPTIONS.timestamps | QUERY_OPTIONS.checksums;
    send(peer.number, {
      type: 'query_channel_range',
      chain_hash,
      first_blocknum: first_block,
      number_of_blocks: end_block - first_block,
      ...(peer.can_query_more ? { query_option: encodeQueryOption(details) } : {}),
    });
  }

  #takeRange(peer: number, reply: ReplyChannelRange): void {
    const range = this.#range;
    if (range?.peer !== peer || reply.chain_hash !== this.#options.chain_hash) return;
    const ids = decodeShortIds(reply.encoded_short_ids);
    const timestamps = reply.timestamps_tlv === undefined ? [] : decodeTimestamps(reply.timestamps_tlv);
    const checksums = reply.checksums_tlv === undefined ? [] : decodeChecksums(reply.checksums_tlv);
    range.replies++;
    range.ids += ids.length;
    if (range.replies > MOST_REPLIES || range.ids > MOST_IDS) {
      this.#options.fault(peer, 'reply_channel_range: more channels than there can be');
      this.#endRange(false);
      return;
    }
    for (const [index, id] of ids.entries()) {
      const flags = this.#lacks(id, timestamps[index], checksums[index]);
      if (flags !== 0 && !this.#options.isFailed(id)) this.#want({ ...id, flags });
    }
    range.cancel();
    if (reply.sync_complete === 1) this.#endRange(true);
    else range.cancel = this.#options.clock.after(ANSWER_WITHIN_MS, () => this.#rangeIsLate());
  }

  /** What to ask of a channel that a peer has. */
  #lacks(id: ScidHalves, timestamps: PairOf | undefined, checksums: PairOf | undefined): number {
    const { map } = this.#options;
    const channel = map.find(id.scid_high, id.scid_low);
    if (channel === -1) return ASK_ALL;
    const isNewer = (half: number, timestamp: number, checksum: number | undefined): boolean =>
      timestamp > (map.halves.timestamp[half] as number) &&
      (checksum === undefined || map.halves.timestamp[half] === 0 || checksum !== map.halves.checksum[half]);
    let flags = this.#lacksNodes(channel);
    if (timestamps === undefined) return flags;
    if (isNewer(2 * channel, timestamps.of_node_1, checksums?.of_node_1)) flags |= QUERY_FLAGS.update_1;
    if (isNewer(2 * channel + 1, timestamps.of_node_2, checksums?.of_node_2)) flags |= QUERY_FLAGS.update_2;
    return flags;
  }

  /** A channel may have come without what its nodes say of themselves. Of each node that is asked once. */
  #lacksNodes(channel: number): number {
    const { halves, nodes } = this.#options.map;
    let flags = 0;
    for (const [half, flag] of [
      [2 * channel, QUERY_FLAGS.node_1],
      [2 * channel + 1, QUERY_FLAGS.node_2],
    ] as const) {
      const node = halves.node[half] as number;
      if (nodes.timestamp[node] !== 0 || this.#asked_nodes.has(node)) continue;
      this.#asked_nodes.add(node);
      flags |= flag;
    }
    return flags;
  }

  #rangeIsLate(): void {
    if (this.#range !== undefined) this.#slow.add(this.#range.peer);
    this.#endRange(false);
  }

  #endRange(is_complete: boolean): void {
    this.#range?.cancel();
    this.#range = undefined;
    this.#turn++;
    if (is_complete) this.#has_list = true;
    else if (!this.#has_list && [...this.#peers.values()].some(({ number }) => !this.#slow.has(number)))
      this.#askRange();
    this.#askIds();
  }

  #want(wanted: Wanted): boolean {
    const key = `${wanted.scid_high}:${wanted.scid_low}`;
    if (this.#wanted.has(key)) return false;
    this.#wanted.set(key, wanted);
    return true;
  }

  /** Gives every peer that has none a question. */
  #askIds(): void {
    const able = [...this.#peers.values()].filter(({ can_query }) => can_query);
    const ordered = [...able].sort((a, b) => Number(this.#slow.has(a.number)) - Number(this.#slow.has(b.number)));
    for (const peer of ordered) {
      if (this.#wanted.size === 0 || this.#queries.size >= PEERS_AT_ONCE) break;
      if (!this.#queries.has(peer.number)) this.#askSome(peer);
    }
    if (this.#has_list && this.#wanted.size === 0 && this.#queries.size === 0 && this.#range === undefined) {
      const wasSynced = this.#is_synced;
      this.#is_synced = true;
      if (!wasSynced) this.#options.synced();
    }
  }

  #askSome({ number, can_query_more }: GossipPeer): void {
    const { clock, chain_hash, send } = this.#options;
    const ids = [...this.#wanted.values()]
      .sort((a, b) => a.scid_high - b.scid_high || a.scid_low - b.scid_low)
      .slice(0, IDS_AT_ONCE);
    for (const { scid_high, scid_low } of ids) this.#wanted.delete(`${scid_high}:${scid_low}`);
    const cancel = clock.after(ANSWER_WITHIN_MS, () => {
      this.#slow.add(number);
      this.#takeBack(number);
      this.#askIds();
    });
    this.#queries.set(number, { ids, cancel });
    send(number, {
      type: 'query_short_channel_ids',
      chain_hash,
      encoded_short_ids: encodeShortIds(ids),
      ...(can_query_more ? { query_flags: encodeQueryFlags(ids.map(({ flags }) => flags)) } : {}),
    });
  }

  #takeEnd(peer: number): void {
    const query = this.#queries.get(peer);
    if (query === undefined) return;
    query.cancel();
    this.#queries.delete(peer);
    this.#slow.delete(peer);
    const { map, failed } = this.#options;
    for (const id of query.ids) if (map.find(id.scid_high, id.scid_low) === -1) failed(id);
    this.#askIds();
  }

  /** What a peer was asked for and did not send is asked of another. */
  #takeBack(number: number): void {
    const query = this.#queries.get(number);
    if (query === undefined) return;
    query.cancel();
    this.#queries.delete(number);
    for (const wanted of query.ids) {
      if (this.#options.map.find(wanted.scid_high, wanted.scid_low) === -1 || wanted.flags !== ASK_ALL)
        this.#want(wanted);
    }
  }

  /** What one peer leaves out another may tell: every hour one of those that are listened to changes. */
  #listenToAnother(): void {
    const next = [...this.#peers.keys()].filter((each) => !this.#listened.has(each));
    const [oldest] = this.#listened;
    const another = next[this.#turn % next.length];
    if (oldest === undefined || another === undefined) return;
    this.#listened.delete(oldest);
    this.#listen(another);
    this.#tellFilter(oldest, false);
  }

  #compareLater(): void {
    this.#cancelCompare = this.#options.clock.after(COMPARE_EVERY_MS, () => {
      const height = this.#options.height();
      const first_block = this.#turn % 24 === 0 ? 0 : (this.#turn * COMPARED_BLOCKS) % Math.max(1, height);
      const end_block = first_block === 0 ? height + 1 : Math.min(height + 1, first_block + COMPARED_BLOCKS);
      this.#askRange(first_block, end_block);
      this.#listenToAnother();
      this.#compareLater();
    });
  }
}
