/**
 * How far an update (an HTLC added, an HTLC removed, a feerate) has come on its way into both commitment transactions:
 * the five states of BOLT 2, Normal Operation. Updates of either side make the same journey, seen from the side that
 * proposed it.
 */

/** We, or the peer. */
export type Side = 'local' | 'remote';

/** Pending on the receiver: proposed, in no commitment. Forgotten by its receiver when the connection breaks. */
export const PROPOSED = 0;
/** In the receiver's latest commitment. */
export const COMMITTED = 1;
/** The receiver revoked the commitment before: pending on the sender. */
export const ACKNOWLEDGED = 2;
/** In the sender's latest commitment too. */
export const RETURNED = 3;
/** The sender revoked the commitment before: nobody can go back. */
export const IRREVOCABLE = 4;

export type Stage = 0 | 1 | 2 | 3 | 4;

/** The stages from which on an update counts in a commitment, by the side that proposed it. */
export interface Threshold {
  readonly local: Stage;
  readonly remote: Stage;
}

/** The peer's commitment that we signed last. */
export const REMOTE_LATEST: Threshold = { local: COMMITTED, remote: RETURNED };
/** The peer's commitment that we would sign now. */
export const REMOTE_NEXT: Threshold = { local: PROPOSED, remote: ACKNOWLEDGED };
/** The peer's commitment before the one that we signed last, while the peer owes us its revocation. */
export const REMOTE_UNREVOKED: Threshold = { local: ACKNOWLEDGED, remote: IRREVOCABLE };
/** Our commitment that the peer signed last. */
export const LOCAL_LATEST: Threshold = { local: RETURNED, remote: COMMITTED };
/** Our commitment that the peer would sign now. */
export const LOCAL_NEXT: Threshold = { local: ACKNOWLEDGED, remote: PROPOSED };
/** Every update that anybody has proposed. */
export const EVERYTHING: Threshold = { local: PROPOSED, remote: PROPOSED };

/** The other side. */
export function opposite(side: Side): Side {
  return side === 'local' ? 'remote' : 'local';
}

/** What a stage becomes when the peer's new commitment is signed by us. */
export function afterSigning(by: Side, stage: Stage): Stage {
  if (by === 'local') return stage === PROPOSED ? COMMITTED : stage;
  return stage === ACKNOWLEDGED ? RETURNED : stage;
}

/** What a stage becomes when the peer revokes its commitment before that. */
export function afterTheirRevocation(by: Side, stage: Stage): Stage {
  if (by === 'local') return stage === COMMITTED ? ACKNOWLEDGED : stage;
  return stage === RETURNED ? IRREVOCABLE : stage;
}

/** What a stage becomes when the peer signs our new commitment and we revoke the one before, which is one step. */
export function afterOurRevocation(by: Side, stage: Stage): Stage {
  if (by === 'remote') return stage === PROPOSED ? ACKNOWLEDGED : stage;
  return stage === ACKNOWLEDGED ? IRREVOCABLE : stage;
}
