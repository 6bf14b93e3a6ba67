/**
 * What a commitment transaction holds, seen from its channel's state: both balances, the HTLCs and the feerate (BOLT 3,
 * Commitment Transaction Construction). Building and signing the transaction itself is the signer's.
 */

import { type Msat, satToMsat } from '../../base/types/amount.ts';
import type { CommitmentView as TransactionView } from '../../codec/tx/commitment.ts';
import { ANCHOR_SAT, commitmentFee } from '../../codec/tx/fees.ts';
import { opposite, type Side, type Threshold } from './stage.ts';
import type { ChannelState, ChannelTerms, Htlc } from './state.ts';

/** A commitment, as its signer wants it described. */
export type CommitmentView = TransactionView<Htlc>;

/** Balances and HTLCs, of whatever has come at least so far. Balances may be below zero while a peer's add is judged. */
export interface Balances {
  readonly local_msat: bigint;
  readonly remote_msat: bigint;
  readonly feerate_per_kw: number;
  readonly htlcs: readonly Htlc[];
}

/** Both anchors, which the opener pays. */
export const ANCHORS_MSAT = 2n * satToMsat(ANCHOR_SAT);

/** Sums up the state as of a threshold. One pass. */
export function balancesAt(state: ChannelState, threshold: Threshold): Balances {
  let local_msat: bigint = state.local_msat;
  let remote_msat: bigint = state.remote_msat;
  const htlcs: Htlc[] = [];
  for (const htlc of state.htlcs) {
    if (htlc.added < threshold[htlc.offered_by]) continue;
    const gone = htlc.removal !== undefined && htlc.removed >= threshold[opposite(htlc.offered_by)];
    if (!gone) {
      htlcs.push(htlc);
      if (htlc.offered_by === 'local') local_msat -= htlc.amount_msat;
      else remote_msat -= htlc.amount_msat;
    } else if (htlc.removal?.kind === 'fulfill') {
      const to_remote_msat = htlc.offered_by === 'local' ? htlc.amount_msat : -htlc.amount_msat;
      local_msat -= to_remote_msat;
      remote_msat += to_remote_msat;
    }
  }
  return { local_msat, remote_msat, feerate_per_kw: feerateAt(state, threshold), htlcs };
}

/** The feerate as of a threshold. */
export function feerateAt(state: ChannelState, threshold: Threshold): number {
  const from = threshold[state.terms.opener];
  const update = state.feerates.findLast(({ stage }) => stage >= from);
  if (update === undefined) throw new RangeError('a channel without a feerate in force');
  return update.feerate_per_kw;
}

/** Whether the HTLC has no output in the commitment of a side with this dust limit. With anchors no fee counts. */
export function isDust(htlc: { readonly amount_msat: Msat }, dust_limit_satoshis: bigint): boolean {
  return htlc.amount_msat < dust_limit_satoshis * 1000n;
}

/** The HTLC outputs of a commitment of `owner`. */
export function countOutputs(terms: ChannelTerms, owner: Side, htlcs: readonly Htlc[]): number {
  const dust_limit_msat = terms[owner].dust_limit_satoshis * 1000n;
  let outputs = 0;
  for (const htlc of htlcs) if (htlc.amount_msat >= dust_limit_msat) outputs++;
  return outputs;
}

/** The base fee of a commitment with so many HTLC outputs, in whole satoshi, as msat (BOLT 3, Fee Calculation). */
export function commitmentFeeMsat(feerate_per_kw: number, outputs: number): bigint {
  return satToMsat(commitmentFee('anchors', outputs, feerate_per_kw));
}

/** The view of a commitment, ready to be signed or checked. */
export function commitmentView(
  state: ChannelState,
  owner: Side,
  number: number,
  per_commitment_point: string,
  threshold: Threshold,
): CommitmentView {
  const { local_msat, remote_msat, feerate_per_kw, htlcs } = balancesAt(state, threshold);
  if (local_msat < 0n || remote_msat < 0n) throw new RangeError('a balance of the channel is below zero');
  return {
    owner,
    number,
    per_commitment_point,
    feerate_per_kw,
    local_msat: local_msat as Msat,
    remote_msat: remote_msat as Msat,
    htlcs,
  };
}
