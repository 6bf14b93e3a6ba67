/** Wanting to close: `shutdown` in both directions, and when the channel is empty enough to agree on a fee (BOLT 2). */

import type { Shutdown } from '../../codec/wire/index.ts';
import { beginClosing, offerLegacyAgain } from './closing.ts';
import { refuse, warn } from './fault.ts';
import { awaitsLastFeerate, commitAfterPause, pauseAsOpener } from './last-feerate.ts';
import { hasUnsigned, isEmpty } from './pending.ts';
import { isShutdownScript, isTakenShutdownScript } from './shutdown-script.ts';
import { offerClose, replaceClose } from './simple-close.ts';
import { IRREVOCABLE } from './stage.ts';
import type { ChannelState, ClosingFeerange } from './state.ts';
import { send, type Turn } from './turn.ts';

/**
 * Our own wish to close, to a script or to the one agreed at the opening. Said again it may bring other feerates: for the
 * next negotiation or, in a simple close, for a transaction that replaces ours at once.
 */
export function startShutdown(turn: Turn, script?: string, feerange?: ClosingFeerange): void {
  const { env } = turn;
  if (feerange !== undefined) {
    turn.state = { ...turn.state, closing_feerange: feerange };
    turn.store = true;
  }
  const { state } = turn;
  if (state.local_shutdown_script !== undefined) {
    if (feerange !== undefined) offerAgain(turn);
    return;
  }
  if (state.phase !== 'opening' && state.phase !== 'normal' && state.phase !== 'closing') {
    refuse('channel_unusable', `the channel is ${state.phase}`);
  }
  const { upfront_shutdown_script } = state.terms.local;
  const chosen = script ?? state.terms.default_shutdown_script;
  if (upfront_shutdown_script !== '' && chosen !== upfront_shutdown_script) {
    refuse('invalid', 'the channel was opened with another script to close to, which cannot be changed');
  }
  if (!isShutdownScript(chosen, env)) {
    refuse('invalid', 'the script to close to is not one that the peer accepts');
  }
  const closing_height = state.closing_height ?? env.height;
  turn.state = { ...state, phase: 'closing', local_shutdown_script: chosen, closing_height };
  turn.store = true;
  resumeShutdown(turn);
}

/** Says `shutdown` as soon as nothing waits for our signature, then goes on to the fee when the channel is empty. */
export function resumeShutdown(turn: Turn): void {
  const { state } = turn;
  if (state.link !== 'up' || state.local_shutdown_script === undefined) return;
  if (!state.shutdown_sent) {
    if (hasUnsigned(state) || shouldWaitForFeerate(state)) return;
    turn.state = { ...state, shutdown_sent: true };
    turn.store = true;
    sendShutdown(turn);
  }
  if (isEmpty(turn.state)) negotiate(turn);
  else if (awaitsLastFeerate(turn.state) && turn.state.negotiation === undefined) pauseAsOpener(turn);
}

/** The operator has changed the feerates. A peer that has answered an offer once cannot be asked again before it is back. */
function offerAgain(turn: Turn): void {
  if (turn.state.link !== 'up' || !isEmpty(turn.state)) return;
  if (turn.env.option_simple_close) replaceClose(turn);
  else offerLegacyAgain(turn);
}

/** Begins to agree on the closing transaction, in the way that both sides know. */
function negotiate(turn: Turn): void {
  if (turn.env.option_simple_close) offerClose(turn);
  else beginClosing(turn);
}

/**
 * Whether the peer should sign our own feerate before it hears our `shutdown`: there are peers that sign none after it.
 * One that has said `shutdown` first is not waited for.
 */
function shouldWaitForFeerate({ terms, feerates, remote_shutdown_script }: ChannelState): boolean {
  if (terms.opener !== 'local' || remote_shutdown_script !== undefined) return false;
  return feerates.some(({ stage }) => stage !== IRREVOCABLE);
}

/** The pause for the last feerate is over: the close goes on, whether the other side does its part or not. */
export function endPause(turn: Turn): void {
  if (turn.state.link !== 'up' || turn.state.phase !== 'closing') return;
  if (awaitsLastFeerate(turn.state)) negotiate(turn);
  else commitAfterPause(turn);
}

/** Sends `shutdown`, for the first time or again. */
export function sendShutdown(turn: Turn): void {
  const { terms, local_shutdown_script } = turn.state;
  if (local_shutdown_script === undefined) throw new RangeError('a shutdown without a script');
  send(turn, { type: 'shutdown', channel_id: terms.channel_id, scriptpubkey: local_shutdown_script });
}

/** The peer's `shutdown`, which is answered with ours. Throws Violation. */
export function receiveShutdown(turn: Turn, message: Shutdown): void {
  const { state, env } = turn;
  const { scriptpubkey } = message;
  const { upfront_shutdown_script } = state.terms.remote;
  if (upfront_shutdown_script !== '' && scriptpubkey !== upfront_shutdown_script) {
    warn('shutdown: not the script that was promised at the opening');
  }
  if (!isTakenShutdownScript(scriptpubkey, env)) {
    warn('shutdown: scriptpubkey is of no kind that a channel can be closed to');
  }
  // A simple close lets the peer change it, and say the new one after a reconnection.
  const isBound = !env.option_simple_close || state.shutdown_heard;
  if (isBound && state.remote_shutdown_script !== undefined && state.remote_shutdown_script !== scriptpubkey) {
    warn('shutdown: sent before, with another script');
  }
  turn.state = {
    ...state,
    phase: state.phase === 'closed' ? 'closed' : 'closing',
    closing_height: state.closing_height ?? env.height,
    remote_shutdown_script: scriptpubkey,
    shutdown_heard: true,
    local_shutdown_script: state.local_shutdown_script ?? state.terms.default_shutdown_script,
  };
  turn.store = true;
  resumeShutdown(turn);
}
