/**
 * Walks the bytes of a block without building objects, so that a full block is looked through in milliseconds. The
 * layout is Bitcoin's own: an 80-byte header, a count, then the transactions (BIP 144 for those with witnesses).
 */
import { sha256d } from '../../base/crypto/hash.ts';
import type { Txid } from '../../base/types/brand.ts';

export const HEADER_LENGTH_BYTES = 80;

/** A block or a transaction ended too early, or counts more than it can hold. */
export class RawBlockError extends Error {
  override readonly name = 'RawBlockError';
}

/** What is called for the parts of a transaction, in their order. Offsets are into the walked bytes. */
export interface TransactionVisitor {
  /** `offset` is where the 36 bytes of the outpoint begin; the 4 bytes of the sequence end at `end`. */
  input?(index: number, offset: number, end: number): void;
  /** `offset` is where the 8 bytes of the amount begin; the script lies between `script_start` and `script_end`. */
  output?(index: number, offset: number, script_start: number, script_end: number): void;
}

/** Where a transaction lies, and what its txid is made of. */
export interface TransactionSpan {
  readonly start: number;
  readonly end: number;
  /** Where the count of inputs begins, and where the last output ends: the txid skips the witnesses (BIP 141). */
  readonly body_start: number;
  readonly body_end: number;
}

/** A variable-length integer: its value, and where it ends. One object is reused: read it before the next call. */
const compact = { value: 0, end: 0 };

function readCompactSize(bytes: Buffer, offset: number): number {
  const first = bytes[offset];
  if (first === undefined) throw new RawBlockError(`the bytes end at ${bytes.length}, in a count`);
  if (first < 0xfd) {
    compact.end = offset + 1;
    compact.value = first;
  } else {
    const width = first === 0xfd ? 2 : first === 0xfe ? 4 : 8;
    if (offset + 1 + width > bytes.length) throw new RawBlockError(`the bytes end at ${bytes.length}, in a count`);
    compact.end = offset + 1 + width;
    compact.value =
      width === 2
        ? bytes.readUInt16LE(offset + 1)
        : width === 4
          ? bytes.readUInt32LE(offset + 1)
          : Number(bytes.readBigUInt64LE(offset + 1));
  }
  if (compact.value > bytes.length) throw new RawBlockError(`a count of ${compact.value} in ${bytes.length} bytes`);
  return compact.value;
}

/** Walks the transaction that begins at `start`. Throws RawBlockError when the bytes are none. */
export function walkTransaction(bytes: Buffer, start: number, visitor: TransactionVisitor): TransactionSpan {
  const hasWitness = bytes[start + 4] === 0 && bytes[start + 5] === 1;
  const body_start = start + (hasWitness ? 6 : 4);
  const input_count = readCompactSize(bytes, body_start);
  let at = compact.end;
  for (let index = 0; index < input_count; index++) {
    const script_length = readCompactSize(bytes, at + 36);
    const end = compact.end + script_length + 4;
    visitor.input?.(index, at, end);
    at = end;
  }
  const output_count = readCompactSize(bytes, at);
  at = compact.end;
  for (let index = 0; index < output_count; index++) {
    const script_length = readCompactSize(bytes, at + 8);
    const script_start = compact.end;
    visitor.output?.(index, at, script_start, script_start + script_length);
    at = script_start + script_length;
  }
  const body_end = at;
  if (hasWitness) {
    for (let index = 0; index < input_count; index++) {
      const items = readCompactSize(bytes, at);
      at = compact.end;
      for (let item = 0; item < items; item++) {
        const length = readCompactSize(bytes, at);
        at = compact.end + length;
      }
    }
  }
  if (at + 4 > bytes.length) throw new RawBlockError(`the bytes end at ${bytes.length}, in a transaction`);
  return { start, end: at + 4, body_start, body_end };
}

/** Walks every transaction of a block; `after` is called when each has been walked. */
export function walkBlock(
  block: Buffer,
  visitor: TransactionVisitor,
  after: (transaction_index: number, span: TransactionSpan) => void,
): void {
  const count = readCompactSize(block, HEADER_LENGTH_BYTES);
  let at = compact.end;
  for (let index = 0; index < count; index++) {
    const span = walkTransaction(block, at, visitor);
    after(index, span);
    at = span.end;
  }
  if (at !== block.length) throw new RawBlockError(`${block.length - at} bytes follow the last transaction`);
}

/** Transactions without their witnesses are put together here: hashing is most of a search, and one call is quickest. */
const stripped = Buffer.alloc(100_000);

/** A transaction's id, in the byte order of the wire. */
export function txidBytes(bytes: Buffer, { start, end, body_start, body_end }: TransactionSpan): Buffer {
  if (body_start === start + 4) return Buffer.from(sha256d(bytes.subarray(start, end)));
  const length = 4 + (body_end - body_start) + 4;
  const body = length <= stripped.length ? stripped : Buffer.alloc(length);
  bytes.copy(body, 0, start, start + 4);
  bytes.copy(body, 4, body_start, body_end);
  bytes.copy(body, length - 4, end - 4, end);
  return Buffer.from(sha256d(body.subarray(0, length)));
}

/** A transaction's id as people write it. */
export function txidOf(bytes: Buffer, span: TransactionSpan): Txid {
  return reversedHex(txidBytes(bytes, span)) as Txid;
}

/** The id of a transaction that stands alone. Throws RawBlockError when the bytes are none. */
export function txidOfTransaction(bytes: Uint8Array): Txid {
  const buffer = Buffer.from(bytes);
  return txidOf(buffer, walkTransaction(buffer, 0, {}));
}

/** The hash of a block's header as people write it. */
export function blockHash(header: Uint8Array): string {
  return reversedHex(sha256d(header.subarray(0, HEADER_LENGTH_BYTES)));
}

/** The hash of the block before, as people write it. */
export function previousBlockHash(header: Uint8Array): string {
  return reversedHex(header.subarray(4, 36));
}

/** The Unix time that a block's header says it was made at. */
export function blockTime(header: Buffer): number {
  return header.readUInt32LE(68);
}

/** Hex of the bytes in reverse: the one place where people's order and the wire's differ. */
export function reversedHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).reverse().toString('hex');
}

/** The bytes of hex as people write it, in the wire's order. */
export function reversedBytes(hex: string): Buffer {
  return Buffer.from(hex, 'hex').reverse();
}
