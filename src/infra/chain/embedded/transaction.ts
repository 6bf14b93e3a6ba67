/** A transaction as the embedded chain judges it: what it spends, what it makes, what it weighs. */
import { type Sat, sat } from '../../../base/types/amount.ts';
import type { Txid } from '../../../base/types/brand.ts';
import { RawBlockError, reversedHex, txidOf, walkTransaction } from '../raw-block.ts';

/** An unspent output. */
export interface Coin {
  readonly amount_sat: Sat;
  readonly script_pubkey: Buffer;
  /** The height of its block; undefined while it is in the mempool only. */
  readonly height: number | undefined;
  readonly is_coinbase: boolean;
}

/** A transaction, read, with what the chain asks of it. */
export interface ChainTransaction {
  readonly bytes: Buffer;
  readonly txid: Txid;
  readonly version: number;
  readonly locktime: number;
  readonly inputs: readonly { readonly coin: CoinName; readonly sequence: number }[];
  readonly outputs: readonly { readonly amount_sat: Sat; readonly script_pubkey: Buffer }[];
  /** BIP 141 weight. */
  readonly weight: number;
}

/** `txid:vout`: the name of an output in the ledger's maps. */
export type CoinName = `${string}:${number}`;

/** The size that fees are counted by: a quarter of the weight, rounded up. */
export function virtualSize(transaction: { readonly weight: number }): number {
  return Math.ceil(transaction.weight / 4);
}

/** Reads a serialized transaction. Throws RawBlockError when the bytes are not exactly one. */
export function readTransaction(bytes: Buffer): ChainTransaction {
  const inputs: { coin: CoinName; sequence: number }[] = [];
  const outputs: { amount_sat: Sat; script_pubkey: Buffer }[] = [];
  const span = walkTransaction(bytes, 0, {
    input(_index, offset, end) {
      if (end > bytes.length) throw new RawBlockError('the transaction ends in an input');
      const txid = reversedHex(bytes.subarray(offset, offset + 32));
      inputs.push({ coin: `${txid}:${bytes.readUInt32LE(offset + 32)}`, sequence: bytes.readUInt32LE(end - 4) });
    },
    output(_index, offset, start, end) {
      if (end > bytes.length) throw new RawBlockError('the transaction ends in an output');
      outputs.push({ amount_sat: sat(bytes.readBigUInt64LE(offset)), script_pubkey: bytes.subarray(start, end) });
    },
  });
  if (span.end !== bytes.length) throw new RawBlockError(`${bytes.length - span.end} bytes follow the transaction`);
  const stripped = 8 + span.body_end - span.body_start;
  return {
    bytes,
    txid: txidOf(bytes, span),
    version: bytes.readInt32LE(0),
    locktime: bytes.readUInt32LE(bytes.length - 4),
    inputs,
    outputs,
    weight: stripped * 3 + bytes.length,
  };
}
