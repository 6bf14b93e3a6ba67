/** The mutual closing transaction, of the simple close and of the legacy negotiation (BOLT 3, Closing Transaction). */
import type { Sat } from '../../base/types/amount.ts';
import { fromHex } from '../../base/types/hex.ts';
import type { TransactionTerms } from './terms.ts';
import { type Transaction, type TxOutput, txInput } from './transaction.ts';

/** Amounts after the fee; a side whose amount is undefined has no output. Scripts are hex. */
export interface ClosingView {
  readonly local_sat: Sat | undefined;
  readonly remote_sat: Sat | undefined;
  readonly local_script: string;
  readonly remote_script: string;
  /** Of a simple close, whose transactions can be replaced; undefined in the legacy negotiation. */
  readonly locktime?: number;
}

/** An input with this sequence may be replaced by one that pays more (BIP 125). */
const REPLACEABLE_SEQUENCE = 0xfffffffd;
const FINAL_SEQUENCE = 0xffffffff;

/**
 * Whether the only input of a transaction that spends a funding output has a sequence that mutual closes have. Those of
 * commitments hide the commitment's number.
 */
export function isMutualCloseSequence(sequence: number | undefined): boolean {
  return sequence === FINAL_SEQUENCE || sequence === REPLACEABLE_SEQUENCE;
}

/** The unsigned closing transaction. */
export function buildClosing(terms: TransactionTerms, view: ClosingView): Transaction {
  const outputs: TxOutput[] = [];
  if (view.local_sat !== undefined) {
    outputs.push({ amount_sat: view.local_sat, script_pubkey: fromHex(view.local_script) });
  }
  if (view.remote_sat !== undefined) {
    outputs.push({ amount_sat: view.remote_sat, script_pubkey: fromHex(view.remote_script) });
  }
  outputs.sort((a, b) =>
    a.amount_sat === b.amount_sat
      ? Buffer.compare(a.script_pubkey, b.script_pubkey)
      : Number(a.amount_sat - b.amount_sat),
  );
  const funding = { txid: terms.funding_txid, vout: terms.funding_output_index };
  const { locktime } = view;
  const sequence = locktime === undefined ? FINAL_SEQUENCE : REPLACEABLE_SEQUENCE;
  return { version: 2, inputs: [txInput(funding, sequence)], outputs, locktime: locktime ?? 0 };
}

/** What the closing transaction weighs once signed, with the longest signatures, for these scripts (hex). */
export function closingWeight(...scripts: readonly string[]): number {
  // Version, one input, two counts and locktime; marker, flag and the funding witness with two 72-byte signatures.
  const outputs_weight = scripts.reduce((weight, text) => weight + 4 * (9 + text.length / 2), 0);
  return 4 * (4 + 1 + 41 + 1 + 4) + 2 + 220 + outputs_weight;
}
