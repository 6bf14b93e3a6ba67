/** Outpoints, and the short text that names one in the state and in effects: `txid:vout`. */
import type { Txid } from '../../base/types/brand.ts';

/** An output of a transaction. */
export interface Outpoint {
  readonly txid: Txid;
  readonly vout: number;
}

/** `txid:vout`. */
export function nameOf(outpoint: Outpoint): string {
  return `${outpoint.txid}:${outpoint.vout}`;
}
