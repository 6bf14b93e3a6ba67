/** Reading and writing the fundamental types of BOLT 1 over one buffer. All integers are big-endian. */

/** Bytes that are no message, or a message that cannot be written. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

/** Reads from the front; nothing is read past the end. */
export class Reader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#end = bytes.byteLength;
    this.#at = 0;
  }

  /** How many bytes are left. */
  get left(): number {
    return this.#end - this.#at;
  }

  #take(length: number): number {
    const start = this.#at;
    if (length > this.#end - start)
      throw new WireError(`${length} bytes expected at byte ${start}, ${this.#end - start} left`);
    this.#at = start + length;
    return start;
  }

  u8(): number {
    return this.#bytes[this.#take(1)] as number;
  }

  u16(): number {
    return this.#bytes.readUInt16BE(this.#take(2));
  }

  u32(): number {
    return this.#bytes.readUInt32BE(this.#take(4));
  }

  u64(): bigint {
    return this.#bytes.readBigUInt64BE(this.#take(8));
  }

  /** A BigSize in its shortest form. */
  bigSize(): bigint {
    const first = this.u8();
    if (first < 0xfd) return BigInt(first);
    const value = first === 0xfd ? BigInt(this.u16()) : first === 0xfe ? BigInt(this.u32()) : this.u64();
    const least = first === 0xfd ? 0xfdn : first === 0xfe ? 0x10000n : 0x100000000n;
    if (value < least) throw new WireError(`a BigSize of ${value} is not in its shortest form`);
    return value;
  }

  /** A truncated integer (tu16, tu32, tu64): all that is left, without leading zeros. */
  truncated(max_bytes: number): bigint {
    const length = this.left;
    if (length > max_bytes) throw new WireError(`a truncated integer of ${length} bytes, at most ${max_bytes} fit`);
    const text = this.hex(length);
    if (text.startsWith('00')) throw new WireError('a truncated integer with a leading zero');
    return length === 0 ? 0n : BigInt(`0x${text}`);
  }

  hex(length: number): string {
    const start = this.#take(length);
    return this.#bytes.toString('hex', start, start + length);
  }

  /** A copy: the message may outlive the buffer that it came in. */
  bytes(length: number): Uint8Array {
    const start = this.#take(length);
    return new Uint8Array(this.#bytes.subarray(start, start + length));
  }

  /** A reader of the next bytes alone. */
  part(length: number): Reader {
    const start = this.#take(length);
    return new Reader(this.#bytes.subarray(start, start + length));
  }
}

/** Enough for every message but the largest; it grows when it must. */
const INITIAL_BYTES = 2048;

/** Writes to the end of a growing buffer. */
export class Writer {
  #bytes = Buffer.allocUnsafe(INITIAL_BYTES);
  #at = 0;

  #room(length: number): number {
    const start = this.#at;
    if (start + length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, start + length));
      this.#bytes.copy(larger, 0, 0, start);
      this.#bytes = larger;
    }
    this.#at = start + length;
    return start;
  }

  u8(value: number): void {
    const at = this.#room(1);
    this.#bytes.writeUInt8(value, at);
  }

  u16(value: number): void {
    const at = this.#room(2);
    this.#bytes.writeUInt16BE(value, at);
  }

  u32(value: number): void {
    const at = this.#room(4);
    this.#bytes.writeUInt32BE(value, at);
  }

  u64(value: bigint): void {
    const at = this.#room(8);
    this.#bytes.writeBigUInt64BE(value, at);
  }

  bigSize(value: bigint | number): void {
    if (value < 0xfd) this.u8(Number(value));
    else if (value < 0x10000) {
      this.u8(0xfd);
      this.u16(Number(value));
    } else if (value < 0x100000000) {
      this.u8(0xfe);
      this.u32(Number(value));
    } else {
      this.u8(0xff);
      this.u64(BigInt(value));
    }
  }

  /** A truncated integer: no leading zeros, nothing at all for zero. */
  truncated(value: bigint): void {
    if (value === 0n) return;
    const text = value.toString(16);
    this.hex(text.length % 2 === 0 ? text : `0${text}`, Math.ceil(text.length / 2));
  }

  /** Writes hex of exactly so many bytes. Throws WireError when it is not that. */
  hex(text: string, length: number): void {
    const at = this.#room(length);
    if (text.length !== length * 2 || this.#bytes.write(text, at, length, 'hex') !== length) {
      throw new WireError(`${length} bytes of hex expected, got ${text.length} characters`);
    }
  }

  bytes(value: Uint8Array): void {
    const at = this.#room(value.length);
    this.#bytes.set(value, at);
  }

  /** What was written so far. */
  done(): Uint8Array {
    return new Uint8Array(this.#bytes.subarray(0, this.#at));
  }
}
