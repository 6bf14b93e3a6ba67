/**
 * The node's end of the pair of sockets to its web process: runs the calls that come, each with its own rune, and hands
 * the answers back piece by piece as they are taken. However many clients the web process has, what is under way here
 * stays bounded: it keeps more from coming (api/web/node-link.ts).
 */
import { setMaxListeners } from 'node:events';
import type { Duplex } from 'node:stream';
import { RpcError } from '../../base/errors.ts';
import type { Caller, Dispatcher, Outcome } from '../rpc/dispatch.ts';
import {
  decodeCall,
  FRAME,
  type Frame,
  type FrameKind,
  FrameReader,
  FrameWriter,
  type Report,
  type ReportName,
  type WebError,
  type WebReady,
} from '../rpc/frames.ts';
import type { JsonObject } from '../rpc/json.ts';
import { writeJson } from '../rpc/writer.ts';

/** Pieces of a streamed result are gathered to about this length. */
const PIECE_CHARACTERS = 64 * 1024;

/** What the link needs of its node. */
export interface WebLinkHost {
  readonly dispatcher: Pick<Dispatcher<never>, 'call' | 'judge'>;
  /** JSON of all that the web process must know. */
  readonly settings: string;
  /** Begins to hand notifications over; what it answers ends that. */
  readonly subscribe: (notify: (json: string) => void) => () => void;
  /**
   * Answers what a page asks without a rune, as anybody may. Rejects with RpcError; with the signal's reason when nobody waits
   * any more.
   */
  readonly question: (name: string, params: JsonObject, signal: AbortSignal) => Promise<unknown>;
  /** How the node is, for those who watch it. */
  readonly report: (what: ReportName) => Promise<Report>;
  readonly onUnexpected: (error: unknown, what: string) => void;
  readonly onReady: (ready: WebReady) => void;
  /** The servers cannot listen; the sentence says why. */
  readonly onFailed: (reason: string) => void;
}

interface Running {
  /** Aborted when the client is gone. */
  wait: AbortController | undefined;
  is_cancelled: boolean;
  /** Lets the next piece go. */
  more: (() => void) | undefined;
}

export class WebLink {
  readonly #socket: Duplex;
  readonly #host: WebLinkHost;
  readonly #frames: FrameWriter;
  readonly #reader = new FrameReader();
  readonly #running = new Map<number, Running>();
  #unsubscribe: (() => void) | undefined;
  #is_stopping = false;

  constructor(socket: Duplex, host: WebLinkHost) {
    this.#socket = socket;
    this.#frames = new FrameWriter(socket);
    this.#host = host;
    socket.on('data', (chunk: Buffer) => {
      try {
        this.#reader.push(chunk, (frame) => this.#take(frame));
      } catch (error) {
        host.onUnexpected(error, 'the web process');
        socket.destroy();
      }
    });
    socket.on('close', () => this.#close());
    // The close that follows does all there is to do.
    socket.on('error', () => socket.destroy());
    this.#write(FRAME.settings, 0, host.settings);
  }

  /** Tells it what has changed in its settings: of the pages alone. */
  tellSettings(settings: string): void {
    this.#write(FRAME.settings, 0, settings);
  }

  /** Asks the web process to end, once its answers have gone out. */
  stop(): void {
    this.#is_stopping = true;
    for (const { wait } of this.#running.values()) wait?.abort(nodeStops());
    this.#write(FRAME.stop, 0);
  }

  #write(kind: FrameKind, call: number, text?: string): void {
    this.#frames.write(kind, call, text);
  }

  #take(frame: Frame): void {
    const { kind, call } = frame;
    if (kind === FRAME.call || kind === FRAME.judge) void this.#run(frame);
    else if (kind === FRAME.question) void this.#question(frame);
    else if (kind === FRAME.report) void this.#report(call, frame.text as ReportName);
    else if (kind === FRAME.cancel) this.#cancel(call);
    else if (kind === FRAME.more) this.#running.get(call)?.more?.();
    else if (kind === FRAME.ready) this.#host.onReady(JSON.parse(frame.text) as WebReady);
    else if (kind === FRAME.failed) this.#host.onFailed(frame.text);
    else if (kind === FRAME.fault) this.#host.onUnexpected(new Error(frame.text), 'the web process');
    else if (kind === FRAME.subscribe) {
      this.#unsubscribe?.();
      this.#unsubscribe =
        frame.text === '1' ? this.#host.subscribe((json) => this.#write(FRAME.notification, 0, json)) : undefined;
    }
  }

