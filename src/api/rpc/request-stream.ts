/**
 * Requests out of a stream of bytes: JSON objects one after the other, with or without white space between, cut into
 * chunks anywhere. Each byte is looked at once, so that bytes that drip in cost no more than bytes that come at once;
 * JSON.parse does the rest, unless the scan met something that it would lose (see json-parser.ts).
 */
import { isUtf8 } from 'node:buffer';
import type { Json } from './json.ts';
import { DEEPEST_NESTING, MalformedJson, type Parsed, parseJson } from './json-parser.ts';

/** The longest request. The seed page and Core Lightning set no other bound; an invoice needs some hundreds of bytes. */
export const LONGEST_REQUEST_BYTES = 16 * 1024 * 1024;

/**
 * Commas in a request, and so about its values: far more than any command takes. Sixteen megabytes of small values would
 * keep the parser busy for seconds, while the other clients wait.
 */
export const MOST_COMMAS = 100_000;

/** Fewer digits than this always fit a safe integer. */
const SAFE_DIGITS = 15;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;

interface ReaderOptions {
  readonly longest_bytes?: number;
  readonly most_commas?: number;
  readonly keep_escapes?: boolean;
}

/** Splits a stream of bytes into requests. One reader for each connection. */
export class RequestReader {
  /** The bytes of the request that has not ended yet, in a buffer that doubles. */
  #held = Buffer.alloc(0);
  #held_bytes = 0;
  #depth = 0;
  #in_string = false;
  #escaped = false;
  #digits = 0;
  #colons = 0;
  #commas = 0;
  /** Whether JSON.parse would lose something of this request. */
  #strict = false;
  #ascii = true;
  readonly #longest_bytes: number;
  readonly #most_commas: number;
  readonly #keep_escapes: boolean;

  /**
   * Both bounds are for one request; a client, which trusts its node, lets replies be of any length. `keep_escapes` as in
   * json-parser.ts; an id that is echoed needs it, and so it is the default.
   */
  constructor({
    longest_bytes = LONGEST_REQUEST_BYTES,
    most_commas = MOST_COMMAS,
    keep_escapes = true,
  }: ReaderOptions = {}) {
    this.#longest_bytes = longest_bytes;
    this.#most_commas = most_commas;
    this.#keep_escapes = keep_escapes;
  }

  /**
   * Takes a chunk and gives each request that ends in it to `emit`. Throws MalformedJson; nothing can be read after that.
   */
  push(chunk: Buffer, emit: (request: Parsed) => void): void {
    let start = this.#depth > 0 ? 0 : -1;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      if (this.#depth === 0) {
        if (byte === 0x20 || (byte >= 0x09 && byte <= 0x0d && byte !== 0x0b && byte !== 0x0c)) continue;
        if (byte !== 0x7b) throw new MalformedJson('Expected {} for json command');
        start = at;
        this.#depth = 1;
        continue;
      }
      if (this.#scan(byte)) {
        emit(this.#finish(chunk, start, at + 1));
        start = -1;
      }
    }
    if (start >= 0) this.#hold(chunk, start, chunk.length);
  }

  /** Whether the stream may end here. */
  get at_boundary(): boolean {
    return this.#depth === 0;
  }

  /** Looks at one byte within a request: true when it is its last. */
  #scan(byte: number): boolean {
    if (byte >= 0x80) this.#ascii = false;
    if (this.#in_string) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) {
        this.#escaped = true;
        this.#strict = true;
      } else if (byte === QUOTE) this.#in_string = false;
      return false;
    }
    if (byte >= 0x30 && byte <= 0x39) {
      if (++this.#digits > SAFE_DIGITS) this.#strict = true;
      return false;
    }
    // A fraction, an exponent (an e behind a digit) or a minus.
    if (byte === 0x2e || byte === 0x2d || ((byte | 0x20) === 0x65 && this.#digits > 0)) this.#strict = true;
    this.#digits = 0;
    if (byte === QUOTE) this.#in_string = true;
    else if (byte === COLON) this.#colons++;
    else if (byte === COMMA) {
      if (++this.#commas > this.#most_commas) throw new MalformedJson(`more than ${this.#most_commas} values`);
    } else if (byte === 0x7b || byte === 0x5b) {
      if (++this.#depth > DEEPEST_NESTING) throw new MalformedJson(`nested more than ${DEEPEST_NESTING} deep`);
    } else if (byte === 0x7d || byte === 0x5d) return --this.#depth === 0;
    return false;
  }

  #hold(chunk: Buffer, start: number, end: number): void {
    const needed = this.#held_bytes + end - start;
    if (needed > this.#longest_bytes) {
      throw new MalformedJson(`the request is longer than ${this.#longest_bytes} bytes`);
    }
    if (needed > this.#held.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#held.length * 2, 1024));
      this.#held.copy(larger, 0, 0, this.#held_bytes);
      this.#held = larger;
    }
    chunk.copy(this.#held, this.#held_bytes, start, end);
    this.#held_bytes = needed;
  }

  #finish(chunk: Buffer, start: number, end: number): Parsed {
    let bytes = chunk.subarray(start, end);
    if (this.#held_bytes > 0) {
      this.#hold(chunk, start, end);
      bytes = this.#held.subarray(0, this.#held_bytes);
    } else if (bytes.length > this.#longest_bytes) {
      throw new MalformedJson(`the request is longer than ${this.#longest_bytes} bytes`);
    }
    const [strict, colons, ascii] = [this.#strict, this.#colons, this.#ascii];
    this.#held = Buffer.alloc(0);
    this.#held_bytes = 0;
    this.#digits = 0;
    this.#colons = 0;
    this.#commas = 0;
    this.#strict = false;
    this.#ascii = true;
    if (!ascii && !isUtf8(bytes)) throw new MalformedJson('the request is not valid UTF-8');
    const text = bytes.toString(ascii ? 'latin1' : 'utf8');
    return strict ? parseJson(text, { keep_escapes: this.#keep_escapes }) : parseQuickly(text, colons);
  }
}

/** Reads texts that hold one object each, and nothing else. */
export class ObjectReader {
  readonly #options: ReaderOptions;
  #reader: RequestReader;

  constructor(options: ReaderOptions = {}) {
    this.#options = options;
    this.#reader = new RequestReader(options);
  }

  /** Throws MalformedJson. */
  read(bytes: Buffer): Parsed {
    let read: Parsed | undefined;
    try {
      this.#reader.push(bytes, (object) => {
        if (read !== undefined) throw new MalformedJson('something follows the object');
        read = object;
      });
      if (read !== undefined && this.#reader.at_boundary) return read;
      throw new MalformedJson(read === undefined ? 'the object has no end' : 'something follows the object');
    } catch (error) {
      // It may be in the middle of a text.
      this.#reader = new RequestReader(this.#options);
      throw error;
    }
  }
}

/** JSON.parse, checked by the colons of the text: where fewer names than colons came out, one was given twice. */
function parseQuickly(text: string, colons: number): Parsed {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    // The strict parser says where it is wrong, in words of ours.
    return parseJson(text, { keep_escapes: true });
  }
  return countNames(value) === colons ? { value, duplicate: undefined } : parseJson(text, { keep_escapes: true });
}

function countNames(value: Json): number {
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) {
    for (const element of value) count += countNames(element as Json);
    return count;
  }
  for (const member of Object.values(value as Readonly<Record<string, Json>>)) count += 1 + countNames(member);
  return count;
}
