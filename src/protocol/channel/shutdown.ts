/** Wanting to close: `shutdown` in both directions, and when the channel is empty enough to agree on a fee (BOLT 2). */

import type { Shutdown } from '../../codec/wire/index.ts';
import { beginClosing } from './closing.ts';
import { refuse, warn } from './fault.ts';
import { awaitsLastFeerate, commitAfterPause, pauseAsOpener } from './last-feerate.ts';
import { hasUnsigned, isEmpty } from './pending.ts';
import { IRREVOCABLE } from './stage.ts';
import type { ChannelState } from './state.ts';
import { send, type Turn } from './turn.ts';

/** Whether a script is one that BOLT 2 lets a mutual close pay to: a witness program, of version 0 or, when so agreed, any. */
export function isShutdownScript(script: string, option_shutdown_anysegwit: boolean): boolean {
  if (/^(0014[0-9a-f]{40}|0020[0-9a-f]{64})$/.test(script)) return true;
  if (!option_shutdown_anysegwit || !/^(5[1-9a-f]|60)[0-9a-f]+$/.test(script)) return false;
  const program_bytes = Number.parseInt(script.slice(2, 4), 16);
  return program_bytes >= 2 && program_bytes <= 40 && script.length === 4 + 2 * program_bytes;
}

/** Our own wish to close, to a script or to the one agreed at the opening. Said twice it changes nothing. */
export function startShutdown(turn: Turn, script?: string): void {
  const { state, env } = turn;
  if (state.local_shutdown_script !== undefined) return;
  if (state.phase !== 'opening' && state.phase !== 'normal' && state.phase !== 'closing') {
    refuse('channel_unusable', `the channel is ${state.phase}`);
  }
  const { upfront_shutdown_script } = state.terms.local;
  const chosen = script ?? state.terms.default_shutdown_script;
  if (upfront_shutdown_script !== '' && chosen !== upfront_shutdown_script) {
    refuse('invalid', 'the channel was opened with another script to close to, which cannot be changed');
  }
  if (!isShutdownScript(chosen, env.option_shutdown_anysegwit)) {
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
  if (isEmpty(turn.state)) beginClosing(turn);
  else if (awaitsLastFeerate(turn.state) && turn.state.negotiation === undefined) pauseAsOpener(turn);
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
  if (awaitsLastFeerate(turn.state)) beginClosing(turn);
  else commitAfterPause(turn);
  resumeShutdown(turn);
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
  if (!isShutdownScript(scriptpubkey, env.option_shutdown_anysegwit)) {
    warn('shutdown: scriptpubkey is not a witness program that we agreed on');
  }
  if (state.remote_shutdown_script !== undefined && state.remote_shutdown_script !== scriptpubkey) {
    warn('shutdown: sent before, with another script');
  }
  turn.state = {
    ...state,
    phase: state.phase === 'closed' ? 'closed' : 'closing',
    closing_height: state.closing_height ?? env.height,
    remote_shutdown_script: scriptpubkey,
    local_shutdown_script: state.local_shutdown_script ?? state.terms.default_shutdown_script,
  };
  turn.store = true;
  resumeShutdown(turn);
}
