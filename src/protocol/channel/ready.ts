/**
 * From a funding transaction to a usable channel: its depth, `channel_ready` with our alias, and what the announcement
 * of a public channel needs (BOLT 2, The channel_ready Message; BOLT 7, announcement_signatures).
 */
import { msat } from '../../base/types/amount.ts';
import type { ShortChannelId } from '../../base/types/short-channel-id.ts';
import { parseShortChannelId } from '../../base/types/short-channel-id.ts';
import type { AnnouncementSignaturesMessage, ChannelReady } from '../../codec/wire/index.ts';
import { claimPushed, isOver, sendFailure } from './failure.ts';
import { fail, refuse } from './fault.ts';
import { countedDepth, isGone, isUnfunded, isUnseen } from './funding.ts';
import { isPoint } from './limits.ts';
import type {
  AnnouncementSignatures,
  ChannelState,
  Failure,
  FundingConfirmation,
  FundingRival,
  FundingSight,
  RemovedHtlc,
} from './state.ts';
import { send, type Turn } from './turn.ts';

/** The real short_channel_id, once the funding transaction is in a block. */
export function shortChannelId(state: ChannelState): ShortChannelId | undefined {
  const { funding_confirmation, terms } = state;
  if (funding_confirmation === undefined) return undefined;
  const { block_height, transaction_index } = funding_confirmation;
  return parseShortChannelId(`${block_height}x${transaction_index}x${terms.funding_output_index}`);
}

/** Whether a payment over this channel is safe from a reorganisation: deep enough, or from a peer that is trusted. */
export function isFundingSafe(state: ChannelState): boolean {
  const { terms, funding_confirmation, funding_rival } = state;
  if (funding_rival !== undefined || isUnseen(state)) return false;
  if (terms.minimum_depth === 0 || terms.opener === 'local') return true;
  return countedDepth(funding_confirmation) >= 1;
}

/** The funding transaction is so deep now; undefined when it is in no block (any more). */
export function fundingDepth(turn: Turn, confirmation: FundingConfirmation | undefined): void {
  const { state } = turn;
  const isFound = confirmation !== undefined && isUnfunded(state);
  const isThere = confirmation !== undefined;
  if (!isThere && state.funding_confirmation !== undefined) turn.effects.push({ kind: 'funding_left' });
  if (isThere && isGone(state)) turn.effects.push({ kind: 'funding_back' });
  const funding_rival = isThere ? undefined : state.funding_rival;
  turn.state = { ...state, funding_confirmation: confirmation, funding_sight: sightIn(state, isThere), funding_rival };
  turn.store = true;
  if (isFound && turn.state.phase === 'failed') claimPushed(turn);
  confirmReady(turn);
  announceIfDue(turn);
}

/** A block holds the funding of a channel that was bought, or a reorganisation took it out: then it is looked for again. */
function sightIn({ funding_sight }: ChannelState, isThere: boolean): FundingSight | undefined {
  return funding_sight === undefined ? undefined : isThere ? 'seen' : 'waits';
}

/** The funding of a channel that was bought is in the mempool, or is not there any more. Only while it is in no block. */
export function fundingSight(turn: Turn, is_there: boolean): void {
  const { state } = turn;
  const { funding_sight, funding_confirmation } = state;
  if (funding_sight === undefined || funding_confirmation !== undefined || isOver(state)) return;
  if (is_there === (funding_sight === 'seen')) return;
  turn.state = { ...state, funding_sight: is_there ? 'seen' : 'waits' };
  turn.store = true;
  turn.effects.push({ kind: is_there ? 'funding_seen' : 'funding_vanished' });
  confirmReady(turn);
}

/** A block holds another spend of what the funding was to spend, or does not any more. */
export function fundingRival(turn: Turn, rival: FundingRival | undefined): void {
  turn.state = { ...turn.state, funding_rival: rival };
  turn.store = true;
  if (rival !== undefined) turn.effects.push({ kind: 'funding_rival', rival });
}

/** The funding will never be in the chain: the channel is over, nothing of it is ours, and our payments in it failed. */
export function fundingLost(turn: Turn): void {
  const { state } = turn;
  const { local_msat, remote_msat, funding_rival, phase, htlcs } = state;
  const reason = `its funding was spent otherwise, by ${funding_rival?.txid}`;
  const failure: Failure = { by: 'local', reason, data_loss: false };
  const total_msat = msat(local_msat + remote_msat);
  turn.state = { ...state, phase: 'failed', failure, local_msat: msat(0), remote_msat: total_msat, htlcs: [] };
  turn.store = true;
  if (state.link !== 'down' && phase !== 'failed') sendFailure(turn, reason);
  for (const { offered_by, id, amount_msat, payment_hash, removal } of htlcs) {
    const htlc: RemovedHtlc = { id, amount_msat, payment_hash, removal: removal ?? { kind: 'ended_on_chain' } };
    if (offered_by === 'local') turn.effects.push({ kind: 'htlc_removed', htlc });
  }
  const payments = htlcs.filter(({ offered_by, removal }) => offered_by === 'remote' && removal?.kind === 'fulfill');
  turn.effects.push({ kind: 'funding_lost', lost_msat: local_msat, payments });
}

