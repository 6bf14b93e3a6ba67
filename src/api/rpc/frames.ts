/**
 * What the node and its web process say to each other over their pair of sockets: frames of a length, a kind, the number
 * of a call, and text. Many calls are under way at once, and none waits for another.
 *
 *   u32 bytes that follow · u8 kind · u32 call · text (UTF-8)
 */

import type { Duplex } from 'node:stream';
import { RpcError } from '../../base/errors.ts';
import { type JsonObject, spell } from './json.ts';
import { MalformedJson } from './json-parser.ts';
import { ObjectReader } from './request-stream.ts';

/** What a frame is. */
export const FRAME = {
  /** To the web process: everything it must know, as JSON. Comes first, and again when what pages show has changed. */
  settings: 1,
  /** To the node: run a command. A WebCall, as encodeCall writes it. */
  call: 2,
  /** To the node: nobody waits for the call any more. */
  cancel: 3,
  /** To the node: the last piece has gone out, the next one may come. */
  more: 4,
  /** To the web process: the whole result, as JSON. Ends the call. */
  result: 5,
  /** To the web process: a piece of a result. */
  piece: 6,
  /** To the web process: the last piece was the last. Ends the call. */
  end: 7,
  /** To the web process: the call failed. JSON of a WebError. Ends the call. */
  error: 8,
  /** To the node: notifications are wanted (`1`) or no longer (`0`). */
  subscribe: 9,
  /** To the web process: a notification, as JSON. */
  notification: 10,
  /** To the node: the servers listen. JSON of a WebReady. */
  ready: 11,
  /** To the web process: finish and end. */
  stop: 12,
  /** To the node: the servers cannot listen. The reason, a sentence. */
  failed: 13,
  /** To the node: does the rune permit this? A WebCall, which is not run. Answered by result or error. */
  judge: 14,
  /** To the node: how is it? The text is a ReportName; the result is JSON of a Report. */
  report: 15,
  /** To the node: a page asks what needs no rune. A WebCall without one; the method is the name of the question. */
  question: 16,
  /** To the node: something of ours failed. Text for its log. */
  fault: 17,
} as const;
export type FrameKind = (typeof FRAME)[keyof typeof FRAME];

/** A call as the web process hands it over. */
export interface WebCall {
  readonly method: string;
  /** By name. */
  readonly params: JsonObject;
  readonly rune: string | undefined;
  /** By this name the log tells of it. */
  readonly request_id?: string | undefined;
  /** The same key with the same request is run once. */
  readonly idempotency_key?: string | undefined;
  /** It is part of what the rune was permitted before, and no further use of it: see `Call`. */
  readonly continues?: boolean | undefined;
}

/** What the node says of itself to those who watch it. */
export type ReportName = 'metrics' | 'liveness' | 'readiness';

/** An answer to one who watches. */
export interface Report {
  readonly status: 200 | 503;
  readonly content_type: string;
  readonly body: string;
}

/** What the web process says when it serves. */
export interface WebReady {
  /** Where its servers listen, in the order of the settings. */
  readonly ports: readonly number[];
  /** What it could still do beyond speaking to the network: nothing, where Node has a permission model. */
  readonly rights: readonly ('reads files' | 'writes files' | 'starts programs')[];
}

/** A failure as the node answers it. */
export interface WebError {
  readonly error: string;
  readonly code: number;
  readonly message: string;
  /** JSON, with integers of any size. */
  readonly data_json: string;
  /** The rune was refused, and nothing ran. */
  readonly is_refusal: boolean;
}

/** A frame as it is read. */
export class Frame {
  readonly kind: FrameKind;
  readonly call: number;
  /** A view into what came: to be used at once. */
  readonly bytes: Buffer;

  constructor(kind: FrameKind, call: number, bytes: Buffer) {
    this.kind = kind;
    this.call = call;
    this.bytes = bytes;
  }

  get text(): string {
    return this.bytes.toString();
  }
}

const HEAD_BYTES = 9;
const LINE_END = 0x0a;
/** Far more than any frame has: a piece of a result is some 64 kB, a request at most a megabyte. */
const LONGEST_FRAME_BYTES = 64 * 1024 * 1024;

