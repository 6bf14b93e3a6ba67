/** What is known of a channel's funding transaction: whether a block ever held it, and for how deep it counts. */
import type { PaymentHash } from '../../base/types/brand.ts';
import type { ChannelState, FundingConfirmation } from './state.ts';

/** A block's reward cannot be spent before so many blocks: till then nobody can bring a commitment to the chain. */
const COINBASE_MATURITY_BLOCKS = 100;

/** BOLT 2: after so many blocks without its funding transaction a fundee forgets a channel. */
const FUNDING_TIMEOUT_BLOCKS = 2_016;
/** A provider sends the funding of a channel that was bought at once, or when it has been paid. */
const BOUGHT_TIMEOUT_BLOCKS = 144;

/** Blocks of its depth that do not count: the first transaction of a block is its reward, which has to mature. */
export function immatureBlocks({ transaction_index }: Pick<FundingConfirmation, 'transaction_index'>): number {
  return transaction_index === 0 ? COINBASE_MATURITY_BLOCKS : 0;
}

/** BOLT 2: below so much there is no output in a commitment. */
const LEAST_OUTPUT_MSAT = 354_000n;

/** For how deep a funding transaction counts: a block's reward from its maturity on. Below 1: it does not count yet. */
export function countedDepth(confirmation: FundingConfirmation | undefined): number {
  return confirmation === undefined ? 0 : confirmation.depth_blocks - immatureBlocks(confirmation);
}

/**
 * Whether the peer opened the channel and no block holds its funding, whatever else was said about the channel: it is a
 * promise, which costs the peer nothing. A channel that may be used before it confirms is another matter, but for one that was
 * bought and whose funding nobody has seen.
 */
export function isUnfunded(state: ChannelState): boolean {
  const { terms, phase, funding_confirmation, ready_sent } = state;
  const isPromise = terms.opener === 'remote' && ((terms.minimum_depth > 0 && !ready_sent) || isUnseen(state));
  return isPromise && funding_confirmation === undefined && phase !== 'spent';
}

/**
 * Whether the funding was in the chain and is not any more, or another transaction stands in its place: nothing in the
 * channel can be counted on. Our own funding comes back, unless something else stands in its place.
 */
export function isGone({ terms, knowledge, ready_sent, funding_confirmation, funding_rival }: ChannelState): boolean {
  if (funding_rival !== undefined) return true;
  const isTheirs = terms.opener === 'remote' && terms.minimum_depth > 0 && knowledge === 'all';
  return isTheirs && ready_sent && funding_confirmation === undefined;
}

/**
 * Whether the channel was bought and its funding is neither in our mempool nor in a block: nothing in it can be counted on.
 */
export function isUnseen({ funding_sight, funding_confirmation }: ChannelState): boolean {
  return funding_confirmation === undefined && (funding_sight === 'waits' || funding_sight === 'one_payment');
}

/** Whether nothing in the channel can be counted on, because its funding is gone, or was not seen yet. */
export function isAbsent(state: ChannelState): boolean {
  return isGone(state) || isUnseen(state);
}

/**
 * Whether an HTLC of this hash may be taken over a channel that was bought and whose funding is unseen: it is all that was
 * ever in it. Whether it is the payment that the channel was bought for, the host knows.
 */
export function isOnlyPayment({ funding_sight, local_msat, htlcs }: ChannelState, payment_hash: PaymentHash): boolean {
  return (
    funding_sight === 'one_payment' && local_msat === 0n && htlcs.every((htlc) => htlc.payment_hash === payment_hash)
  );
}

/** Whether so much is money that a closed channel could bring. */
export function isMoney(amount_msat: bigint): boolean {
  return amount_msat >= LEAST_OUTPUT_MSAT;
}

/**
 * Whether there is money of ours in it. In a channel that was never used that is what the peer pushed at the opening; in one
 * that was used for the payment that it was bought for, also that payment.
 */
export function holdsOurs({ local_msat, htlcs }: ChannelState): boolean {
  const paid_msat = htlcs
    .filter(({ offered_by, removal }) => offered_by === 'remote' && removal?.kind === 'fulfill')
    .reduce((total, { amount_msat }) => total + amount_msat, 0n);
  return isMoney(local_msat + paid_msat);
}

/** Blocks that the peer's funding transaction has. A channel that was bought and has nothing of ours in it waits a day. */
export function fundingTimeoutBlocks(state: ChannelState): number {
  return isUnseen(state) && !holdsOurs(state) ? BOUGHT_TIMEOUT_BLOCKS : FUNDING_TIMEOUT_BLOCKS;
}

/** Whether the peer's funding transaction was not seen in all the time that it had. */
export function isOverdue(state: ChannelState, height: number): boolean {
  if (state.failure?.data_loss === true || !isUnfunded(state)) return false;
  return height >= state.terms.opened_height + fundingTimeoutBlocks(state);
}
