/**
 * Signing the peer's next commitment, and taking its signature on ours (BOLT 2, Committing Updates So Far). We revoke
 * the commitment before in the same step, so nobody ever sees two of ours that are both valid.
 */

import type { CommitmentSigned } from '../../codec/wire/index.ts';
import { commitmentView } from './commitment.ts';
import { warn } from './fault.ts';
import { dropRemoved } from './removed.ts';
import { afterOurRevocation, afterSigning, LOCAL_NEXT, opposite, PROPOSED, REMOTE_LATEST } from './stage.ts';
import type { ChannelState, FeerateUpdate, Htlc } from './state.ts';
import { isUp, send, type Turn } from './turn.ts';

/** Whether `commit` would sign something now. */
export function canCommit(state: ChannelState): boolean {
  return state.commit_due && isUp(state) && !state.awaiting_revocation && state.remote_next_point !== undefined;
}

/**
 * Signs everything that waits. Does nothing when nothing waits, or when the peer has yet to revoke: its revoke_and_ack
 * will call for the next signature.
 */
export function commit(turn: Turn): void {
  const { state } = turn;
  if (!canCommit(state)) return;
  const number = state.remote_number + 1;
  turn.state = {
    ...state,
    htlcs: state.htlcs.map((htlc) => signHtlc(htlc, number)),
    feerates: state.feerates.map((update) => moveFeerate(state, update, afterSigning)),
    awaiting_revocation: true,
    revoked_after_signing: false,
    commit_due: false,
  };
  turn.store = true;
  sendCommitment(turn);
}

function signHtlc(htlc: Htlc, number: number): Htlc {
  const added = afterSigning(htlc.offered_by, htlc.added);
  const removed = htlc.removal === undefined ? PROPOSED : afterSigning(opposite(htlc.offered_by), htlc.removed);
  return {
    ...htlc,
    added,
    removed,
    first_remote_number: added === htlc.added ? htlc.first_remote_number : number,
    last_remote_number: removed === htlc.removed ? htlc.last_remote_number : number - 1,
  };
}

/** Moves a feerate along: always the opener's update. */
export function moveFeerate(state: ChannelState, update: FeerateUpdate, move: typeof afterSigning): FeerateUpdate {
  const stage = move(state.terms.opener, update.stage);
  return stage === update.stage ? update : { ...update, stage };
}

/** Signs the commitment that the state says we signed last, and sends that: for the first time or again. */
export function sendCommitment(turn: Turn): void {
  const { state, env } = turn;
  const { terms, remote_next_point, remote_number } = state;
  const { channel_id, funding_txid } = terms;
  if (remote_next_point === undefined) throw new RangeError('the point of the commitment to be signed is not known');
  const view = commitmentView(state, 'remote', remote_number + 1, remote_next_point, REMOTE_LATEST);
  const { signature, htlc_signatures } = env.signer.signCommitment(terms, view);
  send(turn, { type: 'commitment_signed', channel_id, signature, htlc_signatures, funding_txid });
}

/** The peer signs our next commitment. Throws Violation. */
export function receiveCommitment(turn: Turn, message: CommitmentSigned): void {
  const { state, env } = turn;
  const { terms } = state;
  const number = state.local_number + 1;
  const point = env.signer.perCommitmentPoint(number);
  const view = commitmentView(state, 'local', number, point, LOCAL_NEXT);
  const fault = env.signer.verifyCommitment(terms, view, message);
  if (fault !== undefined) warn(`commitment_signed: ${fault}`);

  let owed = false;
  const htlcs = state.htlcs.map((htlc) => {
    const added = afterOurRevocation(htlc.offered_by, htlc.added);
    const removed = htlc.removal === undefined ? PROPOSED : afterOurRevocation(opposite(htlc.offered_by), htlc.removed);
    owed ||= htlc.offered_by === 'remote' ? added !== htlc.added : removed !== htlc.removed;
    return { ...htlc, added, removed };
  });
  const feerates = state.feerates.map((update) => {
    const moved = moveFeerate(state, update, afterOurRevocation);
    owed ||= moved !== update && terms.opener === 'remote';
    return moved;
  });
  turn.state = {
    ...state,
    htlcs,
    feerates,
    local_number: number,
    local_signature: message.signature,
    local_htlc_signatures: message.htlc_signatures,
    revoked_after_signing: true,
  };
  turn.store = true;
  dropRemoved(turn);
  sendRevocation(turn);
  if (owed) turn.state = { ...turn.state, commit_due: true };
  if (canCommit(turn.state)) turn.effects.push({ kind: 'commit_due' });
}

/** Revokes the commitment before our latest: for the first time or again. */
export function sendRevocation(turn: Turn): void {
  const { state, env } = turn;
  send(turn, {
    type: 'revoke_and_ack',
    channel_id: state.terms.channel_id,
    per_commitment_secret: env.signer.perCommitmentSecret(state.local_number - 1),
    next_per_commitment_point: env.signer.perCommitmentPoint(state.local_number + 1),
  });
}
