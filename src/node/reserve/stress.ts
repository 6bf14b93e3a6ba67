/**
 * The feerates that the reserve reckons with: today's, and the one that it must still bear. Fees can rise tenfold within
 * the three hours before an HTLC expires, but from a low level only; where they are high already, they double.
 */
import { FEERATE_FLOOR_PER_KW } from '../../infra/chain/source.ts';
import type { ReserveFees } from './ports.ts';

/** 10 sat per virtual byte: less is not enough, however quiet the chain is. */
const LEAST_STRESS_PER_KW = 2_500;
/** 50 sat per virtual byte: so far a tenfold rise is reckoned with. */
const TENFOLD_UP_TO_PER_KW = 12_500;

/** Both in satoshi per 1000 weight. */
export interface Feerates {
  /** What a transaction for the next two blocks pays now. */
  readonly today_per_kw: number;
  /** What the wallet must be able to pay. */
  readonly stress_per_kw: number;
}

/** The stress feerate for a feerate of today: ten times that, up to 50 sat/vB, and in any case twice. */
export function stressPerKw(today_per_kw: number): number {
  const tenfold_per_kw = Math.min(10 * today_per_kw, TENFOLD_UP_TO_PER_KW);
  return Math.max(LEAST_STRESS_PER_KW, tenfold_per_kw, 2 * today_per_kw);
}

/** Without any estimate nobody knows today's feerate, and 50 sat per virtual byte are reckoned with. */
export function feeratesNow(fees: ReserveFees): Feerates {
  const known = ([2, 6, 12, 100] as const)
    .map((target) => fees.feeratePerKw(target))
    .filter((feerate_per_kw) => feerate_per_kw !== undefined);
  const today_per_kw = Math.max(FEERATE_FLOOR_PER_KW, fees.mempoolMinimumPerKw(), ...known);
  const stress_per_kw = stressPerKw(today_per_kw);
  return {
    today_per_kw,
    stress_per_kw: known.length > 0 ? stress_per_kw : Math.max(stress_per_kw, TENFOLD_UP_TO_PER_KW),
  };
}
