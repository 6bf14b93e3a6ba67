/** What is still under way in a channel: it decides when `shutdown` may be sent and when the fee is negotiated (BOLT 2). */
import { IRREVOCABLE, PROPOSED } from './stage.ts';
import type { ChannelState } from './state.ts';

/** Whether we proposed something that the peer's commitment does not hold yet. */
export function hasUnsigned({ htlcs, feerates, terms }: ChannelState): boolean {
  if (terms.opener === 'local' && feerates.some(({ stage }) => stage === PROPOSED)) return true;
  return htlcs.some(({ offered_by, added, removal, removed }) =>
    offered_by === 'local' ? added === PROPOSED : removal !== undefined && removed === PROPOSED,
  );
}

/** Whether both said `shutdown` and nothing is under way any more: the fee can be negotiated. */
export function isEmpty(state: ChannelState): boolean {
  return (
    state.shutdown_sent &&
    state.remote_shutdown_script !== undefined &&
    state.htlcs.length === 0 &&
    state.feerates.every(({ stage }) => stage === IRREVOCABLE) &&
    !state.awaiting_revocation &&
    !state.commit_due
  );
}
