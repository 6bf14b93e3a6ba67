/**
 * Whether the reserve is to be kept in more coins, and how. A coin pays for one channel after the other, and when all of
 * them fail at once each would wait for the one before. Splitting costs a fee, so it is done when fees are calm, and only
 * while nothing needs the coins.
 */
import { max, type Sat, sat } from '../../base/types/amount.ts';
import { feeForWeight } from '../../codec/tx/fees.ts';
import { outputWeight, TRANSACTION_OVERHEAD_WEIGHT } from '../../codec/tx/witness.ts';
import { COIN_WEIGHT, channelCost } from './cost.ts';
import type { ReserveFees } from './ports.ts';
import { HTLCS_PER_CHANNEL, type Size } from './sizing.ts';

/** What is to be split off the largest coin. */
export interface Split {
  readonly coins: number;
  readonly each_sat: Sat;
  readonly feerate_per_kw: number;
}

/** The fee of a split is at most this part of what it moves. */
const FEE_SHARE = 100n;
/** Fees are calm when the next block costs no more than this many times what a block of tomorrow costs. */
const CALM = 2;

/** The feerate of a split; undefined while fees are not calm, or nobody knows them. */
function calmFeerate(fees: ReserveFees): number | undefined {
  const [urgent, patient, slow] = [fees.feeratePerKw(2), fees.feeratePerKw(12), fees.feeratePerKw(100)];
  if (urgent === undefined || patient === undefined || slow === undefined || urgent > slow * CALM) return undefined;
  return patient < fees.mempoolMinimumPerKw() ? undefined : patient;
}

/**
 * How to get as many coins as are wanted, each of which can pay for a channel at the stress feerate; undefined when there
 * are enough, or splitting is not worth it now. What is beyond the reserve stays in one coin.
 */
export function splitFor(
  coins_sat: readonly Sat[],
  wanted: Size,
  stress_per_kw: number,
  fees: ReserveFees,
): Split | undefined {
  const least_sat = channelCost(HTLCS_PER_CHANNEL, stress_per_kw);
  const useful = coins_sat.filter((amount_sat) => amount_sat >= least_sat);
  const missing = wanted.coins - useful.length;
  const [largest_sat] = useful.toSorted((a, b) => Number(b - a));
  const feerate_per_kw = calmFeerate(fees);
  if (missing <= 0 || largest_sat === undefined || feerate_per_kw === undefined) return undefined;
  const fair_sat = max(least_sat, sat(wanted.amount_sat / BigInt(wanted.coins)));
  for (let coins = missing; coins > 0; coins--) {
    const weight = TRANSACTION_OVERHEAD_WEIGHT + COIN_WEIGHT + (coins + 1) * outputWeight(34);
    const fee_sat = feeForWeight(weight, feerate_per_kw);
    const share_sat = sat((largest_sat - fee_sat) / BigInt(coins + 1));
    const each_sat = share_sat < fair_sat ? share_sat : fair_sat;
    const isWorthIt = each_sat >= least_sat && fee_sat * FEE_SHARE <= each_sat * BigInt(coins);
    if (isWorthIt) return { coins, each_sat, feerate_per_kw };
  }
  return undefined;
}