/** Says `channel_ready` when it is time for that and it was not said before. */
export function confirmReady(turn: Turn): void {
  const { state } = turn;
  if (state.phase === 'failed' || state.phase === 'spent' || state.phase === 'closed') return;
  if (state.ready_sent || state.link !== 'up' || !isDeepEnough(state)) return;
  turn.state = { ...state, ready_sent: true };
  turn.store = true;
  sendReady(turn);
  becomeUsable(turn);
}

function isDeepEnough({ terms, funding_confirmation, funding_sight }: ChannelState): boolean {
  if (funding_sight === 'waits') return false;
  return terms.minimum_depth === 0 || countedDepth(funding_confirmation) >= terms.minimum_depth;
}

/** Sends `channel_ready`, for the first time or again. */
export function sendReady(turn: Turn): void {
  const { terms } = turn.state;
  send(turn, {
    type: 'channel_ready',
    channel_id: terms.channel_id,
    second_per_commitment_point: turn.env.signer.perCommitmentPoint(1),
    short_channel_id: terms.local_alias,
  });
}

/** The peer's `channel_ready`; a repeated one can only change the alias. */
export function receiveReady(turn: Turn, message: ChannelReady): void {
  const { state } = turn;
  const alias = message.short_channel_id;
  if (alias !== undefined && alias !== state.remote_alias) {
    turn.state = { ...turn.state, remote_alias: alias };
    turn.store = true;
    if (state.ready_received) turn.effects.push({ kind: 'alias_changed', remote_alias: alias });
  }
  if (state.ready_received) return;
  if (!isPoint(message.second_per_commitment_point)) fail('channel_ready: second_per_commitment_point is no point');
  turn.state = { ...turn.state, ready_received: true, remote_next_point: message.second_per_commitment_point };
  turn.store = true;
  becomeUsable(turn);
}

function becomeUsable(turn: Turn): void {
  const { state } = turn;
  if (!state.ready_sent || !state.ready_received || state.phase !== 'opening') return;
  turn.state = { ...state, phase: 'normal' };
  turn.effects.push({ kind: 'channel_usable' });
  announceIfDue(turn);
}

/** Asks the host for its signatures of the announcement when a public channel is deep enough. */
export function announceIfDue(turn: Turn): void {
  const { state, env } = turn;
  if (!state.terms.announce_channel || state.phase !== 'normal') return;
  const depth = state.funding_confirmation?.depth_blocks ?? 0;
  const short_channel_id = shortChannelId(state);
  if (depth < env.policy.announcement_depth || short_channel_id === undefined) return;
  // A reorganisation may have moved the funding transaction: then the old signatures are for another place.
  if (state.local_announcement?.short_channel_id === short_channel_id) return;
  turn.effects.push({ kind: 'announcement_due', short_channel_id });
}

/** The host's signatures of the announcement. Throws Refusal when they are for another place in the chain. */
export function announce(turn: Turn, signatures: AnnouncementSignatures): void {
  const { state } = turn;
  if (!state.terms.announce_channel) refuse('invalid', 'the channel is private');
  if (signatures.short_channel_id !== shortChannelId(state)) {
    refuse('invalid', `the channel is not ${signatures.short_channel_id}`);
  }
  turn.state = { ...state, local_announcement: signatures };
  turn.store = true;
  if (state.link === 'up') sendAnnouncement(turn);
  completeAnnouncement(turn);
}

/** Says `announcement_signatures` again after a reconnect, until the peer's are here. */
export function resumeAnnouncement(turn: Turn): void {
  const { local_announcement, remote_announcement } = turn.state;
  if (local_announcement !== undefined && remote_announcement === undefined) sendAnnouncement(turn);
  else announceIfDue(turn);
}

function sendAnnouncement(turn: Turn): void {
  const { terms, local_announcement, announcement_sent } = turn.state;
  // BOLT 7: not once the channel is being closed.
  if (local_announcement === undefined || announcement_sent || turn.state.shutdown_sent) return;
  turn.state = { ...turn.state, announcement_sent: true };
  send(turn, { type: 'announcement_signatures', channel_id: terms.channel_id, ...local_announcement });
}

/** The peer's `announcement_signatures`: they are answered with ours, once on each connection. */
export function receiveAnnouncement(turn: Turn, message: AnnouncementSignaturesMessage): void {
  const { state } = turn;
  const { short_channel_id, node_signature, bitcoin_signature } = message;
  const real = shortChannelId(state);
  // No payment depends on it, and whoever says it says it at each connection: it is passed over.
  if (!state.terms.announce_channel || (real !== undefined && short_channel_id !== real)) {
    const fault =
      real === undefined || short_channel_id === real
        ? 'for a private channel'
        : `for ${short_channel_id}, and the channel is ${real}`;
    turn.effects.push({ kind: 'passed_over', reason: `announcement_signatures ${fault}` });
    return;
  }
  turn.state = { ...state, remote_announcement: { short_channel_id, node_signature, bitcoin_signature } };
  turn.store = true;
  sendAnnouncement(turn);
  completeAnnouncement(turn);
}

/** The channel is not announced: the peer may say its signatures again, on another connection. */
export function refuseAnnouncement(turn: Turn): void {
  turn.state = { ...turn.state, remote_announcement: undefined };
  turn.store = true;
}

function completeAnnouncement(turn: Turn): void {
  const { local_announcement: local, remote_announcement: remote } = turn.state;
  if (local === undefined || remote === undefined) return;
  if (local.short_channel_id !== remote.short_channel_id) return;
  turn.effects.push({ kind: 'announcement_complete', local, remote });
}
