/** The peer revokes a commitment of its own (BOLT 2, Completing the Transition to the Updated State). */

import type { RevokeAndAck } from '../../codec/wire/index.ts';
import { canCommit, moveFeerate } from './commit.ts';
import { fail, warn } from './fault.ts';
import { isPoint } from './limits.ts';
import { dropRemoved } from './removed.ts';
import { afterTheirRevocation, opposite, PROPOSED } from './stage.ts';
import type { Htlc } from './state.ts';
import type { Turn } from './turn.ts';

/** Takes the secret, and with it everything that our last commitment_signed brought. Throws Violation. */
export function receiveRevocation(turn: Turn, message: RevokeAndAck): void {
  const { state, env } = turn;
  const { per_commitment_secret, next_per_commitment_point } = message;
  if (isRepeated(turn, message)) {
    turn.state = { ...state, revocation_repeated: false };
    return;
  }
  if (!state.awaiting_revocation || state.remote_next_point === undefined) {
    warn('revoke_and_ack without a commitment_signed before it');
  }
  if (env.signer.pointOfSecret(per_commitment_secret) !== state.remote_point) {
    fail(`revoke_and_ack: the secret is not that of commitment ${state.remote_number}`);
  }
  const remote_secrets = env.signer.insertSecret(state.remote_secrets, state.remote_number, per_commitment_secret);
  if (remote_secrets === undefined) fail('revoke_and_ack: the secret does not come from the same seed as those before');

  if (!isPoint(next_per_commitment_point)) fail('revoke_and_ack: next_per_commitment_point is no point of the curve');

  const committed: Htlc[] = [];
  const htlcs = state.htlcs.map((htlc) => {
    const moved = acknowledge(htlc);
    if (moved.offered_by === 'remote' && moved.added !== htlc.added) committed.push(moved);
    return moved;
  });
  turn.state = {
    ...state,
    htlcs,
    feerates: state.feerates.map((update) => moveFeerate(state, update, afterTheirRevocation)),
    remote_number: state.remote_number + 1,
    remote_point: state.remote_next_point,
    remote_next_point: next_per_commitment_point,
    remote_secrets,
    awaiting_revocation: false,
  };
  turn.store = true;
  for (const htlc of committed) turn.effects.push({ kind: 'htlc_committed', htlc });
  dropRemoved(turn);
  if (canCommit(turn.state)) turn.effects.push({ kind: 'commit_due' });
}

/** Whether it is the revocation that we have, and asked for again. Throws Violation when it is not the same any more. */
function isRepeated({ state, env }: Turn, { per_commitment_secret, next_per_commitment_point }: RevokeAndAck): boolean {
  if (!state.revocation_repeated) return false;
  if (per_commitment_secret !== env.signer.findSecret(state.remote_secrets, state.remote_number - 1)) return false;
  if (next_per_commitment_point !== state.remote_next_point) {
    warn('revoke_and_ack: next_per_commitment_point is another than when this was said first');
  }
  return true;
}

function acknowledge(htlc: Htlc): Htlc {
  const added = afterTheirRevocation(htlc.offered_by, htlc.added);
  const removed = htlc.removal === undefined ? PROPOSED : afterTheirRevocation(opposite(htlc.offered_by), htlc.removed);
  if (added === htlc.added && removed === htlc.removed) return htlc;
  // Our onion is only needed for sending it again, which nobody can ask for any more.
  const onion_routing_packet = htlc.offered_by === 'local' ? undefined : htlc.onion_routing_packet;
  return { ...htlc, added, removed, onion_routing_packet };
}
