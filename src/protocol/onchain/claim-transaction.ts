/** Building and signing the transactions that take outputs: our own sweeps, and our inputs in what the wallet funds. */

import { type Sat, subtract, sum } from '../../base/types/amount.ts';
import { toHex } from '../../base/types/hex.ts';
import { Sighash } from '../../codec/tx/sighash.ts';
import { serializeTransaction, type Transaction, txInput, withWitness } from '../../codec/tx/transaction.ts';
import { outputWeight, TRANSACTION_OVERHEAD_WEIGHT } from '../../codec/tx/witness.ts';
import type { Claim } from './claim.ts';
import { nameOf } from './outpoint.ts';

/** What a sweep of these claims weighs at most. */
export function sweepWeight(claims: readonly Claim[], sweep_script: Uint8Array): number {
  const inputs_weight = claims.reduce((weight, claim) => weight + claim.weight, 0);
  return TRANSACTION_OVERHEAD_WEIGHT + inputs_weight + outputWeight(sweep_script.length);
}

/** A signed transaction that moves these outputs, less the fee, to one script: serialized, hex. */
export function buildSweep(claims: readonly Claim[], sweep_script: Uint8Array, fee_sat: Sat): string {
  const amount_sat = subtract(sum(claims.map((claim) => claim.spends.amount_sat)), fee_sat);
  const unsigned: Transaction = {
    version: 2,
    inputs: claims.map((claim) => txInput(claim.outpoint, claim.sequence)),
    outputs: [{ amount_sat, script_pubkey: sweep_script }],
    locktime: Math.max(...claims.map((claim) => claim.locktime)),
  };
  return toHex(serializeTransaction(signInputs(unsigned, claims)));
}

/** The transaction with the witness of every input that one of these claims is for. */
export function signInputs(tx: Transaction, claims: readonly Claim[]): Transaction {
  const byName = new Map(claims.map((claim) => [nameOf(claim.outpoint), claim]));
  const sighash = new Sighash(tx);
  let signed = tx;
  for (const [index, input] of tx.inputs.entries()) {
    const claim = byName.get(nameOf(input));
    if (claim !== undefined) signed = withWitness(signed, index, claim.sign(sighash, index));
  }
  return signed;
}
