/**
 * Server-sent events: `GET /api/v1/events` with `Accept: text/event-stream`. Readers that want the same with the same rune
 * are a group, which asks the node once for all of them; the node judges the rune each time. A reader that is behind reads
 * what it lacks by itself, and one that does not read at all holds nothing back.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../../base/types/clock.ts';
import type { WebError } from '../../rpc/frames.ts';
import { type Json, type JsonObject, spell } from '../../rpc/json.ts';
import { parseJson } from '../../rpc/json-parser.ts';
import type { Answer, CallRequest, NodeLink } from '../node-link.ts';
import type { Refusals } from '../refusals.ts';
import { sendError, sendProblem } from './problem.ts';
import { StreamReader, StreamText } from './stream-reader.ts';

const MOST_READERS = 10_000;
const MOST_READERS_OF_ADDRESS = 1000;
/** Proxies cut a connection that is silent for a minute, and only a write finds a reader that is gone. */
const HEARTBEAT_MS = 15_000;
const PAGE_ROWS = 500;
/** Events that a group keeps for readers that are a little behind. */
const KEPT_EVENTS = 2000;

interface StreamedEvent {
  readonly id: number;
  /** As it is sent. */
  readonly text: string;
}

/** What `listevents` answers. */
interface PageAnswer {
  readonly events: readonly JsonObject[];
  readonly last_id: number;
  readonly next_after: number;
}

interface Page {
  readonly events: readonly StreamedEvent[];
  /** The newest of all events, wanted or not; it may be newer than the page. */
  readonly last_id: number;
  /** Up to here no wanted event is missing in the page. */
  readonly next_after: number;
}

/** Events as they are sent together. */
interface SentEvents {
  readonly first: StreamedEvent;
  readonly last: StreamedEvent;
  readonly text: StreamText;
}

interface Group {
  readonly rune: string;
  readonly wanted: JsonObject;
  readonly readers: Set<StreamReader>;
  /** What was sent last: most readers are sent the same. */
  sent: SentEvents | undefined;
  /** The newest events, oldest first: all that are wanted after `kept_after`. */
  kept: StreamedEvent[];
  kept_after: number;
  last_id: number;
  /** Takes the call to the node back. */
  cancel: () => void;
}

/** A request for a stream, and what answers it. */
export interface StreamRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly request_id: string;
}

export class EventStreams {
  readonly #link: NodeLink;
  readonly #clock: Clock;
  readonly #addressOf: (request: IncomingMessage) => string;
  readonly #refusals: Refusals;
  readonly #groups = new Map<string, Group>();
  readonly #by_address = new Map<string, number>();
  #count = 0;
  #is_beating = false;

  constructor(link: NodeLink, clock: Clock, addressOf: (request: IncomingMessage) => string, refusals: Refusals) {
    this.#link = link;
    this.#refusals = refusals;
    this.#clock = clock;
    this.#addressOf = addressOf;
  }

