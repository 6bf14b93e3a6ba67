/** What is known of a channel's funding transaction: whether a block ever held it, and for how deep it counts. */
import type { ChannelState, FundingConfirmation } from './state.ts';

/** A block's reward cannot be spent before so many blocks: till then nobody can bring a commitment to the chain. */
const COINBASE_MATURITY_BLOCKS = 100;

/** BOLT 2: after so many blocks without its funding transaction a fundee forgets a channel. */
export const FUNDING_TIMEOUT_BLOCKS = 2_016;

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
 * promise, which costs the peer nothing. A channel that may be used before it confirms is another matter.
 */
export function isUnfunded({ terms, phase, funding_confirmation, ready_sent }: ChannelState): boolean {
  const isPromise = terms.opener === 'remote' && terms.minimum_depth > 0 && !ready_sent;
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

/** Whether so much is money that a closed channel could bring. */
export function isMoney(amount_msat: bigint): boolean {
  return amount_msat >= LEAST_OUTPUT_MSAT;
}

/** Whether there is money of ours in it. In a channel that was never used that is what the peer pushed at the opening. */
export function holdsOurs({ local_msat }: ChannelState): boolean {
  return isMoney(local_msat);
}

/** Whether the peer's funding transaction was not seen in all the time that it had. */
export function isOverdue(state: ChannelState, height: number): boolean {
  if (state.failure?.data_loss === true || !isUnfunded(state)) return false;
  return height >= state.terms.opened_height + FUNDING_TIMEOUT_BLOCKS;
}
