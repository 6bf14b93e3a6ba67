/** A channel's state before anything has happened in it, whichever way it came to be. */
import type { ChannelState } from './state.ts';

/** What differs from one way to the other. */
type Begun = Pick<
  ChannelState,
  | 'terms'
  | 'knowledge'
  | 'phase'
  | 'link'
  | 'local_msat'
  | 'remote_msat'
  | 'feerates'
  | 'remote_point'
  | 'ready_sent'
  | 'ready_received'
  | 'failure'
>;

/** The state: no HTLC, no announcement, no closing. Its members are in the order in which they are stored and read. */
export function unusedChannel(begun: Begun): ChannelState {
  return {
    terms: begun.terms,
    knowledge: begun.knowledge,
    phase: begun.phase,
    link: begun.link,
    local_msat: begun.local_msat,
    remote_msat: begun.remote_msat,
    htlcs: [],
    feerates: begun.feerates,
    ignore_fee_limits: false,
    local_next_htlc_id: 0n,
    remote_next_htlc_id: 0n,
    local_number: 0,
    local_signature: '',
    local_htlc_signatures: [],
    remote_number: 0,
    remote_point: begun.remote_point,
    remote_next_point: undefined,
    remote_secrets: [],
    awaiting_revocation: false,
    revoked_after_signing: false,
    commit_due: false,
    ready_sent: begun.ready_sent,
    ready_received: begun.ready_received,
    remote_alias: undefined,
    funding_confirmation: undefined,
    funding_sight: undefined,
    funding_rival: undefined,
    local_announcement: undefined,
    remote_announcement: undefined,
    announcement_sent: false,
    reminders_left: 0,
    revocation_repeated: false,
    local_shutdown_script: undefined,
    shutdown_sent: false,
    closing_height: undefined,
    remote_shutdown_script: undefined,
    negotiation: undefined,
    closing_feerange: undefined,
    shutdown_heard: false,
    offered_close: undefined,
    closing_transactions: [],
    own_closing_transaction: undefined,
    failure: begun.failure,
    peer_behind_height: undefined,
    removed_htlcs: [],
  };
}
