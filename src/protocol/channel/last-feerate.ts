/**
 * Closing while the opener's last feerate is on its way. Once a channel has no HTLCs and `shutdown` was said, Core
 * Lightning neither signs a feerate any more nor takes our signature of its own: it begins to negotiate. Other openers
 * wait for that signature. So whoever is to sign last pauses for a moment, and then does what the others wait for.
 */
import { commit } from './commit.ts';
import { isEmptyButForFeerate } from './pending.ts';
import { ACKNOWLEDGED } from './stage.ts';
import type { ChannelState } from './state.ts';
import type { Turn } from './turn.ts';

/** Whether we opened and the peer has yet to sign our last feerate, the only thing that the close waits for. */
export function awaitsLastFeerate(state: ChannelState): boolean {
  return state.terms.opener === 'local' && isEmptyButForFeerate(state) && isUnderWay(state);
}

/** Whether the peer opened and only its last feerate waits for our signature. */
function holdsBack(state: ChannelState): boolean {
  const { terms, shutdown_sent, htlcs } = state;
  return terms.opener === 'remote' && shutdown_sent && htlcs.length === 0 && isUnderWay(state);
}

function isUnderWay({ feerates }: ChannelState): boolean {
  return feerates.some(({ stage }) => stage === ACKNOWLEDGED);
}

/** How long our signature is held back: an opener that does not wait for it begins at once. */
const SIGNATURE_PAUSE_MS = 1_000;
/** How long we wait for the peer's signature: one that signs at all does so at once, and begins no negotiation itself. */
const OPENER_PAUSE_MS = 5_000;

/** Asks the host to say `pause_over` after a while. */
export function pauseAsOpener(turn: Turn): void {
  turn.effects.push({ kind: 'pause', pause_ms: OPENER_PAUSE_MS });
}

/**
 * Signs what waits, unless that is a last feerate whose signature is held back. Peers that know the simple close wait for
 * it before they begin.
 */
export function commitOrPause(turn: Turn): void {
  const { state, env } = turn;
  if (state.link !== 'up' || env.option_simple_close || !holdsBack(state)) commit(turn);
  else turn.effects.push({ kind: 'pause', pause_ms: SIGNATURE_PAUSE_MS });
}

/** Nobody has begun to negotiate during the pause: signs the last feerate, if the negotiation is not under way now. */
export function commitAfterPause(turn: Turn): void {
  if (turn.state.negotiation === undefined) commit(turn);
}
