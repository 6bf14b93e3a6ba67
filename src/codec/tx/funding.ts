/** Spending the funding output, which takes both sides' signatures: commitments and mutual closes (BOLT 3). */
import { curve } from '../../base/crypto/secp256k1.ts';
import { orderFundingKeys } from './channel-scripts.ts';
import { SIGHASH_ALL, Sighash } from './sighash.ts';
import { derSignature } from './signature.ts';
import { prepareTerms, type Side, type TransactionTerms } from './terms.ts';
import { type Transaction, withWitness } from './transaction.ts';
import { fundingWitness } from './witness.ts';

/** The 32 bytes that both sides sign: a commitment's or a mutual close's. */
export function fundingSighash(terms: TransactionTerms, tx: Transaction): Uint8Array {
  return new Sighash(tx).segwit(0, prepareTerms(terms).funding_witness_script, terms.funding_satoshis, SIGHASH_ALL);
}

/** Whether a side's signature (compact, 64 bytes) is right for this spend. */
export function verifyFundingSpend(
  terms: TransactionTerms,
  tx: Transaction,
  signer: Side,
  signature: Uint8Array,
): boolean {
  return curve.verify(signature, fundingSighash(terms, tx), prepareTerms(terms)[signer].funding_pubkey);
}

/** The spend with both signatures (compact, 64 bytes), ready to broadcast. */
export function completeFundingSpend(
  terms: TransactionTerms,
  tx: Transaction,
  local_signature: Uint8Array,
  remote_signature: Uint8Array,
): Transaction {
  const { local, remote, funding_witness_script } = prepareTerms(terms);
  const ours = derSignature(local_signature, SIGHASH_ALL);
  const theirs = derSignature(remote_signature, SIGHASH_ALL);
  const isFirst = orderFundingKeys(local.funding_pubkey, remote.funding_pubkey)[0] === local.funding_pubkey;
  const [first, second] = isFirst ? [ours, theirs] : [theirs, ours];
  return withWitness(tx, 0, fundingWitness(first, second, funding_witness_script));
}
