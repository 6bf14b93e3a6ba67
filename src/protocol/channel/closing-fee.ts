/** What we would pay for a mutual close: from what relays to what closing alone would cost, or as the operator says. */
import { max, type Sat, sat } from '../../base/types/amount.ts';
import { closingWeight } from '../../codec/tx/closing.ts';
import { ANCHORS_MSAT, commitmentFeeMsat, feerateAt } from './commitment.ts';
import type { Environment } from './policy.ts';
import { EVERYTHING } from './stage.ts';
import type { ChannelState } from './state.ts';

/** Fees of one closing transaction, in rising order. */
export interface ClosingFee {
  readonly lowest: Sat;
  readonly fair: Sat;
  /** What an urgent transaction costs: with a peer that can be bargained with we stay below it. */
  readonly urgent: Sat;
  readonly highest: Sat;
}

/** Of a closing transaction that has outputs with these scripts (hex). */
export function closingFee(state: ChannelState, { feerates }: Environment, scripts: readonly string[]): ClosingFee {
  const feeAt = (feerate_per_kw: number): Sat => sat(Math.ceil((feerate_per_kw * closingWeight(...scripts)) / 1000));
  const { mempool_per_kw, closing_per_kw, max_closing_per_kw } = feerates;
  const asked = state.closing_feerange;
  if (asked !== undefined) {
    const within_per_kw = Math.min(Math.max(closing_per_kw, asked.min_per_kw), asked.max_per_kw);
    const highest = feeAt(asked.max_per_kw);
    return { lowest: feeAt(asked.min_per_kw), fair: feeAt(within_per_kw), urgent: highest, highest };
  }
  const lowest = feeAt(mempool_per_kw);
  const fair = max(lowest, feeAt(closing_per_kw));
  const urgent = max(fair, feeAt(max_closing_per_kw));
  return { lowest, fair, urgent, highest: max(urgent, costAlone(state, max_closing_per_kw)) };
}

/** What our commitment would cost in fee and anchors: beyond that nobody needs the peer to close. */
export function costAlone(state: ChannelState, feerate_per_kw: number): Sat {
  return sat((commitmentFeeMsat(Math.max(feerate_per_kw, feerateAt(state, EVERYTHING)), 0) + ANCHORS_MSAT) / 1000n);
}
