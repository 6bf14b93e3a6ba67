/**
 * Our own commitment on its way into a block: how an anchor pays for it when its own fee is too low (BOLT 5, Failing a
 * Channel).
 */

import { msatToSatFloor, type Sat, sat, sum } from '../../base/types/amount.ts';
import { fromHex } from '../../base/types/hex.ts';
import { buildCommitment } from '../../codec/tx/commitment.ts';
import { parseTransaction, txidOf, weightOf } from '../../codec/tx/transaction.ts';
import type { Claim } from './claim.ts';
import type { ClosingChannel, ClosingHtlc, OnchainEnvironment } from './closing-channel.ts';
import { FEERATE_FLOOR_PER_KW } from './closing-channel.ts';
import { type Composition, foreignInput } from './compose.ts';
import { feerateAfterRefusal, feerateFor, feerateOf, raisedFeerate, replacementFee } from './fee-schedule.ts';
import { nameOf } from './outpoint.ts';
import type { OnchainEffect, OnchainInput, OnchainState, Pending } from './state.ts';
import { knownPreimages, unconfirmedAnchorClaim } from './tracked-output.ts';

/** Blocks after which even a commitment that nothing depends on is helped along. */
const PATIENCE_BLOCKS = 12;
/** What may go to fees when no HTLC is at stake: this part of our own output. */
const OWN_SHARE = 10n;
/** A child with our anchor, a coin of the wallet and its change weighs about this. */
const CHILD_WEIGHT = 900;

/** An HTLC that our money depends on: one that we can claim, or that comes back to us after its expiry. */
function isAtStake(htlc: ClosingHtlc, preimages: ReadonlyMap<string, Uint8Array>): boolean {
  return htlc.offered_by === 'local' || preimages.has(htlc.payment_hash);
}

/** What to do about a commitment of ours that is not in a block yet. */
export function composeForceClose(
  channel: ClosingChannel,
  state: OnchainState,
  environment: OnchainEnvironment,
  is_new_block: boolean,
  refused: Refused | undefined,
): Composition {
  const { force_close } = state;
  if (force_close === undefined || channel.local === undefined) return { pending: state.pending, effects: [] };
  const parent = force_close.transaction;
  const tx = parseTransaction(fromHex(parent));
  const anchor = unconfirmedAnchorClaim(channel, txidOf(tx), tx);
  const sent = state.pending.find(({ outpoints }) => anchor !== undefined && outpoints[0] === nameOf(anchor.outpoint));
  // After a reorg there may be claims of what is no longer there: they wait for it to come back.
  const others = state.pending.filter((each) => each !== sent);
  const pending = sent === undefined ? others : [...others, sent];
  const child = sent?.transaction;
  // With a child on its way it is no matter that its parent alone pays too little.
  const isTooCheap = refused?.refusal === 'too_cheap' && refused.transaction === (child ?? parent);
  if (!is_new_block && !isTooCheap) return { pending, effects: [] };
  const effects: OnchainEffect[] = [];
  if (is_new_block) {
    // Alone first: should the child have become invalid, it must not keep its parent back.
    effects.push({ kind: 'broadcast', transactions: [parent] });
    if (child !== undefined) effects.push({ kind: 'broadcast', transactions: [parent, child] });
  }
  const wanted = anchor && wantedBump(channel, state, environment, anchor, sent, isTooCheap);
  if (wanted === undefined || anchor === undefined) return { pending, effects };
  effects.push({ kind: 'fund', request: wanted.request });
  const asked: Pending = sent ?? {
    outpoints: [nameOf(anchor.outpoint)],
    transaction: undefined,
    fee_sat: sat(0),
    feerate_per_kw: wanted.request.feerate_per_kw,
    height: state.height,
    is_wallet_funded: true,
  };
  return { pending: [...others, asked], effects };
}

type FundEffect = Extract<OnchainEffect, { kind: 'fund' }>;
type Refused = Extract<OnchainInput, { kind: 'refused' }>;

function wantedBump(
  channel: ClosingChannel,
  state: OnchainState,
  environment: OnchainEnvironment,
  anchor: Claim,
  sent: Pending | undefined,
  is_too_cheap: boolean,
): Omit<FundEffect, 'kind'> | undefined {
  const { force_close } = state;
  if (force_close === undefined || channel.local === undefined) return undefined;
  const commitment = buildCommitment(channel.terms, channel.local.view);
  const weight = weightOf(parseTransaction(fromHex(force_close.transaction)));
  const preimages = knownPreimages(state);
  const stake = commitment.htlc_outputs.filter(({ htlc }) => isAtStake(htlc, preimages));
  const own_msat = channel.local.view.local_msat;

  const expiry = Math.min(...stake.map(({ htlc }) => htlc.cltv_expiry));
  const isLate = state.height - force_close.height >= PATIENCE_BLOCKS;
  if (stake.length === 0 && !force_close.is_urgent && !isLate) return undefined;
  const left_by_htlcs = stake.length === 0 ? undefined : Math.max(expiry - (state.height + 1), 0);
  const blocks_left = force_close.is_urgent ? Math.min(left_by_htlcs ?? 6, 6) : left_by_htlcs;

  const max_fee_sat: Sat = sum([
    ...stake.map(({ amount_sat }) => amount_sat),
    sat(msatToSatFloor(own_msat) / OWN_SHARE),
  ]);
  let feerate_per_kw = feerateFor(environment, blocks_left);
  if (is_too_cheap) {
    const paid_per_kw = sent?.feerate_per_kw ?? feerateOf(commitment.fee_sat, weight);
    feerate_per_kw = feerateAfterRefusal(environment, paid_per_kw, blocks_left);
  } else if (sent?.transaction === undefined) {
    if (commitment.fee_sat * 1000n >= BigInt(feerate_per_kw) * BigInt(weight)) return undefined;
  } else {
    // Only an HTLC has a deadline that is worth all of it: a hurry of the operator's is worth no more than usual.
    const most_per_kw = stake.length === 0 ? 0 : feerateOf(max_fee_sat, weight + CHILD_WEIGHT);
    const raised = raisedFeerate(environment, sent, blocks_left, state.height, most_per_kw);
    if (raised === undefined) return undefined;
    feerate_per_kw = raised;
  }
  return {
    request: {
      outpoints: [nameOf(anchor.outpoint)],
      foreign: [foreignInput(anchor)],
      outputs: [],
      locktime: 0,
      feerate_per_kw: Math.max(feerate_per_kw, FEERATE_FLOOR_PER_KW),
      min_fee_sat: sent?.transaction === undefined ? sat(0) : replacementFee(sent.fee_sat, CHILD_WEIGHT),
      max_fee_sat,
      parents: { weight, fee_sat: commitment.fee_sat },
    },
  };
}
