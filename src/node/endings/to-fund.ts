/** What an ending has still to ask the wallet for: the reserve reckons with it. */
import { msatToSatFloor, type Sat } from '../../base/types/amount.ts';
import { isTrimmed } from '../../codec/tx/commitment.ts';
import { nameOf } from '../../protocol/onchain/outpoint.ts';
import { knownPreimages, trackOutputs } from '../../protocol/onchain/tracked-output.ts';
import type { LiveEnding } from './live-ending.ts';

/** The transactions that the wallet has not paid for yet. */
export interface ToFund {
  /** A child for the commitment. */
  readonly needs_child: boolean;
  /** HTLC transactions of our own commitment, by their amounts. */
  readonly amounts_sat: readonly Sat[];
}

const NOTHING: ToFund = { needs_child: false, amounts_sat: [] };

/** Of an ending as it is now. All that the peer's commitment holds pays for itself. */
export function toFund({ closing, state }: LiveEnding): ToFund {
  const paid = new Set(
    state.pending
      .filter(({ is_wallet_funded, transaction }) => is_wallet_funded && transaction !== undefined)
      .flatMap(({ outpoints }) => outpoints),
  );
  const situation = trackOutputs(closing, state);
  if (situation !== undefined) {
    const waiting = situation.outputs.filter(
      ({ claim, spend, outpoint }) =>
        claim?.paired_output !== undefined && spend === undefined && !paid.has(nameOf(outpoint)),
    );
    return { needs_child: false, amounts_sat: waiting.map(({ spends }) => spends.amount_sat) };
  }
  const { local, terms } = closing;
  if (state.force_close === undefined || local === undefined) return NOTHING;
  const preimages = knownPreimages(state);
  const { view } = local;
  const claimable = view.htlcs.filter(
    (htlc) =>
      htlc.offered_by === 'remote' &&
      preimages.has(htlc.payment_hash) &&
      !isTrimmed(terms, 'local', view.feerate_per_kw, htlc),
  );
  // Before a block holds the commitment nothing but its child can have been paid for.
  return { needs_child: paid.size === 0, amounts_sat: claimable.map(({ amount_msat }) => msatToSatFloor(amount_msat)) };
}