  /** Answers with a stream, or with the problem why there is none. */
  open({ request, response, url, request_id }: StreamRequest, rune: string): void {
    const address = this.#addressOf(request);
    const is_local = address === '127.0.0.1' || address === '::1';
    const of_address = this.#by_address.get(address) ?? 0;
    if (this.#count >= MOST_READERS || (!is_local && of_address >= MOST_READERS_OF_ADDRESS)) {
      const detail = 'There are too many readers of events: try again later, or ask GET /api/v1/events now and then.';
      sendProblem(
        response,
        { status: 503, title: 'Too many readers', detail, headers: { 'retry-after': '60' } },
        request_id,
      );
      return;
    }
    const after = positionOf(request, url);
    if (after === undefined) {
      const detail = 'Last-Event-ID and after are whole numbers.';
      const problem = { status: 400, title: 'Bad position', detail };
      this.#refusals.send(response, () => sendProblem(response, problem, request_id));
      return;
    }
    const wanted = wantedOf(url);
    const failed = {
      onError: (failure: WebError) => sendError(response, failure, request_id, this.#refusals),
      onBusy: () => sendBusy(response, request_id),
    };
    // The first page judges the rune and the position, before anything is promised. Without a position it begins now.
    const params: JsonObject = { ...wanted, ...(after === null ? { limit: 0 } : { after, limit: PAGE_ROWS }) };
    const begin = (page: Page): void => {
      if (response.closed) return;
      const reader = new StreamReader(response, after ?? page.last_id);
      this.#join(this.#groupOf(rune, wanted), reader, address, page.events);
    };
    const read = (): void => this.#page({ method: 'listevents', params, rune }, { onPage: begin, ...failed });
    this.#judgeWaiting(rune, { ...wanted, after: after ?? 0 }, { onPermitted: read, ...failed });
  }

  /** A rune may permit pages and not to wait: that is said before the stream opens. It is no use of the rune yet. */
  #judgeWaiting(
    rune: string,
    params: JsonObject,
    { onPermitted, ...failed }: Pick<Answer, 'onError' | 'onBusy'> & { readonly onPermitted: () => void },
  ): void {
    this.#link.call(
      { method: 'waitevent', params, rune, continues: true, kind: 'judge' },
      { onPiece: (_json, next) => next(), onResult: onPermitted, ...failed },
    );
  }

  #groupOf(rune: string, wanted: JsonObject): Group {
    const key = spell({ rune, wanted });
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = {
        rune,
        wanted,
        readers: new Set(),
        sent: undefined,
        kept: [],
        kept_after: -1,
        last_id: -1,
        cancel: () => {},
      };
      this.#groups.set(key, group);
    }
    return group;
  }

  #join(group: Group, reader: StreamReader, address: string, events: readonly StreamedEvent[]): void {
    group.readers.add(reader);
    this.#count++;
    this.#by_address.set(address, (this.#by_address.get(address) ?? 0) + 1);
    reader.onClose(() => this.#leave(group, reader, address));
    this.#beat();
    this.#send(group, reader, events);
    if (group.last_id < 0) {
      group.last_id = reader.position;
      group.kept_after = reader.position;
      this.#follow(group);
    } else this.#serve(group, reader);
  }

  #leave(group: Group, reader: StreamReader, address: string): void {
    this.#count--;
    const left = (this.#by_address.get(address) ?? 1) - 1;
    if (left === 0) this.#by_address.delete(address);
    else this.#by_address.set(address, left);
    group.readers.delete(reader);
    if (group.readers.size === 0) this.#dissolve(group);
  }

  #dissolve(group: Group): void {
    group.cancel();
    for (const [key, each] of this.#groups) if (each === group) this.#groups.delete(key);
  }

  /** Asks the node for what comes next, for as long as somebody reads. */
  #follow(group: Group): void {
    const fail = (): void => {
      // The rune was revoked, events were removed meanwhile, or the node stops: who comes back hears which.
      for (const reader of group.readers) reader.end();
      this.#dissolve(group);
    };
    this.#page(nextPage(group, group.last_id), {
      onPage: (page) => {
        if (group.readers.size === 0) return;
        this.#spread(group, page.events);
        const is_whole = page.events.length < PAGE_ROWS;
        if (is_whole) group.last_id = Math.max(group.last_id, page.next_after);
        if (page.events.length > 0 || !is_whole) this.#follow(group);
        else this.#wait(group, fail);
      },
      onError: fail,
      onBusy: fail,
    });
  }

  #wait(group: Group, fail: () => void): void {
    group.cancel = this.#link.call(
      { method: 'waitevent', params: { ...group.wanted, after: group.last_id }, rune: group.rune, continues: true },
      {
        onPiece: (_json, next) => next(),
        onResult: (json) => {
          this.#spread(group, [streamed(parseJson(json, { keep_escapes: false }).value as JsonObject)]);
          this.#follow(group);
        },
        onError: fail,
        onBusy: fail,
      },
    );
  }

  #spread(group: Group, events: readonly StreamedEvent[]): void {
    if (events.length === 0) return;
    group.kept.push(...events);
    const surplus = group.kept.length - KEPT_EVENTS;
    if (surplus > 0) group.kept_after = group.kept.splice(0, surplus).at(-1)?.id as number;
    group.last_id = (events.at(-1) as StreamedEvent).id;
    for (const reader of group.readers) this.#serve(group, reader);
  }

  /** Sends a reader what the group has and it lacks, or lets it read for itself what the group has no more. */
  #serve(group: Group, reader: StreamReader): void {
    if (reader.is_busy || reader.position >= group.last_id) return;
    if (reader.position >= group.kept_after) {
      // Most readers lack the newest alone.
      const last_had = group.kept.findLastIndex(({ id }) => id <= reader.position);
      this.#send(group, reader, group.kept.slice(last_had + 1));
      return;
    }
    reader.is_busy = true;
    this.#page(nextPage(group, reader.position), {
      onPage: ({ events, next_after }) => {
        reader.is_busy = false;
        this.#send(group, reader, events);
        if (events.length < PAGE_ROWS) reader.position = Math.max(reader.position, Math.min(next_after, group.last_id));
        this.#serve(group, reader);
      },
      onError: () => reader.end(),
      onBusy: () => reader.end(),
    });
  }

  /** What does not fit into its buffer waits in the node's table, and not here. */
  #send(group: Group, reader: StreamReader, events: readonly StreamedEvent[]): void {
    const [first] = events;
    if (first === undefined || reader.is_gone) return;
    const last = events.at(-1) as StreamedEvent;
    if (group.sent?.first !== first || group.sent.last !== last) {
      group.sent = { first, last, text: new StreamText(events.map(({ text }) => text).join('')) };
    }
    reader.position = last.id;
    const fits = reader.send(group.sent.text);
    if (fits) return;
    reader.is_busy = true;
    reader.onDrain(() => {
      reader.is_busy = false;
      this.#serve(group, reader);
    });
  }

  #beat(): void {
    if (this.#is_beating) return;
    this.#is_beating = true;
    this.#clock.after(HEARTBEAT_MS, () => {
      this.#is_beating = false;
      if (this.#count === 0) return;
      for (const { readers } of this.#groups.values()) {
        for (const reader of readers) reader.beat();
      }
      this.#beat();
    });
  }

  #page(
    request: CallRequest,
    answer: Pick<Answer, 'onError' | 'onBusy'> & { readonly onPage: (page: Page) => void },
  ): void {
    let gathered = '';
    this.#link.call(request, {
      onPiece(json, next) {
        gathered += json;
        next();
      },
      onResult(json) {
        const { value } = parseJson(gathered + json, { keep_escapes: false });
        const { events, last_id, next_after } = value as unknown as PageAnswer;
        answer.onPage({ events: events.map(streamed), last_id, next_after });
      },
      onError: answer.onError,
      onBusy: answer.onBusy,
    });
  }
}

