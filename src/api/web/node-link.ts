/**
 * The web process's end of the pair of sockets to the node: hands calls over and their answers back. It keeps the node
 * from being asked too much at once: a call that takes longer than a second is waiting for something, and lets others pass.
 */
import type { Duplex } from 'node:stream';
import type { Clock } from '../../base/types/clock.ts';
import {
  FRAME,
  type Frame,
  FrameReader,
  FrameWriter,
  type ReportName,
  type WebError,
  type WebReady,
} from '../rpc/frames.ts';
import { type JsonObject, spell } from '../rpc/json.ts';

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
export interface CallRequest {
  readonly method: string;
  readonly params: JsonObject;
  readonly rune: string | undefined;
  /** By this name the node's log tells of it. */
  readonly request_id?: string;
  /** The same key with the same request is run once. */
  readonly idempotency_key?: string;
  /** It is part of what the rune was permitted before, and no further use of it: see `Call`. */
  readonly continues?: boolean;
  /**
   * `judge`: the question is only whether the rune permits it. `report`: how is the node? The method is the name of the
   * report. `question`: a page asks what needs no rune. Otherwise a command is run.
   */
  readonly kind?: 'judge' | 'report' | 'question';
}

interface Call {
  readonly request: CallRequest;
  readonly answer: Answer;
  is_sent: boolean;
  /** Ends its time as a call that the node works on. */
  stopWorking: (() => void) | undefined;
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
  #working = 0;
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
    this.#calls.set(number, { request, answer, is_sent: false, stopWorking: undefined });
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
    while (this.#working < MOST_WORKING) {
      const number = this.#queue.shift();
      if (number === undefined) return;
      const call = this.#calls.get(number);
      if (call !== undefined) this.#send(number, call);
    }
  }

  #send(number: number, call: Call): void {
    const { method, params, rune, request_id, idempotency_key, continues, kind } = call.request;
    call.is_sent = true;
    this.#working++;
    let isWorking = true;
    const stop = (): void => {
      if (!isWorking) return;
      isWorking = false;
      this.#working--;
    };
    const stopTimer = this.#host.clock.after(WORKING_MS, () => {
      stop();
      this.#work();
    });
    call.stopWorking = () => {
      stopTimer();
      stop();
    };
    if (kind === 'report') {
      this.#frames.write(FRAME.report, number, method);
      return;
    }
    const text = spell({
      method,
      params,
      ...(rune === undefined ? {} : { rune }),
      ...(request_id === undefined ? {} : { request_id }),
      ...(idempotency_key === undefined ? {} : { idempotency_key }),
      ...(continues === undefined ? {} : { continues }),
    });
    this.#frames.write(kind === undefined ? FRAME.call : FRAME[kind], number, text);
  }

  #take({ kind, call: number, text }: Frame): void {
    if (kind === FRAME.settings) this.#host.onSettings(text);
    else if (kind === FRAME.notification) this.#host.onNotification(text);
    else if (kind === FRAME.stop) this.#host.onStop();
    else this.#answer(kind, number, text);
  }

  #answer(kind: Frame['kind'], number: number, text: string): void {
    const call = this.#calls.get(number);
    // One that was taken back may still be answered.
    if (call === undefined) return;
    if (kind === FRAME.piece) {
      call.answer.onPiece(text, () => this.#frames.write(FRAME.more, number));
      return;
    }
    this.#end(number, call);
    if (kind === FRAME.error) call.answer.onError(JSON.parse(text) as WebError);
    else call.answer.onResult(text);
    this.#work();
  }

  #cancel(number: number): void {
    const call = this.#calls.get(number);
    if (call === undefined) return;
    if (call.is_sent) this.#frames.write(FRAME.cancel, number);
    this.#end(number, call);
    this.#work();
  }

  #end(number: number, call: Call): void {
    this.#calls.delete(number);
    call.stopWorking?.();
  }
}
