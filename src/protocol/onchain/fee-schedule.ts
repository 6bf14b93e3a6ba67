/**
 * What a claim pays: the estimate for the time that is left, more each time it has to be made again, and never as much as
 * it brings in (BOLT 5; replacing follows BIP 125).
 */

import { type Sat, sat, subtractOrZero, sum } from '../../base/types/amount.ts';
import { dustLimit } from '../../codec/tx/fees.ts';
import type { Claim } from './claim.ts';
import { FEERATE_FLOOR_PER_KW, type FeeTargetBlocks, type OnchainEnvironment } from './closing-channel.ts';
import type { Pending, Refusal } from './state.ts';

/** The fee for a weight, rounded up so that no node finds it too low. */
export function feeCeil(weight: number, feerate_per_kw: number): Sat {
  return sat((BigInt(weight) * BigInt(feerate_per_kw) + 999n) / 1000n);
}

/**
 * The estimate for a transaction that should be mined in half of the blocks that are left, so that the other half is
 * there for trying again; undefined means that there is no deadline.
 */
export function feerateFor(environment: OnchainEnvironment, blocks_left: number | undefined): number {
  const targets: readonly FeeTargetBlocks[] = [2, 6, 12, 100];
  const wanted = targets.findLastIndex((target) => target <= Math.max((blocks_left ?? 200) / 2, 2));
  // Without an estimate for this target, a more urgent one is the safe side.
  for (const target of targets.slice(0, wanted + 1).reverse()) {
    const feerate_per_kw = environment.feeratePerKw(target);
    if (feerate_per_kw !== undefined) return Math.max(FEERATE_FLOOR_PER_KW, feerate_per_kw);
  }
  return FEERATE_FLOOR_PER_KW;
}

/** Blocks until somebody else can take one of these outputs, counted from the next block. */
export function blocksLeft(claims: readonly Claim[], height: number): number | undefined {
  const deadlines = claims.map((claim) => claim.deadline_height).filter((deadline) => deadline !== undefined);
  return deadlines.length === 0 ? undefined : Math.min(...deadlines) - (height + 1);
}

/** How long a transaction waits before it is made again, by the blocks that are left. */
function patience(blocks_left: number | undefined): number {
  if (blocks_left === undefined || blocks_left > 18) return 6;
  return blocks_left > 6 ? 3 : 1;
}

/** By how much a feerate rises at least when a deadline comes nearer and the estimate alone did not suffice. */
const LEAST_RISE = 1.25;
/** So far above the mempool's minimum, which rises with every transaction that it drops. */
const MINIMUM_MARGIN = 1.1;
/** So many blocks before a deadline the estimate counts no more: what is at stake is lost otherwise. */
export const LAST_BLOCKS = 6;
/** And before that so much more than the most urgent estimate is enough. */
const ESTIMATE_FACTOR = 10;

/**
 * The feerate with which to make a pending transaction again; undefined when it should rather wait. `most_per_kw` is where
 * all that is at stake would go to the fee: near a deadline the steps are such that they lead there.
 */
export function raisedFeerate(
  environment: OnchainEnvironment,
  pending: Pick<Pending, 'feerate_per_kw' | 'height'>,
  blocks_left: number | undefined,
  height: number,
  most_per_kw: number,
): number | undefined {
  if (height - pending.height < patience(blocks_left)) return undefined;
  const estimate_per_kw = feerateFor(environment, blocks_left);
  const hasDeadline = blocks_left !== undefined && blocks_left <= 18;
  if (!hasDeadline && estimate_per_kw <= pending.feerate_per_kw) return undefined;
  const least_per_kw = Math.max(estimate_per_kw, Math.ceil(pending.feerate_per_kw * LEAST_RISE));
  if (!hasDeadline) return least_per_kw;
  const rise = (most_per_kw / Math.max(pending.feerate_per_kw, 1)) ** (1 / stepsLeft(blocks_left));
  const urgent_per_kw = environment.feeratePerKw(2);
  const isCapped = urgent_per_kw !== undefined && blocks_left > LAST_BLOCKS;
  const cap_per_kw = isCapped ? Math.min(most_per_kw, urgent_per_kw * ESTIMATE_FACTOR) : most_per_kw;
  return Math.max(least_per_kw, Math.min(Math.ceil(pending.feerate_per_kw * rise), cap_per_kw));
}

/** The feerate with which to make a transaction again that the network found too cheap: a step, until it is enough. */
export function feerateAfterRefusal(
  environment: OnchainEnvironment,
  feerate_per_kw: number,
  blocks_left: number | undefined,
): number {
  const minimum_per_kw = Math.ceil((environment.mempoolMinimumPerKw?.() ?? 0) * MINIMUM_MARGIN);
  return Math.max(feerateFor(environment, blocks_left), minimum_per_kw, Math.ceil(feerate_per_kw * LEAST_RISE));
}

/** What a node's word against a transaction says of its fee; undefined when it is about something else. */
export function refusalOf(reason: string): Refusal | undefined {
  if (/\bmin relay fee not met/.test(reason)) return 'below_floor';
  if (/\bmin fee not met/.test(reason)) return 'too_cheap';
  if (/missingorspent/.test(reason)) return 'no_parent';
  if (/insufficient fee|txn-mempool-conflict/.test(reason)) return 'has_rival';
  // It waits for its own time, or for others of ours: nothing is wrong with it.
  return /non-final|non-BIP68-final|mempool-chain|too many|unconfirmed-parents/.test(reason) ? undefined : 'not_taken';
}

/** How often a transaction can still be made again before its deadline, by `patience`. */
function stepsLeft(blocks_left: number): number {
  return Math.max(1, blocks_left > 6 ? Math.ceil((blocks_left - 6) / 3) + 6 : blocks_left);
}

/** The feerate at which a transaction of this weight pays so much. */
export function feerateOf(fee_sat: Sat, weight: number): number {
  return Number((fee_sat * 1000n) / BigInt(weight));
}

/** What must be paid to replace a transaction (BIP 125: its fee, and the relay of the new one). */
export function replacementFee(replaced_fee_sat: Sat, weight: number): Sat {
  return sum([replaced_fee_sat, feeCeil(weight, FEERATE_FLOOR_PER_KW)]);
}

/** What the input weighs that brings an output of an HTLC transaction home, once its delay is over. */
const DELAYED_INPUT_WEIGHT = 330;

/**
 * The most that a claim of these outputs may pay: all but the least that an output can hold, and for HTLC transactions
 * what it costs to bring their outputs home. Beyond that nothing would be left for the shop.
 */
export function stakeOf(claims: readonly Pick<Claim, 'spends' | 'paired_output'>[], sweep_script: Uint8Array): Sat {
  const staged = claims.filter(({ paired_output }) => paired_output !== undefined).length;
  const later_sat = feeCeil(staged * DELAYED_INPUT_WEIGHT, FEERATE_FLOOR_PER_KW);
  return subtractOrZero(sum(claims.map((claim) => claim.spends.amount_sat)), sum([dustLimit(sweep_script), later_sat]));
}
