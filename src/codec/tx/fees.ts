/**
 * Weights, fees and dust (BOLT 3, Fees, Dust Limits and Appendix A). Feerates are satoshi per 1000 weight units; fees
 * round down as the BOLT says, to the satoshi.
 */
import { type Sat, sat } from '../../base/types/amount.ts';

/** `static_remotekey` is the older form without anchors, which only the BOLT's vectors still ask for. */
export type CommitmentFormat = 'anchors' | 'static_remotekey';

/** An anchor's amount: the dust limit of its kind of script. */
export const ANCHOR_SAT = sat(330);

const COMMITMENT_WEIGHT = { anchors: 1124, static_remotekey: 724 } as const;
const HTLC_OUTPUT_WEIGHT = 172;
const HTLC_TIMEOUT_WEIGHT = { anchors: 666, static_remotekey: 663 } as const;
const HTLC_SUCCESS_WEIGHT = { anchors: 706, static_remotekey: 703 } as const;

/** The fee for a weight, rounded down. */
export function feeForWeight(weight: number, feerate_per_kw: number): Sat {
  return sat((BigInt(weight) * BigInt(feerate_per_kw)) / 1000n);
}

/** The weight that the base fee of a commitment with so many HTLC outputs is reckoned from. */
export function commitmentWeight(format: CommitmentFormat, htlc_outputs: number): number {
  return COMMITMENT_WEIGHT[format] + HTLC_OUTPUT_WEIGHT * htlc_outputs;
}

/** What the opener pays for a commitment with so many HTLC outputs, anchors not counted. */
export function commitmentFee(format: CommitmentFormat, htlc_outputs: number, feerate_per_kw: number): Sat {
  return feeForWeight(commitmentWeight(format, htlc_outputs), feerate_per_kw);
}

/** The expected weight of the HTLC transaction of an HTLC that the commitment's owner offered, or was offered. */
export function htlcTransactionWeight(format: CommitmentFormat, direction: 'offered' | 'received'): number {
  return (direction === 'offered' ? HTLC_TIMEOUT_WEIGHT : HTLC_SUCCESS_WEIGHT)[format];
}

/** The fee inside an HTLC transaction: none with anchors, where it is paid by inputs added later. */
export function htlcTransactionFee(
  format: CommitmentFormat,
  direction: 'offered' | 'received',
  feerate_per_kw: number,
): Sat {
  return format === 'anchors' ? sat(0) : feeForWeight(htlcTransactionWeight(format, direction), feerate_per_kw);
}

/** The smallest amount of an output of this script that nodes relay. */
export function dustLimit(script_pubkey: Uint8Array): Sat {
  const [first, second] = script_pubkey;
  const { length } = script_pubkey;
  if (first === 0x6a) return sat(0);
  if (first === 0x00 && length === 22) return sat(294);
  if (first === 0x00 && length === 34) return sat(330);
  if (first === 0x51 && second === 2 && length === 4) return sat(240);
  if (first !== undefined && first >= 0x51 && first <= 0x60) return sat(354);
  if (first === 0xa9 && length === 23) return sat(540);
  return sat(546);
}
