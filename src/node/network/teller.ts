/**
 * Tells peers of the map: answers to their queries, and what is new to those whose filter asks for it. Only channels
 * whose funding output was looked at are passed on, and only so fast.
 */
import type { Clock } from '../../base/types/clock.ts';
import { decodeMessage, type GossipTimestampFilter, WireError } from '../../codec/wire/index.ts';
import { type AnswerSource, answerFilter, answerIds, answerRange } from './answers.ts';
import { type News, OURSELVES } from './intake.ts';

export interface TellerOptions extends AnswerSource {
  readonly clock: Clock;
  send(peer: number, messages: readonly Uint8Array[]): void;
  fault(peer: number, reason: string): void;
}

/** What each peer gets a second: as much as LND gives. */
const BYTES_A_TURN = 51_200;
const TURN_MS = 1_000;
/** News that is not our own goes out so often. */
const NEWS_EVERY_MS = 60_000;
const MOST_NEWS = 50_000;
/** Answers that a peer may wait for: it asks one question of a kind after the other. */
const MOST_WAITING = 4;
/** A filter that begins later than so many seconds ago asks for what comes, and a little of what was. */
const RECENT_SECONDS = 7_200;
const NEVER = 0xffffffff;

interface Listener {
  /** Where in the news this peer is; undefined: it wants none. */
  cursor: number | undefined;
  readonly answers: Iterator<Uint8Array>[];
}

interface Item extends News {
  readonly timestamp: number;
}

export class Teller {
  readonly #options: TellerOptions;
  readonly #listeners = new Map<number, Listener>();
  /** The newest news, oldest first; the first has this number. */
  readonly #news: Item[] = [];
  #first_number = 0;
  #cancelTurn: (() => void) | undefined;
  #cancelNews: () => void;

  constructor(options: TellerOptions) {
    this.#options = options;
    this.#cancelNews = options.clock.after(NEWS_EVERY_MS, () => this.#tellNews());
  }

  stop(): void {
    this.#cancelNews();
    this.#cancelTurn?.();
  }

  connected(peer: number): void {
    this.#listeners.set(peer, { cursor: undefined, answers: [] });
  }

  disconnected(peer: number): void {
    this.#listeners.delete(peer);
  }

  /** Something is new in the map. */
  news(news: News): void {
    const timestamp = this.#timestampOf(news);
    // A direction of which nothing was said yet, or a node: there is no message to tell.
    if (timestamp === 0) return;
    this.#news.push({ ...news, timestamp });
    if (this.#news.length <= MOST_NEWS) return;
    this.#news.splice(0, MOST_NEWS / 2);
    this.#first_number += MOST_NEWS / 2;
  }

  /** A query or a filter of a peer. */
  receive(peer: number, bytes: Uint8Array): void {
    const listener = this.#listeners.get(peer);
    if (listener === undefined) return;
    try {
      const message = decodeMessage(bytes);
      if (message.type === 'gossip_timestamp_filter') this.#filter(peer, listener, message);
      else if (message.type === 'query_channel_range') {
        this.#answer(peer, listener, answerRange(this.#options, message));
      } else if (message.type === 'query_short_channel_ids') {
        this.#answer(peer, listener, answerIds(this.#options, message));
      }
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#options.fault(peer, error.message);
    }
  }

  #filter(
    peer: number,
    listener: Listener,
    { chain_hash, first_timestamp, timestamp_range }: GossipTimestampFilter,
  ): void {
    const { clock } = this.#options;
    if (chain_hash !== this.#options.chain_hash) return;
    if (first_timestamp === NEVER || timestamp_range === 0) {
      listener.cursor = undefined;
      return;
    }
    listener.cursor = this.#first_number + this.#news.length;
    const now = clock.nowSeconds();
    if (first_timestamp >= now) return;
    const first = first_timestamp < now - RECENT_SECONDS ? first_timestamp : now - RECENT_SECONDS;
    this.#answer(peer, listener, answerFilter(this.#options, first, first_timestamp + timestamp_range));
  }

  #answer(peer: number, listener: Listener, answer: Iterator<Uint8Array>): void {
    if (listener.answers.length >= MOST_WAITING) {
      this.#options.fault(peer, 'more queries at once than anybody asks');
      return;
    }
    listener.answers.push(answer);
    // At once when nobody waits, else in turn.
    if (this.#cancelTurn === undefined) this.#takeTurn();
  }

  /** Gives every peer that waits its bytes of this second. */
  #takeTurn(): void {
    const { clock } = this.#options;
    this.#cancelTurn = undefined;
    let isWaiting = false;
    for (const [peer, listener] of this.#listeners) {
      if (listener.answers.length === 0) continue;
      this.#tellSome(peer, listener);
      isWaiting ||= listener.answers.length > 0;
    }
    if (isWaiting) this.#cancelTurn = clock.after(TURN_MS, () => this.#takeTurn());
  }

  #tellSome(peer: number, { answers }: Listener): void {
    const messages: Uint8Array[] = [];
    let bytes = 0;
    while (bytes < BYTES_A_TURN) {
      const [answer] = answers;
      if (answer === undefined) break;
      const { value, done } = answer.next();
      if (done === true) answers.shift();
      else {
        messages.push(value);
        bytes += value.length;
      }
    }
    if (messages.length > 0) this.#options.send(peer, messages);
  }

  #tellNews(): void {
    const { clock } = this.#options;
    const end = this.#first_number + this.#news.length;
    for (const [peer, listener] of this.#listeners) {
      // Whoever is still being answered gets the news with the next ones.
      if (listener.cursor === undefined || listener.answers.length >= MOST_WAITING) continue;
      const from = Math.max(0, listener.cursor - this.#first_number);
      listener.cursor = end;
      const news = this.#news.slice(from).filter((item) => item.from !== peer && item.from !== OURSELVES);
      if (news.length > 0) listener.answers.push(this.#messagesOf(news));
    }
    if (this.#cancelTurn === undefined) this.#takeTurn();
    this.#cancelNews = clock.after(NEWS_EVERY_MS, () => this.#tellNews());
  }

  *#messagesOf(news: readonly Item[]): Generator<Uint8Array> {
    const { map, file, mayTell } = this.#options;
    for (const item of news) {
      const { kind, index, timestamp } = item;
      // Out of date, or gone: a newer one follows, or none.
      if (this.#timestampOf(item) !== timestamp) continue;
      if (kind === 'node') {
        if (map.nodes.degree[index] !== 0) yield file.read(map.nodes.announcement_place[index] as number);
        continue;
      }
      const channel = kind === 'channel' ? index : index >>> 1;
      if (!map.isLive(channel) || !mayTell(channel)) continue;
      if (kind === 'channel') yield file.read(map.channels.announcement_place[channel] as number);
      else yield file.read(map.halves.update_place[index] as number);
    }
  }

  #timestampOf({ kind, index }: News): number {
    const { map } = this.#options;
    if (kind === 'node') return map.nodes.timestamp[index] as number;
    return kind === 'channel' ? (map.channels.added_at[index] as number) : (map.halves.timestamp[index] as number);
  }
}
