/**
 * What it costs to bring a channel to the chain (docs/decisions/0016): a child on our anchor pays for the commitment, and
 * the HTLCs in it go together into one transaction, or a few, whose fee a coin of the wallet pays.
 */
import { type Sat, sat, subtractOrZero } from '../../base/types/amount.ts';
import { commitmentFee, commitmentWeight, feeForWeight, htlcTransactionWeight } from '../../codec/tx/fees.ts';
import { inputWeight, outputWeight, TRANSACTION_OVERHEAD_WEIGHT } from '../../codec/tx/witness.ts';

/** The longest signature, with the byte that says what it signs. */
const SIGNATURE_BYTES = 73;
/** Of the script of an anchor. */
const ANCHOR_SCRIPT_BYTES = 40;
/** What a coin of the wallet weighs as an input: the heavier kind, P2WPKH. */
export const COIN_WEIGHT = inputWeight(SIGNATURE_BYTES, 33);
const CHANGE_WEIGHT = outputWeight(34);
/** What the wallet adds to a transaction: a coin, a second one should the first not be enough, and change. */
const WALLET_PART_WEIGHT = TRANSACTION_OVERHEAD_WEIGHT + 2 * COIN_WEIGHT + CHANGE_WEIGHT;
const CHILD_WEIGHT = WALLET_PART_WEIGHT + inputWeight(SIGNATURE_BYTES, ANCHOR_SCRIPT_BYTES);
/** The change must not be dust, or the coin is lost for what comes next. */
export const CHANGE_DUST_SAT = 330n;
/** HTLCs that are not equally urgent go into transactions of their own: now, near their deadline, and at its end. */
const MOST_GROUPS = 2;

/** What the wallet pays so that a commitment with so many HTLC outputs, itself of this feerate, is mined. */
export function childCost(htlc_outputs: number, commitment_per_kw: number, feerate_per_kw: number): Sat {
  const weight = commitmentWeight('anchors', htlc_outputs) + CHILD_WEIGHT;
  const whole_sat = feeForWeight(weight, feerate_per_kw);
  return subtractOrZero(whole_sat, commitmentFee('anchors', htlc_outputs, commitment_per_kw));
}

/** What one more HTLC costs in a transaction that takes several. */
export function claimCost(feerate_per_kw: number): Sat {
  return feeForWeight(htlcTransactionWeight('anchors', 'received'), feerate_per_kw);
}

/** What the wallet pays to take so many HTLC outputs of our own commitment. */
export function claimsCost(htlcs: number, feerate_per_kw: number): Sat {
  const groups = Math.min(htlcs, MOST_GROUPS);
  const weight = htlcs * htlcTransactionWeight('anchors', 'received') + groups * WALLET_PART_WEIGHT;
  return feeForWeight(weight, feerate_per_kw);
}

/** What a channel with so many HTLCs costs in all, whose commitment pays nearly nothing itself. */
export function channelCost(htlcs: number, feerate_per_kw: number): Sat {
  const child_sat = childCost(htlcs, 0, feerate_per_kw);
  const changes_sat = CHANGE_DUST_SAT * BigInt(1 + Math.min(htlcs, MOST_GROUPS));
  return sat(child_sat + claimsCost(htlcs, feerate_per_kw) + changes_sat);
}
