/**
 * One client of the Unix socket: its bytes in, its replies out. Requests run side by side and are answered as they end.
 * A client that does not read is not read from either, so that what it makes us hold stays bounded.
 */
import { setMaxListeners } from 'node:events';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { RpcError } from '../../base/errors.ts';
import type { Clock } from '../../base/types/clock.ts';
import type { ConnectionSettings } from '../rpc/command.ts';
import { type Caller, type Dispatcher, errorReply, type Reply } from '../rpc/dispatch.ts';
import { MalformedJson, type Parsed } from '../rpc/json-parser.ts';
import { RequestReader } from '../rpc/request-stream.ts';

/** Requests of one client that run at once. Waiting counts, and a shop may well wait for each of its invoices. */
const MOST_IN_FLIGHT = 32_768;

/** Replies that may stand unread before we stop taking requests: some thousands of invoices. */
const MOST_UNREAD_BYTES = 4 * 1024 * 1024;

/** How often a client that has ended its side is asked whether it is still there, while it waits for answers. */
const PROBE_MS = 30_000;

/** What a connection needs of its server. */
export interface ConnectionHost {
  readonly dispatcher: Pick<Dispatcher<never>, 'dispatch'>;
  readonly clock: Clock;
  readonly onUnexpected: (error: unknown, method: string) => void;
}

/** Serves one client until it is gone. */
export class Connection {
  readonly #socket: Socket;
  readonly #host: ConnectionHost;
  readonly #reader = new RequestReader();
  readonly #settings: ConnectionSettings = { notifications: false, deprecations: true, batching: false };
  /** Requests that have been read and wait for their turn, oldest first, from #next on. */
  #queue: Parsed[] = [];
  #next = 0;
  readonly #waits = new Set<AbortController>();
  #in_flight = 0;
  #out = '';
  #flush_planned = false;
  #ended = false;
  #closed = false;
  #stopProbing: (() => void) | undefined;

