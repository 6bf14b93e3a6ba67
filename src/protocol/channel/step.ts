/**
 * The channel as a state machine: one input, one new state and what is to be done about it. No socket, no clock, no
 * database, no randomness: the same arguments always give the same answer. A rule that the peer breaks, or a command
 * that cannot be done, leaves the state as it was (but for the mark of a failure).
 */

import { receiveClosing } from './closing.ts';
import { receiveCommitment } from './commit.ts';
import { checkDeadlines } from './deadline.ts';
import type { Effect } from './effect.ts';
import {
  applyViolation,
  failChannel,
  forget,
  isOver,
  receiveError,
  receiveWarning,
  remind,
  sendFailure,
} from './failure.ts';
import { Refusal, Violation, warn } from './fault.ts';
import { receiveUpdateFee, sendUpdateFee } from './fee.ts';
import { addHtlc, receiveAdd } from './htlc.ts';
import type { Input } from './input.ts';
import { commitOrPause } from './last-feerate.ts';
import type { ChannelMessage } from './message.ts';
import type { Environment } from './policy.ts';
import {
  announce,
  fundingDepth,
  fundingLost,
  fundingRival,
  fundingSight,
  receiveAnnouncement,
  receiveReady,
  refuseAnnouncement,
} from './ready.ts';
import { connect, disconnect, receiveReestablish, rest } from './reestablish.ts';
import { receiveRemoval, removeHtlc } from './remove.ts';
import { receiveRevocation } from './revoke.ts';
import { endPause, receiveShutdown, resumeShutdown, startShutdown } from './shutdown.ts';
import { raiseClose, receiveCloseOffer, receiveCloseSignature } from './simple-close.ts';
import { IRREVOCABLE } from './stage.ts';
import type { ChannelState } from './state.ts';
import { isUp, type Turn } from './turn.ts';

/** What came of an input. */
export interface Outcome {
  readonly state: ChannelState;
  /** In the order in which they are to be carried out. */
  readonly effects: readonly Effect[];
  /** Whether the state must be durable before its effects are released. */
  readonly store: boolean;
  /** The peer broke this rule. What follows from it is among the effects. */
  readonly violation?: { readonly kind: 'warning' | 'error'; readonly message: string; readonly force_close: boolean };
  /** Our command was refused, and nothing changed. */
  readonly refusal?: Refusal;
}

/** Takes one input. Throws only for a fault of Till itself, such as a balance below zero. */
export function step(state: ChannelState, input: Input, env: Environment): Outcome {
  const turn: Turn = { state, env, effects: [], store: false };
  try {
    if (input.kind === 'message') receive(turn, input.message);
    else obey(turn, input);
    return { state: turn.state, effects: turn.effects, store: turn.store };
  } catch (fault) {
    if (fault instanceof Refusal) return { state, effects: [], store: false, refusal: fault };
    if (!(fault instanceof Violation)) throw fault;
    const failed: Turn = { state, env, effects: [], store: false };
    applyViolation(failed, fault, input.kind === 'message' ? input.message.type : 'error');
    const force_close = failed.state.phase === 'failed' && state.phase !== 'failed';
    return {
      state: failed.state,
      effects: failed.effects,
      store: failed.store,
      violation: { kind: force_close ? 'error' : 'warning', message: fault.message, force_close },
    };
  }
}

function obey(turn: Turn, input: Exclude<Input, { kind: 'message' }>): void {
  switch (input.kind) {
    case 'connected':
      connect(turn);
      break;
    case 'disconnected':
      disconnect(turn);
      break;
    case 'rest':
      rest(turn);
      break;
    case 'remind':
      remind(turn);
      break;
    case 'add_htlc':
      addHtlc(turn, input.htlc);
      break;
    case 'remove_htlc':
      removeHtlc(turn, input.id, input.removal);
      break;
    case 'take':
      take(turn, input.incoming, input.outgoing);
      break;
    case 'update_fee':
      sendUpdateFee(turn, input.feerate_per_kw);
      break;
    case 'commit':
      commitOrPause(turn);
      resumeShutdown(turn);
      break;
    case 'pause_over':
      endPause(turn);
      break;
    case 'ignore_fee_limits':
      turn.state = { ...turn.state, ignore_fee_limits: input.value };
      turn.store = true;
      break;
    case 'shutdown':
      startShutdown(turn, input.scriptpubkey, input.feerange);
      break;
    case 'raise_close':
      raiseClose(turn, input.feerate_per_kw);
      break;
    case 'give_up':
    case 'force_close':
      failChannel(turn, 'local', input.reason);
      break;
    case 'block':
      checkDeadlines(turn);
      break;
    case 'funding_depth':
      fundingDepth(turn, input.confirmation);
      break;
    case 'funding_sight':
      fundingSight(turn, input.is_there);
      break;
    case 'funding_rival':
      fundingRival(turn, input.rival);
      break;
    case 'funding_lost':
      fundingLost(turn);
      break;
    case 'forget':
      forget(turn, 'local', input.reason);
      break;
    case 'funding_spent':
      spend(turn, input.transaction);
      break;
    case 'announce':
      announce(turn, input.signatures);
      break;
    case 'refuse_announcement':
      refuseAnnouncement(turn);
      break;
  }
}

