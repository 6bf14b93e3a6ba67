/**
 * Our channel closed by us alone, before a commitment is in a block (BOLT 5, Failing a Channel): a child on our anchor
 * gets a commitment mined whose own fee is too low. Mostly that is our own commitment. When mempools hold one of the
 * peer's in its place, ours is refused, and the child goes on our anchor in that one: a peer must not keep the channel
 * open until our HTLCs expire with a commitment that nobody mines.
 */

import { msatToSatFloor, type Sat, sat, sum } from '../../base/types/amount.ts';
import { fromHex } from '../../base/types/hex.ts';
import { buildCommitment, type Commitment } from '../../codec/tx/commitment.ts';
import { parseTransaction, txidOf, weightOf } from '../../codec/tx/transaction.ts';
import type { Claim } from './claim.ts';
import type { ClosingChannel, ClosingHtlc, OnchainEnvironment } from './closing-channel.ts';
import { FEERATE_FLOOR_PER_KW } from './closing-channel.ts';
import { type Composition, foreignInput } from './compose.ts';
import { feerateAfterRefusal, feerateFor, feerateOf, raisedFeerate, replacementFee } from './fee-schedule.ts';
import { nameOf } from './outpoint.ts';
import type { ForceClose, FundRequest, OnchainEffect, OnchainInput, OnchainState, Pending } from './state.ts';
import { knownPreimages, unconfirmedAnchorClaim } from './tracked-output.ts';

/** Blocks after which even a commitment that nothing depends on is helped along. */
const PATIENCE_BLOCKS = 12;
/** What may go to fees when no HTLC is at stake: this part of our own output. */
const OWN_SHARE = 10n;
/** A child with our anchor, a coin of the wallet and its change weighs about this. */
const CHILD_WEIGHT = 900;
/**
 * What it weighs to bring an HTLC home once the commitment is mined: its transaction with a share of the coin that pays for
 * it, and the input that takes its output after the delay. At the same feerate that has to be left.
 */
const CLAIM_WEIGHT = 1_500;
/** What the two signatures of a commitment and the funding script add to its weight, about. */
const FUNDING_WITNESS_WEIGHT = 224;
/** In so many blocks an operator's close should be mined. */
const URGENT_BLOCKS = 6;

/** A commitment that waits to be mined, and our anchor in it. */
interface Helped {
  readonly commitment: Commitment<ClosingHtlc>;
  readonly own_sat: Sat;
  readonly weight: number;
  readonly claim: Claim;
}

/** An HTLC that our money depends on: one that we can claim, or that comes back to us after its expiry. */
function isAtStake(htlc: ClosingHtlc, preimages: ReadonlyMap<string, Uint8Array>): boolean {
  return htlc.offered_by === 'local' || preimages.has(htlc.payment_hash);
}

/** Our own commitment with our anchor; undefined when it has none. */
function ownAnchor(channel: ClosingChannel, { transaction }: ForceClose): Helped | undefined {
  if (channel.local === undefined) return undefined;
  const tx = parseTransaction(fromHex(transaction));
  const claim = unconfirmedAnchorClaim(channel, txidOf(tx), tx);
  if (claim === undefined) return undefined;
  const { view } = channel.local;
  const commitment = buildCommitment(channel.terms, view);
  return { commitment, own_sat: msatToSatFloor(view.local_msat), weight: weightOf(tx), claim };
}

/** A commitment of the peer, by its place in `ClosingChannel.remote`, with our anchor in it. */
export function rivalAnchor(channel: ClosingChannel, index: number): Helped | undefined {
  const view = channel.remote[index];
  if (view === undefined) return undefined;
  const commitment = buildCommitment(channel.terms, view);
  const claim = unconfirmedAnchorClaim(channel, commitment.txid, commitment.tx);
  if (claim === undefined) return undefined;
  const weight = weightOf(commitment.tx) + FUNDING_WITNESS_WEIGHT;
  return { commitment, own_sat: msatToSatFloor(view.local_msat), weight, claim };
}

/** What to do about a commitment that is not in a block yet. */
export function composeForceClose(
  channel: ClosingChannel,
  state: OnchainState,
  environment: OnchainEnvironment,
  is_new_block: boolean,
  input: OnchainInput,
): Composition {
  const { force_close } = state;
  if (force_close === undefined || channel.local === undefined) return { pending: state.pending, effects: [] };
  const { transaction: parent, rival } = force_close;
  const own = ownAnchor(channel, force_close);
  const helped = rival === undefined ? own : rivalAnchor(channel, rival);
  const isOf = (each: Pending, of: Helped | undefined): boolean =>
    of !== undefined && each.outpoints[0] === nameOf(of.claim.outpoint);
  const sent = state.pending.find((each) => isOf(each, helped));
  // After a reorg there may be claims of what is no longer there: they wait for it to come back. A child of our own
  // commitment is of no use while the peer's stands in its place.
  const others = state.pending.filter((each) => each !== sent && !(rival !== undefined && isOf(each, own)));
  const pending = sent === undefined ? others : [...others, sent];
  const child = sent?.transaction;
  const isTooCheap = isRefusedAsCheap(input, environment, state, sent, rival === undefined ? parent : undefined);
  const isWaiting = sent === undefined ? rival !== undefined : child === undefined && input.kind === 'wallet_ready';
  if (!is_new_block && !isTooCheap && !isWaiting) return { pending, effects: [] };
  const effects: OnchainEffect[] = [];
  if (is_new_block) {
    // Alone first: should the child have become invalid, it must not keep its parent back. And whether mempools take it
    // tells whether one of the peer's is there.
    effects.push({ kind: 'broadcast', transactions: [parent] });
    if (child !== undefined) {
      effects.push({ kind: 'broadcast', transactions: rival === undefined ? [parent, child] : [child] });
    }
  }
  const request = helped && wantedBump(state, force_close, environment, helped, sent, isTooCheap);
  if (request === undefined) return { pending, effects };
  effects.push({ kind: 'fund', request });
  const asked: Pending = sent ?? {
    outpoints: request.outpoints,
    transaction: undefined,
    fee_sat: sat(0),
    feerate_per_kw: request.feerate_per_kw,
    height: state.height,
    is_wallet_funded: true,
  };
  return { pending: [...others, asked], effects };
}

