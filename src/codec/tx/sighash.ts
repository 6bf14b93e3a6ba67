/**
 * What a signature signs: BIP 143 for segwit version 0, BIP 341 for the key path of taproot. What all inputs of a
 * transaction share is hashed once.
 */
import { sha256, sha256d, taggedHash } from '../../base/crypto/hash.ts';
import type { Sat } from '../../base/types/amount.ts';
import {
  compactSizeLength,
  outpointBytes,
  outputBytes,
  type Transaction,
  TxError,
  type TxOutput,
} from './transaction.ts';

/** All inputs and all outputs. */
export const SIGHASH_ALL = 0x01;
/** Only the output with this input's index, and no other input: what BOLT 3 wants of a peer's HTLC signatures. */
export const SIGHASH_SINGLE_ANYONECANPAY = 0x83;

/** The kinds of signatures that Till makes and checks with BIP 143. */
export type SighashType = typeof SIGHASH_ALL | typeof SIGHASH_SINGLE_ANYONECANPAY;

const ZERO_HASH = new Uint8Array(32);

function u32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** The signature hashes of one transaction. */
export class Sighash {
  readonly #tx: Transaction;
  #prevouts: Uint8Array | undefined;
  #sequences: Uint8Array | undefined;
  #outputs: Uint8Array | undefined;

  constructor(tx: Transaction) {
    this.#tx = tx;
  }

  #sharedPrevouts(): Uint8Array {
    this.#prevouts ??= sha256(Buffer.concat(this.#tx.inputs.map((input) => outpointBytes(input))));
    return this.#prevouts;
  }

  #sharedSequences(): Uint8Array {
    this.#sequences ??= sha256(Buffer.concat(this.#tx.inputs.map((input) => u32(input.sequence))));
    return this.#sequences;
  }

  #sharedOutputs(): Uint8Array {
    this.#outputs ??= sha256(Buffer.concat(this.#tx.outputs.map(outputBytes)));
    return this.#outputs;
  }

  /**
   * The 32 bytes that a segwit version 0 signature of an input signs (BIP 143). `script_code` is the witness script, or
   * `p2wpkhScriptCode`; `amount_sat` is what the output being spent is worth.
   */
  segwit(input_index: number, script_code: Uint8Array, amount_sat: Sat, type: SighashType): Uint8Array {
    const tx = this.#tx;
    const input = tx.inputs[input_index];
    if (input === undefined) throw new TxError(`there is no input ${input_index} to sign`);
    const { length } = script_code;
    const bytes = Buffer.allocUnsafe(156 + compactSizeLength(length) + length);
    let at = bytes.writeInt32LE(tx.version, 0);
    const isSingle = type === SIGHASH_SINGLE_ANYONECANPAY;
    bytes.set(isSingle ? ZERO_HASH : sha256(this.#sharedPrevouts()), at);
    bytes.set(isSingle ? ZERO_HASH : sha256(this.#sharedSequences()), at + 32);
    bytes.set(outpointBytes(input), at + 64);
    at += 100;
    if (length < 0xfd) at = bytes.writeUInt8(length, at);
    else at = bytes.writeUInt16LE(length, bytes.writeUInt8(0xfd, at));
    bytes.set(script_code, at);
    at = bytes.writeBigUInt64LE(amount_sat, at + length);
    at = bytes.writeUInt32LE(input.sequence, at);
    bytes.set(isSingle ? this.#singleOutput(input_index) : sha256(this.#sharedOutputs()), at);
    at = bytes.writeUInt32LE(tx.locktime, at + 32);
    bytes.writeUInt32LE(type, at);
    return sha256d(bytes);
  }

  #singleOutput(index: number): Uint8Array {
    const output = this.#tx.outputs[index];
    return output === undefined ? ZERO_HASH : sha256d(outputBytes(output));
  }

  /**
   * The 32 bytes that a taproot key-path signature signs (BIP 341, SIGHASH_DEFAULT, no annex). `spent` are the outputs
   * that the inputs spend, in their order.
   */
  taprootKeyPath(input_index: number, spent: readonly TxOutput[]): Uint8Array {
    const tx = this.#tx;
    if (spent.length !== tx.inputs.length) throw new TxError('a taproot signature needs the outputs of all inputs');
    const amounts = Buffer.allocUnsafe(8 * spent.length);
    for (const [index, { amount_sat }] of spent.entries()) amounts.writeBigUInt64LE(amount_sat, 8 * index);
    const scripts = spent.map((output) => outputBytes(output).subarray(8));
    const message = Buffer.allocUnsafe(175);
    // The epoch of BIP 341, then SIGHASH_DEFAULT.
    message.writeUInt16LE(0, 0);
    message.writeInt32LE(tx.version, 2);
    message.writeUInt32LE(tx.locktime, 6);
    message.set(this.#sharedPrevouts(), 10);
    message.set(sha256(amounts), 42);
    message.set(sha256(Buffer.concat(scripts)), 74);
    message.set(this.#sharedSequences(), 106);
    message.set(this.#sharedOutputs(), 138);
    message.writeUInt8(0, 170);
    message.writeUInt32LE(input_index, 171);
    return taggedHash('TapSighash', message);
  }
}
