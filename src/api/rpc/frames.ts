/**
 * What the node and its web process say to each other over their pair of sockets: frames of a length, a kind, the number
 * of a call, and text. Many calls are under way at once, and none waits for another.
 *
 *   u32 bytes that follow · u8 kind · u32 call · text (UTF-8)
 */

import type { Duplex } from 'node:stream';

/** What a frame is. */
export const FRAME = {
  /** To the web process: everything it must know, as JSON. Comes first, and again when what pages show has changed. */
  settings: 1,
  /** To the node: run a command. JSON of a WebCall. */
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
  /** To the node: does the rune permit this? JSON of a WebCall, which is not run. Answered by result or error. */
  judge: 14,
  /** To the node: how is it? The text is a ReportName; the result is JSON of a Report. */
  report: 15,
  /** To the node: a page asks what needs no rune. JSON of a WebCall without one; the method is the name of the question. */
  question: 16,
  /** To the node: something of ours failed. Text for its log. */
  fault: 17,
} as const;
export type FrameKind = (typeof FRAME)[keyof typeof FRAME];

/** A call as the web process hands it over. Its parameters are an object. */
export interface WebCall {
  readonly method: string;
  readonly rune: string | undefined;
  /** By this name the log tells of it. */
  readonly request_id?: string;
  /** The same key with the same request is run once. */
  readonly idempotency_key?: string;
  /** It is part of what the rune was permitted before, and no further use of it: see `Call`. */
  readonly continues?: boolean;
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
export interface Frame {
  readonly kind: FrameKind;
  readonly call: number;
  readonly text: string;
}

const HEAD_BYTES = 9;
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
 * Writes frames to one end of the pair. What is written within one turn of the event loop goes out together: with many
 * calls under way a system call for each frame would cost more than the frame.
 */
export class FrameWriter {
  readonly #socket: Duplex;
  #is_gathering = false;

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  /** A frame of a call; lost when the other end is gone. */
  write(kind: FrameKind, call: number, text?: string): void {
    if (this.#socket.destroyed) return;
    if (!this.#is_gathering) {
      this.#is_gathering = true;
      this.#socket.cork();
      setImmediate(() => this.flush());
    }
    this.#socket.write(encodeFrame(kind, call, text));
  }

  /** Lets out what was gathered. */
  flush(): void {
    if (!this.#is_gathering) return;
    this.#is_gathering = false;
    this.#socket.uncork();
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
      const text = bytes.toString('utf8', HEAD_BYTES, 4 + length);
      emit({ kind: bytes[4] as FrameKind, call: bytes.readUInt32BE(5), text });
      bytes = bytes.subarray(4 + length);
    }
    this.#held = bytes.length === 0 ? [] : [bytes];
    this.#held_bytes = bytes.length;
  }
}