  async #report(call: number, what: ReportName): Promise<void> {
    try {
      this.#write(FRAME.result, call, JSON.stringify(await this.#host.report(what)));
    } catch (error) {
      this.#host.onUnexpected(error, `the report ${what}`);
      this.#writeError(call, new RpcError('LIGHTNINGD', 'the node cannot say how it is'), false);
    }
  }

  async #question({ call, bytes }: Frame): Promise<void> {
    const wait = new AbortController();
    setMaxListeners(0, wait.signal);
    const running: Running = { wait, is_cancelled: false, more: undefined };
    this.#running.set(call, running);
    let name = '';
    try {
      if (this.#is_stopping) throw nodeStops();
      const { method, params } = decodeCall(bytes);
      name = method;
      const result = await this.#host.question(method, params, wait.signal);
      if (!running.is_cancelled) this.#write(FRAME.result, call, writeJson(result));
    } catch (error) {
      if (running.is_cancelled) return;
      if (!(error instanceof RpcError)) this.#host.onUnexpected(error, `the question ${name}`);
      const told = error instanceof RpcError ? error : new RpcError('LIGHTNINGD', 'the node failed: its log says why');
      this.#writeError(call, told, false);
    } finally {
      this.#running.delete(call);
    }
  }

  async #run({ kind, call, bytes }: Frame): Promise<void> {
    const running: Running = { wait: undefined, is_cancelled: false, more: undefined };
    this.#running.set(call, running);
    try {
      const called = decodeCall(bytes);
      if (kind === FRAME.judge) {
        const error = await this.#host.dispatcher.judge(called);
        if (error === undefined) this.#write(FRAME.result, call, 'true');
        else this.#writeError(call, error, true);
        return;
      }
      const actions: (() => void)[] = [];
      const outcome = await this.#host.dispatcher.call(called, this.#callerOf(running, actions));
      await this.#answer(call, running, outcome);
      for (const action of actions) action();
    } catch (error) {
      // Only what cannot be read as a call is refused here: the dispatcher answers its own errors.
      if (error instanceof RpcError) {
        this.#writeError(call, error, false);
        return;
      }
      this.#host.onUnexpected(error, 'a call of the web process');
      this.#socket.destroy();
    } finally {
      this.#running.delete(call);
    }
  }

  #callerOf(running: Running, actions: (() => void)[]): Caller {
    const isStopping = () => this.#is_stopping;
    return {
      transport: 'http',
      connection: { notifications: false, deprecations: true, batching: false },
      signalFor() {
        running.wait = new AbortController();
        setMaxListeners(0, running.wait.signal);
        if (running.is_cancelled) running.wait.abort(clientGone());
        else if (isStopping()) running.wait.abort(nodeStops());
        return running.wait.signal;
      },
      // Over HTTP nothing can be said before the answer.
      send() {},
      afterReply: (action) => actions.push(action),
    };
  }

  async #answer(call: number, running: Running, outcome: Outcome): Promise<void> {
    if (running.is_cancelled) return;
    if ('error' in outcome) this.#writeError(call, outcome.error, outcome.is_refusal);
    else if (typeof outcome.result === 'string') this.#write(FRAME.result, call, outcome.result);
    else await this.#stream(call, running, outcome.result);
  }

  /** One piece at a time: the next one waits until the client has taken the last. */
  async #stream(call: number, running: Running, pieces: AsyncIterable<string>): Promise<void> {
    let gathered = '';
    const send = async (): Promise<void> => {
      const taken = new Promise<void>((resolve) => {
        running.more = resolve;
      });
      this.#write(FRAME.piece, call, gathered);
      gathered = '';
      await taken;
    };
    for await (const piece of pieces) {
      gathered += piece;
      if (gathered.length >= PIECE_CHARACTERS) await send();
      if (running.is_cancelled) return;
    }
    this.#write(FRAME.end, call, gathered);
  }

  #writeError(call: number, error: RpcError, is_refusal: boolean): void {
    const told: WebError = {
      error: error.error,
      code: error.code,
      message: error.message,
      data_json: writeJson(error.data),
      is_refusal,
    };
    this.#write(FRAME.error, call, JSON.stringify(told));
  }

  #cancel(call: number): void {
    const running = this.#running.get(call);
    if (running === undefined) return;
    running.is_cancelled = true;
    running.wait?.abort(clientGone());
    running.more?.();
  }

  #close(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    for (const call of [...this.#running.keys()]) this.#cancel(call);
  }
}

function nodeStops(): RpcError {
  return new RpcError('LIGHTNINGD_SHUTDOWN', 'The node is stopping');
}

function clientGone(): RpcError {
  return new RpcError('LIGHTNINGD', 'The client is gone');
}
