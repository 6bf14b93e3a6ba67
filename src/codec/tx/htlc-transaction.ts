/**
 * HTLC-timeout and HTLC-success transactions (BOLT 3): how the owner of a commitment takes an HTLC's output of it. With
 * anchors they pay no fee of their own, and the other side's signature lets inputs and outputs be added.
 */
import { type Sat, subtract } from '../../base/types/amount.ts';
import type { Commitment, CommitmentHtlc, HtlcOutput } from './commitment.ts';
import { htlcTransactionFee } from './fees.ts';
import { SIGHASH_ALL, SIGHASH_SINGLE_ANYONECANPAY, Sighash, type SighashType } from './sighash.ts';
import { type Transaction, txInput } from './transaction.ts';

/** The second stage of one HTLC output. */
export interface HtlcTransaction<H extends CommitmentHtlc = CommitmentHtlc> {
  readonly output: HtlcOutput<H>;
  readonly tx: Transaction;
  /** What the side that does not own the commitment signs, and how. */
  readonly sighash_type: SighashType;
  readonly sighash: Uint8Array;
}

/** What its output is worth. */
export function htlcTransactionAmount(commitment: Commitment, output: HtlcOutput): Sat {
  const { is_anchors } = commitment.keys;
  if (is_anchors) return output.amount_sat;
  return subtract(
    output.amount_sat,
    htlcTransactionFee('static_remotekey', output.direction, commitment.feerate_per_kw),
  );
}

/** The unsigned transaction: HTLC-timeout of an offered HTLC, HTLC-success of a received one. */
export function htlcTransaction(commitment: Commitment, output: HtlcOutput): Transaction {
  const outpoint = { txid: commitment.txid, vout: output.vout };
  return {
    version: 2,
    inputs: [txInput(outpoint, commitment.keys.is_anchors ? 1 : 0)],
    outputs: [
      { amount_sat: htlcTransactionAmount(commitment, output), script_pubkey: commitment.delayed_script_pubkey },
    ],
    locktime: output.direction === 'offered' ? output.htlc.cltv_expiry : 0,
  };
}

/** How the side that does not own the commitment signs its HTLC transactions. */
export function remoteSighashType(commitment: Commitment): SighashType {
  return commitment.keys.is_anchors ? SIGHASH_SINGLE_ANYONECANPAY : SIGHASH_ALL;
}

/** All HTLC transactions of a commitment, in the order of `htlc_signature`s. */
export function htlcTransactions<H extends CommitmentHtlc>(commitment: Commitment<H>): HtlcTransaction<H>[] {
  const sighash_type = remoteSighashType(commitment);
  return commitment.htlc_outputs.map((output) => {
    const tx = htlcTransaction(commitment, output);
    const sighash = new Sighash(tx).segwit(0, output.witness_script, output.amount_sat, sighash_type);
    return { output, tx, sighash_type, sighash };
  });
}