function receive(turn: Turn, message: ChannelMessage): void {
  const { state } = turn;
  if (message.type === 'warning') {
    receiveWarning(turn, message);
    return;
  }
  if (message.type === 'error') {
    receiveError(turn, message);
    return;
  }
  const asksWhereWeAre = message.type === 'channel_reestablish';
  if (asksWhereWeAre && state.phase === 'failed' && state.failure?.data_loss === false) {
    sendFailure(turn, state.failure.reason);
    return;
  }
  // The peer has not seen it yet: what it says of the channel is of no use any more.
  if (asksWhereWeAre && state.phase === 'spent') {
    sendFailure(turn, 'the channel is over: its funding output is spent');
    return;
  }
  // What follows a message that was refused is not meant for the state that we are in.
  if (state.link === 'aside') return;
  // A peer that is ahead of us may still say where it is; to all else a channel that is over is deaf.
  if (isOver(state) && !(state.failure?.data_loss === true && asksWhereWeAre)) return;
  if (message.type === 'channel_reestablish') {
    receiveReestablish(turn, message);
    return;
  }
  if (state.link !== 'up') {
    // LND says this at times before it says where it is: it is answered when ours is said.
    if (message.type === 'announcement_signatures') return;
    warn(`${message.type} before channel_reestablish`);
  }
  switch (message.type) {
    case 'channel_ready':
      receiveReady(turn, message);
      break;
    case 'announcement_signatures':
      receiveAnnouncement(turn, message);
      break;
    case 'shutdown':
      receiveShutdown(turn, message);
      break;
    case 'closing_complete':
      receiveCloseOffer(turn, message);
      break;
    case 'closing_sig':
      receiveCloseSignature(turn, message);
      break;
    case 'closing_signed':
      receiveClosing(turn, message);
      break;
    default:
      receiveUpdate(turn, message);
      break;
  }
}

/** Commitments do not matter any more once a mutual close is signed; a peer may still have one on its way. */
const OBSOLETE: ReadonlySet<string> = new Set(['update_fee', 'commitment_signed', 'revoke_and_ack']);

function receiveUpdate(turn: Turn, message: ChannelMessage): void {
  if (turn.state.phase === 'closed' && OBSOLETE.has(message.type)) return;
  if (!isUp(turn.state)) warn(`${message.type} while the channel is ${turn.state.phase}`);
  switch (message.type) {
    case 'update_add_htlc':
      receiveAdd(turn, message);
      break;
    case 'update_fulfill_htlc':
    case 'update_fail_htlc':
    case 'update_fail_malformed_htlc':
      receiveRemoval(turn, message);
      break;
    case 'update_fee':
      receiveUpdateFee(turn, message);
      break;
    case 'commitment_signed':
      receiveCommitment(turn, message);
      resumeShutdown(turn);
      break;
    case 'revoke_and_ack':
      receiveRevocation(turn, message);
      resumeShutdown(turn);
      break;
    default:
      warn(`${message.type} for a channel that is open already`);
      break;
  }
}

/** The host has these in its own books now. Ids that are not known (any more) are passed over. */
function take(turn: Turn, incoming: readonly bigint[], outgoing: readonly bigint[]): void {
  const { state } = turn;
  turn.state = {
    ...state,
    htlcs: state.htlcs.map((htlc) =>
      htlc.offered_by === 'remote' && incoming.includes(htlc.id)
        ? { ...htlc, taken: true, onion_routing_packet: undefined }
        : htlc,
    ),
    removed_htlcs: state.removed_htlcs.filter(({ id }) => !outgoing.includes(id)),
  };
  turn.store = true;
}

function spend(turn: Turn, transaction: string): void {
  turn.state = { ...turn.state, phase: 'spent' };
  turn.store = true;
  turn.effects.push({ kind: 'funding_spent', transaction });
}

/** What was reported to the host and not taken: to be reported again after a restart. */
export function untaken(state: ChannelState): readonly Effect[] {
  const effects: Effect[] = [];
  for (const htlc of state.htlcs) {
    if (htlc.offered_by === 'remote' && htlc.added === IRREVOCABLE && !htlc.taken)
      effects.push({ kind: 'htlc_committed', htlc });
  }
  for (const htlc of state.removed_htlcs) effects.push({ kind: 'htlc_removed', htlc });
  return effects;
}