/** The bytes of a frame. */
export function encodeFrame(kind: FrameKind, call: number, text = ''): Buffer {
  const length = Buffer.byteLength(text);
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + length);
  bytes.writeUInt32BE(length + HEAD_BYTES - 4, 0);
  bytes[4] = kind;
  bytes.writeUInt32BE(call, 5);
  bytes.write(text, HEAD_BYTES);
  return bytes;
}

/**
 * Writes frames to one end of the pair. What is written within one turn of the event loop goes out together, as one buffer:
 * with many calls under way a system call for each frame would cost more than the frame.
 */
export class FrameWriter {
  readonly #socket: Duplex;
  #gathered: Buffer[] = [];

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  /** A frame of a call; lost when the other end is gone. */
  write(kind: FrameKind, call: number, text?: string): void {
    if (this.#socket.destroyed) return;
    if (this.#gathered.length === 0) setImmediate(this.#flush);
    this.#gathered.push(encodeFrame(kind, call, text));
  }

  readonly #flush = (): void => {
    const frames = this.#gathered;
    this.#gathered = [];
    if (!this.#socket.destroyed)
      this.#socket.write(frames.length === 1 ? (frames[0] as Buffer) : Buffer.concat(frames));
  };
}

/**
 * The text of a call: an array of its words, and in a second line its parameters. What a client wrote is in those alone, so
 * only they need a reader that loses nothing.
 */
export function encodeCall({ method, params, rune, request_id, idempotency_key, continues }: WebCall): string {
  return `${JSON.stringify([method, rune, request_id, idempotency_key, continues])}\n${spell(params)}`;
}

const params_reader = new ObjectReader();

/**
 * The call of such a text. Throws RpcError: what the web process could read may still be beyond what the node takes (too
 * many values, nested too deep), which is the fault of that call alone.
 */
export function decodeCall(bytes: Buffer): WebCall {
  const end = bytes.indexOf(LINE_END);
  const words: unknown = end < 0 ? undefined : JSON.parse(bytes.toString('utf8', 0, end));
  if (!Array.isArray(words) || typeof words[0] !== 'string') {
    throw new RpcError('INVALID_REQUEST', 'the web process sent what is no call');
  }
  const [method, rune, request_id, idempotency_key] = words.map((word) =>
    typeof word === 'string' ? word : undefined,
  );
  const params = readParams(bytes.subarray(end + 1));
  return { method: method as string, params, rune, request_id, idempotency_key, continues: words[4] === true };
}

function readParams(bytes: Buffer): JsonObject {
  try {
    return params_reader.read(bytes).value as JsonObject;
  } catch (error) {
    if (!(error instanceof MalformedJson)) throw error;
    throw new RpcError('INVALID_PARAMS', `the parameters cannot be taken: ${error.message}`);
  }
}

/** Splits a stream of bytes into frames. */
export class FrameReader {
  #held: Buffer[] = [];
  #held_bytes = 0;

  /** Gives each frame that is complete to `emit`. Throws RangeError for what cannot be a frame. */
  push(chunk: Buffer, emit: (frame: Frame) => void): void {
    this.#held.push(chunk);
    this.#held_bytes += chunk.length;
    if (this.#held_bytes < HEAD_BYTES) return;
    let bytes = this.#held.length === 1 ? chunk : Buffer.concat(this.#held);
    while (bytes.length >= HEAD_BYTES) {
      const length = bytes.readUInt32BE(0);
      if (length < HEAD_BYTES - 4 || length > LONGEST_FRAME_BYTES) throw new RangeError(`a frame of ${length} bytes`);
      if (bytes.length < 4 + length) break;
      emit(new Frame(bytes[4] as FrameKind, bytes.readUInt32BE(5), bytes.subarray(HEAD_BYTES, 4 + length)));
      bytes = bytes.subarray(4 + length);
    }
    this.#held = bytes.length === 0 ? [] : [bytes];
    this.#held_bytes = bytes.length;
  }
}