/** Asks for what a group wants after this event: part of the stream that was opened, and no further use of the rune. */
function nextPage({ rune, wanted }: Group, after: number): CallRequest {
  return { method: 'listevents', params: { ...wanted, after, limit: PAGE_ROWS }, rune, continues: true };
}

function sendBusy(response: ServerResponse, request_id: string): void {
  const detail = 'The node is busy: try again in a moment.';
  sendProblem(response, { status: 503, title: 'Busy', detail, headers: { 'retry-after': '1' } }, request_id);
}

function streamed(event: JsonObject): StreamedEvent {
  const id = Number(event.id);
  return { id, text: `id: ${id}\nevent: ${String(event.type)}\ndata: ${spell(event)}\n\n` };
}

/** After which event to begin; null for now, undefined for what is no number. The header is the newer of the two. */
function positionOf(request: IncomingMessage, url: URL): number | null | undefined {
  const header = request.headers['last-event-id'];
  const text = (Array.isArray(header) ? header[0] : header) || url.searchParams.get('after');
  if (text === null || text === '') return null;
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Which events: `types`, several times or with commas, and `label_prefix`. */
function wantedOf(url: URL): JsonObject {
  const wanted: Record<string, Json> = {};
  const types = url.searchParams
    .getAll('types')
    .flatMap((text) => text.split(','))
    .filter((word) => word !== '');
  if (types.length > 0) wanted.types = [...new Set(types)].sort();
  const label_prefix = url.searchParams.get('label_prefix');
  if (label_prefix !== null) wanted.label_prefix = label_prefix;
  return wanted;
}
