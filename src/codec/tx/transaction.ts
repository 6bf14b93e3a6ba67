/**
 * Bitcoin transactions as Till handles them: a plain record, its bytes (BIP 144) and its identity. Lossless: what is
 * parsed serializes to the same bytes. Strict: only the canonical form is read, and nothing is allocated on the word of
 * a length that the bytes do not bear out.
 */
import { sha256d } from '../../base/crypto/hash.ts';
import { type Sat, sat } from '../../base/types/amount.ts';
import type { Txid } from '../../base/types/brand.ts';

/** An input: the outpoint it spends (txid as people write it), and what proves the right to. */
export interface TxInput {
  readonly txid: Txid;
  readonly vout: number;
  readonly sequence: number;
  /** Empty in everything that Lightning makes; kept so that any transaction of the chain can be read. */
  readonly script_sig: Uint8Array;
  readonly witness: readonly Uint8Array[];
}

/** An output: an amount and the script that guards it. */
export interface TxOutput {
  readonly amount_sat: Sat;
  readonly script_pubkey: Uint8Array;
}

/** A transaction, with or without its witnesses. */
export interface Transaction {
  /** A signed 32-bit number. */
  readonly version: number;
  readonly inputs: readonly TxInput[];
  readonly outputs: readonly TxOutput[];
  readonly locktime: number;
}

/** Bytes that are no transaction, or a request for one that cannot be made. */
export class TxError extends Error {
  override readonly name = 'TxError';
}

/** No transaction can be larger: its bytes count at least one weight unit each, and a block has four million. */
export const MAX_TRANSACTION_BYTES = 4_000_000;
/** All the money there will be, in satoshi: consensus allows no output above. */
export const MAX_MONEY_SAT = 2_100_000_000_000_000n;

const NO_BYTES = new Uint8Array(0);
/** An outpoint, an empty script's length and a sequence. */
const MIN_INPUT_BYTES = 41;
/** An amount and an empty script's length. */
const MIN_OUTPUT_BYTES = 9;

/** How many bytes the number takes as Bitcoin's variable-length integer. */
export function compactSizeLength(value: number): number {
  if (value < 0xfd) return 1;
  return value <= 0xffff ? 3 : 5;
}

function writeCompactSize(bytes: Buffer, at: number, value: number): number {
  if (value < 0xfd) return bytes.writeUInt8(value, at);
  if (value <= 0xffff) return bytes.writeUInt16LE(value, bytes.writeUInt8(0xfd, at));
  return bytes.writeUInt32LE(value, bytes.writeUInt8(0xfe, at));
}

function writeBytes(bytes: Buffer, at: number, part: Uint8Array): number {
  const start = writeCompactSize(bytes, at, part.length);
  bytes.set(part, start);
  return start + part.length;
}

/** Writes the txid in the wire's byte order. */
function writeTxid(bytes: Buffer, at: number, txid: Txid): number {
  if (bytes.write(txid, at, 32, 'hex') !== 32) throw new TxError('an input: the txid is not 64 hex digits');
  bytes.subarray(at, at + 32).reverse();
  return at + 32;
}

/** The 36 bytes of an outpoint as on the wire. */
export function outpointBytes(outpoint: { readonly txid: Txid; readonly vout: number }): Uint8Array {
  const bytes = Buffer.allocUnsafe(36);
  bytes.writeUInt32LE(outpoint.vout, writeTxid(bytes, 0, outpoint.txid));
  return bytes;
}

/** An output as on the wire: eight bytes of amount, then the script with its length. */
export function outputBytes(output: TxOutput): Uint8Array {
  const { length } = output.script_pubkey;
  const bytes = Buffer.allocUnsafe(8 + compactSizeLength(length) + length);
  writeBytes(bytes, bytes.writeBigUInt64LE(output.amount_sat, 0), output.script_pubkey);
  return bytes;
}

/** Whether any input has a witness. */
export function hasWitness(tx: Transaction): boolean {
  return tx.inputs.some((input) => input.witness.length > 0);
}

function strippedLength(tx: Transaction): number {
  let length = 8 + compactSizeLength(tx.inputs.length) + compactSizeLength(tx.outputs.length);
  for (const { script_sig } of tx.inputs) length += 40 + compactSizeLength(script_sig.length) + script_sig.length;
  for (const { script_pubkey } of tx.outputs) {
    length += 8 + compactSizeLength(script_pubkey.length) + script_pubkey.length;
  }
  return length;
}

/** The witnesses' bytes with marker and flag; none when there is no witness. */
function witnessLength(tx: Transaction): number {
  if (!hasWitness(tx)) return 0;
  let length = 2;
  for (const { witness } of tx.inputs) {
    length += compactSizeLength(witness.length);
    for (const item of witness) length += compactSizeLength(item.length) + item.length;
  }
  return length;
}

function serialize(tx: Transaction, with_witness: boolean): Buffer {
  if (tx.inputs.length === 0 || tx.outputs.length === 0) throw new TxError('a transaction has inputs and outputs');
  const bytes = Buffer.allocUnsafe(strippedLength(tx) + (with_witness ? witnessLength(tx) : 0));
  let at = bytes.writeInt32LE(tx.version, 0);
  if (with_witness) at = bytes.writeUInt16BE(0x0001, at);
  at = writeCompactSize(bytes, at, tx.inputs.length);
  for (const input of tx.inputs) {
    at = bytes.writeUInt32LE(input.vout, writeTxid(bytes, at, input.txid));
    at = bytes.writeUInt32LE(input.sequence, writeBytes(bytes, at, input.script_sig));
  }
  at = writeCompactSize(bytes, at, tx.outputs.length);
  for (const output of tx.outputs) {
    at = writeBytes(bytes, bytes.writeBigUInt64LE(output.amount_sat, at), output.script_pubkey);
  }
  if (with_witness) {
    for (const { witness } of tx.inputs) {
      at = writeCompactSize(bytes, at, witness.length);
      for (const item of witness) at = writeBytes(bytes, at, item);
    }
  }
  bytes.writeUInt32LE(tx.locktime, at);
  return bytes;
}

