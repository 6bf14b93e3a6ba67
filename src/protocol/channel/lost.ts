/**
 * Channels whose latest state is not in our hands: after a restored copy, or from a static backup. Nothing of ours may be
 * broadcast for them, because what we hold may be revoked; the peer is asked to close, and then our part is ours
 * (option_static_remotekey makes its key independent of the state: BOLT 3).
 */
import { msat, sat, satToMsat } from '../../base/types/amount.ts';
import { IRREVOCABLE } from './stage.ts';
import type { ChannelState, ChannelTerms, FeerateUpdate } from './state.ts';

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

/** A channel of which only the terms are left. Balances are unknown: all is counted to the peer until the chain tells. */
export function lostChannel(terms: ChannelTerms): ChannelState {
  return {
    terms,
    phase: 'failed',
    link: 'down',
    local_msat: msat(0),
    remote_msat: satToMsat(sat(terms.funding_satoshis)),
    htlcs: [],
    feerates: [NO_FEERATE],
    local_next_htlc_id: 0n,
    remote_next_htlc_id: 0n,
    local_number: 0,
    local_signature: '',
    local_htlc_signatures: [],
    remote_number: 0,
    // Any point will do: with the wrong one no transaction of the peer is taken for one that we know.
    remote_point: terms.remote.payment_basepoint,
    remote_next_point: undefined,
    remote_secrets: [],
    awaiting_revocation: false,
    revoked_after_signing: false,
    commit_due: false,
    ready_sent: true,
    ready_received: true,
    remote_alias: undefined,
    funding_confirmation: undefined,
    local_announcement: undefined,
    remote_announcement: undefined,
    announcement_sent: false,
    local_shutdown_script: undefined,
    shutdown_sent: false,
    closing_height: undefined,
    remote_shutdown_script: undefined,
    negotiation: undefined,
    closing_transactions: [],
    failure: { by: 'local', reason: REASON, data_loss: true },
    removed_htlcs: [],
  };
}
