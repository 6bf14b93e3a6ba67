/**
 * The web process's end of the pair of sockets to the node: hands calls over and their answers back. It keeps the node
 * from being asked too much at once: a call that takes longer than a second is waiting for something, and lets others pass.
 */
import type { Duplex } from 'node:stream';
import type { Clock } from '../../base/types/clock.ts';
import {
  encodeCall,
  FRAME,
  type Frame,
  FrameReader,
  FrameWriter,
  type ReportName,
  type WebCall,
  type WebError,
  type WebReady,
} from '../rpc/frames.ts';

/** Calls that the node works on at the same time. */
const MOST_WORKING = 64;
/** Calls that wait for their turn; who comes then is told to come back later. */
const MOST_QUEUED = 1024;
/** All calls together: those that wait for a payment, for one, may last for days. */
const MOST_CALLS = 20_000;
/** After this a call counts as waiting. */
const WORKING_MS = 1000;

/** What the one who calls hears. Exactly one of the last three ends the call. */
export interface Answer {
  /** A piece of a long result. `next` asks for the one that follows. */
  onPiece(json: string, next: () => void): void;
  /** The whole result, or its last piece. */
  onResult(json: string): void;
  onError(error: WebError): void;
  /** The node is asked too much already: nothing was done. */
  onBusy(): void;
}

/** What is called. */
export interface CallRequest extends WebCall {
  /**
   * `judge`: the question is only whether the rune permits it. `report`: how is the node? The method is the name of the
   * report. `question`: a page asks what needs no rune. Otherwise a command is run.
   */
  readonly kind?: 'judge' | 'report' | 'question';
}

/**
 * A call under way. Where a Map has many entries come and go, V8 keeps its earlier tables, with whatever was in them when they
 * were replaced, until it collects the whole heap. So a call that has ended holds nothing: its answer holds the request and the
 * response of its client, and half of all of them would live on for seconds, moved about by each small collection.
 */
interface Call {
  asked: { readonly request: CallRequest; readonly answer: Answer } | undefined;
  /** When it went to the node; undefined while it waits for its turn. */
  sent_ms: number | undefined;
}

/** What the link needs of the web process. */
export interface NodeLinkHost {
  readonly clock: Clock;
  /** Called at first, and again when what pages show has changed. */
  readonly onSettings: (json: string) => void;
  readonly onNotification: (json: string) => void;
  readonly onStop: () => void;
  /** The node is gone. */
  readonly onGone: () => void;
}

export class NodeLink {
  readonly #frames: FrameWriter;
  readonly #host: NodeLinkHost;
  readonly #reader = new FrameReader();
  readonly #calls = new Map<number, Call>();
  #queue: number[] = [];
  /** What the node works on, in the order in which it was sent. */
  readonly #working = new Set<number>();
  #is_watching = false;
  #next_call = 1;

  constructor(socket: Duplex, host: NodeLinkHost) {
    this.#frames = new FrameWriter(socket);
    this.#host = host;
    socket.on('data', (chunk: Buffer) => this.#reader.push(chunk, (frame) => this.#take(frame)));
    socket.on('close', () => host.onGone());
    // The close that follows does all there is to do.
    socket.on('error', () => socket.destroy());
  }

  /** Calls. What it answers takes the call back: nobody waits for it any more. */
  call(request: CallRequest, answer: Answer): () => void {
    if (this.#queue.length >= MOST_QUEUED || this.#calls.size >= MOST_CALLS) {
      answer.onBusy();
      return () => {};
    }
    const number = this.#next_call;
    this.#next_call = number === 0xffffffff ? 1 : number + 1;
    this.#calls.set(number, { asked: { request, answer }, sent_ms: undefined });
    this.#queue.push(number);
    this.#work();
    return () => this.#cancel(number);
  }

  /** Asks how the node is. */
  report(what: ReportName, answer: Answer): void {
    this.call({ method: what, params: {}, rune: undefined, kind: 'report' }, answer);
  }

  /** The servers listen. */
  ready(ready: WebReady): void {
    this.#frames.write(FRAME.ready, 0, JSON.stringify(ready));
  }

  /** The servers cannot listen; the sentence says why. */
  failed(reason: string): void {
    this.#frames.write(FRAME.failed, 0, reason);
  }

  /** A fault of this process, for the node's log. */
  fault(text: string): void {
    this.#frames.write(FRAME.fault, 0, text);
  }

  /** Whether notifications are wanted. */
  subscribe(isWanted: boolean): void {
    this.#frames.write(FRAME.subscribe, 0, isWanted ? '1' : '0');
  }

  #work(): void {
    while (this.#working.size < MOST_WORKING) {
      const number = this.#queue.shift();
      if (number === undefined) return;
      const call = this.#calls.get(number);
      if (call?.asked !== undefined) this.#send(number, call, call.asked.request);
    }
  }

  #send(number: number, call: Call, request: CallRequest): void {
    const { method, kind } = request;
    call.sent_ms = this.#host.clock.monotonicMs();
    this.#working.add(number);
    this.#watch();
    if (kind === 'report') {
      this.#frames.write(FRAME.report, number, method);
      return;
    }
    this.#frames.write(kind === undefined ? FRAME.call : FRAME[kind], number, encodeCall(request));
  }

  /** One timer for all calls: it is for the oldest. */
  #watch(): void {
    const [oldest] = this.#working;
    if (oldest === undefined || this.#is_watching) return;
    this.#is_watching = true;
    const { clock } = this.#host;
    const sent_ms = this.#calls.get(oldest)?.sent_ms ?? 0;
    clock.after(sent_ms + WORKING_MS - clock.monotonicMs(), () => {
      this.#is_watching = false;
      for (const number of this.#working) {
        if ((this.#calls.get(number)?.sent_ms ?? 0) + WORKING_MS > clock.monotonicMs()) break;
        this.#working.delete(number);
      }
      this.#watch();
      this.#work();
    });
  }

  #take({ kind, call: number, text }: Frame): void {
    if (kind === FRAME.settings) this.#host.onSettings(text);
    else if (kind === FRAME.notification) this.#host.onNotification(text);
    else if (kind === FRAME.stop) this.#host.onStop();
    else this.#answer(kind, number, text);
  }

  #answer(kind: Frame['kind'], number: number, text: string): void {
    const answer = this.#calls.get(number)?.asked?.answer;
    // One that was taken back may still be answered.
    if (answer === undefined) return;
    if (kind === FRAME.piece) {
      answer.onPiece(text, () => this.#frames.write(FRAME.more, number));
      return;
    }
    this.#end(number);
    if (kind === FRAME.error) answer.onError(JSON.parse(text) as WebError);
    else answer.onResult(text);
    this.#work();
  }

  #cancel(number: number): void {
    const call = this.#calls.get(number);
    if (call === undefined) return;
    if (call.sent_ms !== undefined) this.#frames.write(FRAME.cancel, number);
    this.#end(number);
    this.#work();
  }

  #end(number: number): void {
    const call = this.#calls.get(number);
    if (call !== undefined) call.asked = undefined;
    this.#calls.delete(number);
    this.#working.delete(number);
  }
}