/** The transaction as the network takes it, witnesses included when there are any. */
export function serializeTransaction(tx: Transaction): Uint8Array {
  return serialize(tx, hasWitness(tx));
}

/** The transaction's id, as people write it. */
export function txidOf(tx: Transaction): Txid {
  return Buffer.from(sha256d(serialize(tx, false)))
    .reverse()
    .toString('hex') as Txid;
}

/** The hash of the transaction with its witnesses (BIP 141), as people write it. */
export function wtxidOf(tx: Transaction): string {
  return Buffer.from(sha256d(serializeTransaction(tx)))
    .reverse()
    .toString('hex');
}

/** Weight units (BIP 141): four for each byte, one for each byte of witnesses. */
export function weightOf(tx: Transaction): number {
  return strippedLength(tx) * 4 + witnessLength(tx);
}

class Reader {
  readonly #bytes: Buffer;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.#bytes.length - this.at;
  }

  take(length: number, what: string): Buffer {
    if (length > this.left) throw new TxError(`${what} at byte ${this.at}: the bytes end before`);
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }

  u32(what: string): number {
    return this.take(4, what).readUInt32LE(0);
  }

  compactSize(what: string): number {
    const start = this.at;
    const first = this.take(1, what).readUInt8(0);
    if (first < 0xfd) return first;
    // Eight-byte lengths would exceed any transaction.
    if (first === 0xff) throw new TxError(`${what} at byte ${start}: larger than any transaction`);
    const value = first === 0xfd ? this.take(2, what).readUInt16LE(0) : this.u32(what);
    if (compactSizeLength(value) !== this.at - start) {
      throw new TxError(`${what} at byte ${start}: not in its shortest form`);
    }
    return value;
  }

  count(what: string, min_bytes: number): number {
    const start = this.at;
    const value = this.compactSize(what);
    if (value * min_bytes > this.left) throw new TxError(`${what} at byte ${start}: more than the bytes can hold`);
    return value;
  }

  /** A copy, so that what is kept of a block does not keep the block. */
  bytes(what: string): Uint8Array {
    const length = this.compactSize(what);
    return length === 0 ? NO_BYTES : new Uint8Array(this.take(length, what));
  }
}

/** Reads a whole transaction. Throws TxError for anything but the canonical bytes of one. */
export function parseTransaction(bytes: Uint8Array): Transaction {
  if (bytes.length > MAX_TRANSACTION_BYTES) throw new TxError('longer than any transaction can be');
  const reader = new Reader(bytes);
  const version = reader.take(4, 'version').readInt32LE(0);
  let input_count = reader.count('the number of inputs', MIN_INPUT_BYTES);
  const with_witness = input_count === 0;
  if (with_witness) {
    if (reader.take(1, 'the segwit flag').readUInt8(0) !== 1) throw new TxError('neither inputs nor the segwit flag');
    input_count = reader.count('the number of inputs', MIN_INPUT_BYTES);
    if (input_count === 0) throw new TxError('a transaction without inputs');
  }
  const inputs: TxInput[] = [];
  for (let index = 0; index < input_count; index++) {
    const txid = Buffer.from(reader.take(32, 'a txid')).reverse().toString('hex') as Txid;
    const vout = reader.u32('an output index');
    const script_sig = reader.bytes('an input script');
    inputs.push({ txid, vout, sequence: reader.u32('a sequence'), script_sig, witness: [] });
  }
  const output_count = reader.count('the number of outputs', MIN_OUTPUT_BYTES);
  if (output_count === 0) throw new TxError('a transaction without outputs');
  const outputs: TxOutput[] = [];
  for (let index = 0; index < output_count; index++) {
    const amount = reader.take(8, 'an amount').readBigUInt64LE(0);
    if (amount > MAX_MONEY_SAT) throw new TxError(`output ${index}: more than 21 million bitcoin`);
    outputs.push({ amount_sat: sat(amount), script_pubkey: reader.bytes('an output script') });
  }
  if (with_witness) readWitnesses(reader, inputs);
  const locktime = reader.u32('locktime');
  if (reader.left > 0) throw new TxError(`${reader.left} bytes follow the transaction`);
  return { version, inputs, outputs, locktime };
}

function readWitnesses(reader: Reader, inputs: TxInput[]): void {
  for (const [index, input] of inputs.entries()) {
    const item_count = reader.count('the number of witness items', 1);
    const witness: Uint8Array[] = [];
    for (let item = 0; item < item_count; item++) witness.push(reader.bytes('a witness item'));
    if (item_count > 0) inputs[index] = { ...input, witness };
  }
  if (!inputs.some((input) => input.witness.length > 0)) throw new TxError('the segwit flag without any witness');
}

/** A new transaction with the witness of one input replaced. */
export function withWitness(tx: Transaction, input_index: number, witness: readonly Uint8Array[]): Transaction {
  const inputs = tx.inputs.map((input, index) => (index === input_index ? { ...input, witness } : input));
  return { ...tx, inputs };
}

/** An unsigned input without a script. */
export function txInput(outpoint: { readonly txid: Txid; readonly vout: number }, sequence: number): TxInput {
  return { txid: outpoint.txid, vout: outpoint.vout, sequence, script_sig: NO_BYTES, witness: [] };
}
