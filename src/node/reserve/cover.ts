/**
 * Whether coins can pay for the ends of several channels at once. A coin pays for one channel after the other: what one
 * transaction leaves as change pays for the next, also before a block holds it. But nodes relay no more than 25
 * unconfirmed transactions in a row, and each channel adds two: its commitment and our child.
 */
import type { Sat } from '../../base/types/amount.ts';
import { feeForWeight } from '../../codec/tx/fees.ts';
import { COIN_WEIGHT } from './cost.ts';

/** So many channels one coin serves: 16 transactions in a row, well below what is relayed. */
export const CHANNELS_PER_COIN = 8;

/** A coin, or several together, and what is left of them. */
interface Pot {
  left_sat: bigint;
  channels: number;
}

/** Whether these coins can pay these costs, one for each channel, at this feerate. */
export function covers(coins_sat: readonly Sat[], costs_sat: readonly Sat[], feerate_per_kw: number): boolean {
  const input_sat = feeForWeight(COIN_WEIGHT, feerate_per_kw);
  // A coin that costs more than it brings is of no use when fees are so high.
  const pots: Pot[] = coins_sat
    .filter((amount_sat) => amount_sat > input_sat)
    .map((amount_sat) => ({ left_sat: amount_sat, channels: 0 }));
  return costs_sat.toSorted(descending).every((cost_sat) => {
    const pot = potFor(pots, cost_sat) ?? joined(pots, cost_sat, input_sat);
    if (pot === undefined) return false;
    pot.left_sat -= cost_sat;
    pot.channels += 1;
    return true;
  });
}

function descending(a: bigint, b: bigint): number {
  return a === b ? 0 : a > b ? -1 : 1;
}

/** The smallest that is enough. */
function potFor(pots: readonly Pot[], cost_sat: bigint): Pot | undefined {
  let best: Pot | undefined;
  for (const pot of pots) {
    const fits = pot.left_sat >= cost_sat && pot.channels < CHANNELS_PER_COIN;
    if (fits && (best === undefined || pot.left_sat < best.left_sat)) best = pot;
  }
  return best;
}

/** The largest together, as many as it takes; their change is one coin. Undefined when all are not enough. */
function joined(pots: Pot[], cost_sat: bigint, input_sat: bigint): Pot | undefined {
  const usable = pots.filter(({ channels }) => channels < CHANNELS_PER_COIN);
  const byValue = usable.toSorted((a, b) => descending(a.left_sat, b.left_sat));
  const taken: Pot[] = [];
  let sum_sat = 0n;
  for (const pot of byValue) {
    if (pot.left_sat <= input_sat) break;
    sum_sat += taken.length === 0 ? pot.left_sat : pot.left_sat - input_sat;
    taken.push(pot);
    if (sum_sat < cost_sat) continue;
    const pot_of_all = { left_sat: sum_sat, channels: Math.max(...taken.map(({ channels }) => channels)) };
    for (const each of taken) pots.splice(pots.indexOf(each), 1);
    pots.push(pot_of_all);
    return pot_of_all;
  }
  return undefined;
}