/**
 * Whether the mempool found the child, or its parent alone, too cheap, and a dearer child is the answer. It is not where
 * the node relays no transaction as cheap as the parent at all, nor where the child already pays more than the mempool
 * asks for: then only a block helps.
 */
function isRefusedAsCheap(
  input: OnchainInput,
  environment: OnchainEnvironment,
  { height }: OnchainState,
  sent: Pending | undefined,
  parent: string | undefined,
): boolean {
  if (input.kind !== 'refused' || input.refusal !== 'too_cheap') return false;
  // With a child on its way it is no matter that its parent alone pays too little.
  if (input.transaction !== (sent?.transaction ?? parent)) return false;
  const minimum_per_kw = environment.mempoolMinimumPerKw?.();
  if (sent?.transaction === undefined || minimum_per_kw === undefined || sent.height < height) return true;
  return sent.feerate_per_kw <= minimum_per_kw;
}

function wantedBump(
  state: OnchainState,
  force_close: ForceClose,
  environment: OnchainEnvironment,
  { commitment, own_sat, weight, claim }: Helped,
  sent: Pending | undefined,
  is_too_cheap: boolean,
): FundRequest | undefined {
  const preimages = knownPreimages(state);
  const stake = commitment.htlc_outputs.filter(({ htlc }) => isAtStake(htlc, preimages));
  const expiry = Math.min(...stake.map(({ htlc }) => htlc.cltv_expiry));
  const isLate = state.height - force_close.height >= PATIENCE_BLOCKS;
  if (stake.length === 0 && !force_close.is_urgent && !isLate) return undefined;
  // Only an HTLC has a deadline that is worth all of it: a hurry of the operator's asks for the estimate and no more.
  const deadline_blocks = stake.length === 0 ? undefined : Math.max(expiry - (state.height + 1), 0);
  const urgent_blocks = force_close.is_urgent
    ? Math.min(deadline_blocks ?? URGENT_BLOCKS, URGENT_BLOCKS)
    : deadline_blocks;
  const child_weight = weight + CHILD_WEIGHT;
  const stake_sat = sum(stake.map(({ amount_sat }) => amount_sat));
  const worth_sat = sat((stake_sat * BigInt(child_weight)) / BigInt(child_weight + stake.length * CLAIM_WEIGHT));
  const max_fee_sat: Sat = sum([worth_sat, sat(own_sat / OWN_SHARE)]);

  const paid = { feerate_per_kw: feerateOf(commitment.fee_sat, weight), height: force_close.height };
  const most_per_kw = feerateOf(worth_sat, child_weight);
  const estimate_per_kw = feerateFor(environment, urgent_blocks);
  /** A deadline raises it to what the HTLCs are worth and no further; an estimate may ask for part of our balance too. */
  const raise = (before: Pick<Pending, 'feerate_per_kw' | 'height'>): number | undefined => {
    const raised_per_kw = raisedFeerate(environment, before, deadline_blocks, state.height, most_per_kw);
    if (raised_per_kw === undefined) return undefined;
    const capped_per_kw = Math.min(raised_per_kw, Math.max(most_per_kw, estimate_per_kw));
    return capped_per_kw > before.feerate_per_kw ? capped_per_kw : undefined;
  };
  let feerate_per_kw: number | undefined = estimate_per_kw;
  if (is_too_cheap) {
    feerate_per_kw = feerateAfterRefusal(environment, (sent ?? paid).feerate_per_kw, urgent_blocks);
  } else if (sent?.transaction !== undefined) {
    feerate_per_kw = raise(sent);
  } else if (sent === undefined && force_close.rival === undefined && paid.feerate_per_kw >= feerate_per_kw) {
    // It pays what the estimate asks for. When no block takes it all the same, the estimate is missing, old or wrong.
    feerate_per_kw = raise(paid);
  }
  if (feerate_per_kw === undefined) return undefined;
  return {
    outpoints: [nameOf(claim.outpoint)],
    foreign: [foreignInput(claim)],
    outputs: [],
    locktime: 0,
    feerate_per_kw: Math.max(feerate_per_kw, FEERATE_FLOOR_PER_KW),
    min_fee_sat: sent?.transaction === undefined ? sat(0) : replacementFee(sent.fee_sat, CHILD_WEIGHT),
    max_fee_sat,
    parents: { weight, fee_sat: commitment.fee_sat },
  };
}