  constructor(socket: Socket, host: ConnectionHost) {
    this.#socket = socket;
    this.#host = host;
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('drain', () => this.#work());
    socket.on('end', () => this.#end());
    socket.on('close', () => this.#close());
    // The close that follows does all there is to do: a client that vanished is no fault of the node.
    socket.on('error', () => socket.destroy());
  }

  /** Ends every wait and hangs up once what is written has gone out. */
  stop(): void {
    this.#abortWaits(new RpcError('LIGHTNINGD_SHUTDOWN', 'The node is stopping'));
    this.#queue = [];
    this.#next = 0;
    this.#ended = true;
    this.#socket.pause();
    this.#hangUpWhenDone();
  }

  /** Hangs up at once. */
  destroy(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    if (this.#ended) return;
    try {
      this.#reader.push(chunk, (request) => this.#queue.push(request));
    } catch (error) {
      if (!(error instanceof MalformedJson)) throw error;
      this.#refuse(error);
      return;
    }
    this.#work();
  }

  /** Malformed JSON: where the next request would begin cannot be known, so we answer what is right and hang up. */
  #refuse(error: MalformedJson): void {
    this.#work();
    this.#write(errorReply('null', new RpcError('PARSE_ERROR', `Invalid JSON: ${error.message}`)));
    this.#ended = true;
    this.#socket.pause();
    this.#hangUpWhenDone();
  }

  /** Starts what may be started. */
  #work(): void {
    while (this.#next < this.#queue.length && !this.#isFull()) {
      const request = this.#queue[this.#next++] as Parsed;
      this.#serve(request);
    }
    if (this.#next === this.#queue.length) {
      this.#queue = [];
      this.#next = 0;
      if (!this.#ended && this.#socket.isPaused() && !this.#isFull()) this.#socket.resume();
    } else this.#socket.pause();
    this.#hangUpWhenDone();
  }

  #isFull(): boolean {
    return this.#in_flight >= MOST_IN_FLIGHT || this.#unread() > MOST_UNREAD_BYTES;
  }

  #unread(): number {
    return this.#socket.writableLength + this.#out.length + this.#held_back_length;
  }

  #serve(request: Parsed): void {
    let wait: AbortController | undefined;
    const actions: (() => void)[] = [];
    const caller: Caller = {
      transport: 'unix',
      connection: this.#settings,
      signalFor: () => {
        wait = new AbortController();
        setMaxListeners(0, wait.signal);
        if (this.#closed) wait.abort(clientGone());
        else this.#waits.add(wait);
        return wait.signal;
      },
      send: (text) => this.#write(text),
      afterReply: (action) => actions.push(action),
    };
    this.#in_flight++;
    const done = (): void => {
      this.#in_flight--;
      if (wait !== undefined) this.#waits.delete(wait);
      if (actions.length > 0) this.#flush(() => actions.forEach((action) => void action()));
    };
    const reply = this.#host.dispatcher.dispatch(request, caller);
    if (typeof reply === 'string') {
      this.#write(reply);
      done();
    } else {
      void this.#answer(reply).then(() => {
        done();
        this.#work();
      });
    }
  }

  /** Writes a reply that comes later, or in pieces. A reply that breaks off cannot be mended: we hang up. */
  async #answer(promise: Reply | Promise<Reply>): Promise<void> {
    const reply = await promise;
    if (typeof reply === 'string') {
      this.#write(reply);
      return;
    }
    try {
      await this.#stream(reply);
    } catch (error) {
      if (!this.#closed) this.#host.onUnexpected(error, 'a streamed reply');
      this.#socket.destroy();
    }
  }

  /** Pieces of two replies must not mix: while one is being streamed, the others gather behind it. */
  #streaming: Promise<void> = Promise.resolve();
  #held_back: string[] | undefined;
  #held_back_length = 0;

  #stream(reply: AsyncIterable<string>): Promise<void> {
    const turn = this.#streaming.then(() => this.#streamNow(reply));
    this.#streaming = turn.catch(() => undefined);
    return turn;
  }

  async #streamNow(reply: AsyncIterable<string>): Promise<void> {
    this.#flush();
    this.#held_back = [];
    try {
      for await (const text of reply) {
        if (this.#closed) return;
        if (!this.#socket.write(text)) await this.#drained();
        // Where the system takes all at once, nothing above waits: the other clients must have their turn as well.
        await nextTurn();
      }
    } finally {
      const held_back = this.#held_back;
      this.#held_back = undefined;
      this.#held_back_length = 0;
      for (const text of held_back) this.#write(text);
    }
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#closed) resolve();
      const finish = (): void => {
        this.#socket.off('drain', finish).off('close', finish);
        resolve();
      };
      this.#socket.on('drain', finish).on('close', finish);
    });
  }

  /** Gathers what is written in one turn of the event loop into one write. */
  #write(text: string): void {
    if (this.#closed) return;
    if (this.#held_back !== undefined) {
      this.#held_back.push(text);
      this.#held_back_length += text.length;
      return;
    }
    this.#out += text;
    if (this.#flush_planned) return;
    this.#flush_planned = true;
    setImmediate(() => {
      this.#flush();
      this.#work();
    });
  }

  #flush(written?: () => void): void {
    this.#flush_planned = false;
    const text = this.#out;
    this.#out = '';
    if (this.#closed || (text === '' && written === undefined)) {
      written?.();
      return;
    }
    this.#socket.write(text, () => written?.());
  }

  /** The client has said all. It still gets its answers, as long as it is there to read them. */
  #end(): void {
    if (this.#ended) return;
    if (!this.#reader.at_boundary) {
      this.#refuse(new MalformedJson('the request ends before it is complete'));
      return;
    }
    this.#ended = true;
    this.#work();
    this.#probe();
  }

  /**
   * An end looks the same whether the client ended its side or is gone for good, and only a write tells. White space
   * between replies means nothing to a reader, so a blank now and then finds those who wait for nobody.
   */
  #probe(): void {
    if (this.#closed || this.#in_flight === 0) return;
    this.#write(' ');
    this.#stopProbing = this.#host.clock.after(PROBE_MS, () => this.#probe());
  }

  #hangUpWhenDone(): void {
    if (!this.#ended || this.#in_flight > 0 || this.#next < this.#queue.length || this.#closed) return;
    this.#flush();
    this.#socket.end();
    // Reading on to the end is what lets the socket close; whatever comes is ignored.
    this.#socket.resume();
  }

  /** The reason is what the waits end with: an answer, and not a fault of the node that it would have to log. */
  #abortWaits(reason: RpcError): void {
    for (const wait of this.#waits) wait.abort(reason);
    this.#waits.clear();
  }

  #close(): void {
    this.#closed = true;
    this.#ended = true;
    this.#queue = [];
    this.#next = 0;
    this.#stopProbing?.();
    this.#abortWaits(clientGone());
  }
}

/** How a wait ends that nobody hears the end of. */
function clientGone(): RpcError {
  return new RpcError('LIGHTNINGD', 'The client is gone');
}
