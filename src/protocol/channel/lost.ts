/**
 * Channels whose latest state is not in our hands: after a restored copy, or from a static backup. Nothing of ours may be
 * broadcast for them, because what we hold may be revoked; the peer is asked to close, and then our part is ours
 * (option_static_remotekey makes its key independent of the state: BOLT 3).
 */
import { type Msat, msat, sat, satToMsat } from '../../base/types/amount.ts';
import { feerateAt } from './commitment.ts';
import { EVERYTHING, IRREVOCABLE } from './stage.ts';
import type { ChannelState, ChannelTerms, FeerateUpdate } from './state.ts';
import { unusedChannel } from './unused.ts';

const REASON = 'we have lost data: you must close the channel';
/** What a state needs that is never used to build a transaction of ours. */
const NO_FEERATE: FeerateUpdate = { feerate_per_kw: 253, stage: IRREVOCABLE };

/**
 * The channel as it must go on when its state may be old. One that is over already is as it was: after that nothing was
 * signed any more, so its state is the last.
 */
export function loseState(state: ChannelState): ChannelState {
  if (state.phase === 'closed' || state.phase === 'failed' || state.phase === 'spent') return state;
  return { ...state, phase: 'failed', failure: { by: 'local', reason: REASON, data_loss: true } };
}

/** What is known of a channel beside its terms. */
export interface ChannelFigures {
  readonly to_us_msat: Msat;
  readonly feerate_per_kw: number;
  /** How many commitments each side has had. */
  readonly local_commitments: number;
  readonly remote_commitments: number;
  readonly htlcs_sent: bigint;
}

/** The channel's figures; undefined when they are unknown, because only its terms are left. */
export function figuresOf(state: ChannelState): ChannelFigures | undefined {
  if (state.knowledge === 'terms') return undefined;
  return {
    to_us_msat: state.local_msat,
    feerate_per_kw: feerateAt(state, EVERYTHING),
    local_commitments: state.local_number + 1,
    remote_commitments: state.remote_number + 1,
    htlcs_sent: state.local_next_htlc_id,
  };
}

/**
 * A channel of which only the terms are left. What its state holds beside them stands for nothing: `knowledge` says so,
 * and no commitment is ever built of it, ours or the peer's.
 */
export function lostChannel(terms: ChannelTerms): ChannelState {
  return unusedChannel({
    terms,
    knowledge: 'terms',
    phase: 'failed',
    link: 'down',
    local_msat: msat(0),
    remote_msat: satToMsat(sat(terms.funding_satoshis)),
    feerates: [NO_FEERATE],
    remote_point: terms.remote.payment_basepoint,
    ready_sent: true,
    ready_received: true,
    failure: { by: 'local', reason: REASON, data_loss: true },
  });
}
