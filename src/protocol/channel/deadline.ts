/**
 * What a new block asks for (BOLT 2, cltv_expiry_delta Selection): an HTLC of ours that is past its time, or one of the
 * peer's that we fulfilled and that nears its time, must be claimed on the chain while that is still possible.
 */
import { failChannel, forget, isOver } from './failure.ts';
import { fundingTimeoutBlocks, isOverdue } from './funding.ts';
import { IRREVOCABLE, PROPOSED } from './stage.ts';
import type { Htlc } from './state.ts';
import type { Turn } from './turn.ts';

/** Looks at every HTLC as of the height of the environment. */
export function checkDeadlines(turn: Turn): void {
  const { state, env } = turn;
  if (isOverdue(state, env.height)) {
    forget(turn, 'local', `no funding transaction within ${fundingTimeoutBlocks(state)} blocks`);
    return;
  }
  if (isOver(state)) return;
  if (isStalled(turn)) {
    failChannel(turn, 'local', `no agreement on closing within ${env.policy.closing_timeout_blocks} blocks`);
    return;
  }
  const { peer_behind_height } = state;
  if (
    state.phase !== 'closed' &&
    peer_behind_height !== undefined &&
    env.height >= peer_behind_height + env.policy.peer_behind_blocks
  ) {
    failChannel(
      turn,
      'local',
      `the peer has lost data, and did not come back with its latest state in ${env.policy.peer_behind_blocks} blocks`,
    );
    return;
  }
  for (const htlc of state.htlcs) {
    const fault = deadlineFault(turn, htlc);
    if (fault !== undefined) {
      failChannel(turn, 'local', fault);
      return;
    }
  }
  for (const htlc of state.htlcs) {
    const { offered_by, added, removal, id, cltv_expiry } = htlc;
    if (offered_by !== 'remote' || added !== IRREVOCABLE || removal !== undefined) continue;
    if (env.height >= fulfillDeadline(turn, htlc)) {
      turn.effects.push({ kind: 'htlc_expiring', id, cltv_expiry });
    }
  }
}

/** The height from which on an HTLC that we can claim must be claimed on the chain. */
function fulfillDeadline({ env }: Turn, { cltv_expiry }: Htlc): number {
  return cltv_expiry - env.policy.fulfill_deadline_blocks;
}

function deadlineFault(turn: Turn, htlc: Htlc): string | undefined {
  const { height, policy } = turn.env;
  const { offered_by, id, cltv_expiry, added, removal } = htlc;
  if (offered_by === 'local') {
    // One that was never signed is in no commitment: it costs nothing, and goes when the peer is back.
    if (added === PROPOSED || height <= cltv_expiry + policy.offered_grace_blocks) return undefined;
    return `our HTLC ${id} expired at block ${cltv_expiry} and was not removed`;
  }
  if (removal?.kind !== 'fulfill' || height < fulfillDeadline(turn, htlc)) return undefined;
  return `the removal of HTLC ${id}, which we fulfilled, is not committed and it expires at block ${cltv_expiry}`;
}

/**
 * Whether a close in agreement does not come about (BOLT 2, Closing Negotiation): the payments are over, and the peer
 * lets the negotiation hang, or is gone.
 */
function isStalled({ state, env }: Turn): boolean {
  const { phase, htlcs, closing_height } = state;
  if (phase !== 'closing' || htlcs.length > 0 || closing_height === undefined) return false;
  return env.height >= closing_height + env.policy.closing_timeout_blocks;
}
