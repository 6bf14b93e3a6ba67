/** What is still under way in a channel: it decides when `shutdown` may be sent and when the fee is negotiated (BOLT 2). */
import { ACKNOWLEDGED, IRREVOCABLE, opposite, PROPOSED, type Side, type Stage } from './stage.ts';
import type { ChannelState } from './state.ts';

/** Whether the peer's next commitment would bring an update that has come so far. */
function isUnsigned(by: Side, stage: Stage): boolean {
  return stage === (by === 'local' ? PROPOSED : ACKNOWLEDGED);
}

/**
 * Whether an update of either side is pending on the peer's commitment: only our signature brings it there, and no
 * `shutdown` may be sent before that.
 */
export function hasUnsigned({ htlcs, feerates, terms }: ChannelState): boolean {
  return (
    feerates.some(({ stage }) => isUnsigned(terms.opener, stage)) ||
    htlcs.some(
      ({ offered_by, added, removal, removed }) =>
        isUnsigned(offered_by, added) || (removal !== undefined && isUnsigned(opposite(offered_by), removed)),
    )
  );
}

/**
 * Whether the peer has revoked the commitment without an update of ours, and has not signed the one with it for us: nothing
 * of ours is on its way, and the next word is the peer's.
 */
export function isOwedSignature({ htlcs, feerates, terms, awaiting_revocation }: ChannelState): boolean {
  if (awaiting_revocation) return false;
  return (
    (terms.opener === 'local' && feerates.some(({ stage }) => stage === ACKNOWLEDGED)) ||
    htlcs.some(({ offered_by, added, removed }) =>
      offered_by === 'local' ? added === ACKNOWLEDGED : removed === ACKNOWLEDGED,
    )
  );
}

/** Whether both said `shutdown` and nothing is under way any more: the fee can be negotiated. */
export function isEmpty(state: ChannelState): boolean {
  return isEmptyButForFeerate(state) && state.feerates.every(({ stage }) => stage === IRREVOCABLE) && !state.commit_due;
}

/** The same, but the signature that brings the opener's last feerate to its own commitment may be missing. */
export function isEmptyButForFeerate(state: ChannelState): boolean {
  return (
    hasOnlyBalances(state) &&
    state.feerates.every(({ stage }) => stage === IRREVOCABLE || stage === ACKNOWLEDGED) &&
    !state.awaiting_revocation
  );
}

/**
 * Whether both said `shutdown` and no HTLC is left: the mutual close depends on nothing else, so whatever feerate is on
 * its way, a peer that begins to negotiate is listened to. Core Lightning begins without the last signature.
 */
export function hasOnlyBalances({ shutdown_sent, remote_shutdown_script, htlcs }: ChannelState): boolean {
  return shutdown_sent && remote_shutdown_script !== undefined && htlcs.length === 0;
}
