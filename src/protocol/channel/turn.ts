/** One step in progress: the state so far and what was asked of the host. When a rule breaks the step, all is dropped. */
import type { Effect } from './effect.ts';
import { refuse } from './fault.ts';
import type { ChannelMessage } from './message.ts';
import type { Environment } from './policy.ts';
import type { ChannelState, Htlc } from './state.ts';

export interface Turn {
  state: ChannelState;
  /** Whether the new state must be durable before its effects are released. */
  store: boolean;
  readonly effects: Effect[];
  readonly env: Environment;
}

/** Puts a message to the peer behind what is already to be done. */
export function send(turn: Turn, message: ChannelMessage): void {
  turn.effects.push({ kind: 'send', message });
}

/** Notes a proposal of ours: the peer's next commitment must bring it. The first of a batch tells the host. */
export function requireCommit(turn: Turn): void {
  if (turn.state.commit_due) return;
  turn.state = { ...turn.state, commit_due: true };
  turn.effects.push({ kind: 'commit_due' });
}

/** Whether messages of normal operation may be exchanged now. */
export function isUp(state: ChannelState): boolean {
  return state.link === 'up' && (state.phase === 'normal' || state.phase === 'closing');
}

/** Refuses a command on a channel that is over. */
export function requireAlive(state: ChannelState): void {
  if (state.phase !== 'normal' && state.phase !== 'closing') {
    refuse('channel_unusable', `the channel is ${state.phase}`);
  }
}

/** Replaces one HTLC of the list. */
export function replaceHtlc(state: ChannelState, old: Htlc, htlc: Htlc): ChannelState {
  return { ...state, htlcs: state.htlcs.map((other) => (other === old ? htlc : other)) };
}
