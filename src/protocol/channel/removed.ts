/** What happens when updates become irrevocable: HTLCs leave the state, balances move, old feerates are forgotten. */
import type { Msat } from '../../base/types/amount.ts';
import { isDust } from './commitment.ts';
import { IRREVOCABLE } from './stage.ts';
import type { ChannelState, FeerateUpdate, Htlc, RemovedHtlc } from './state.ts';
import type { Turn } from './turn.ts';

/**
 * Takes every irrevocably removed HTLC out of the state: a fulfilled one changes owner here, and only here. What a
 * penalty would need of it is handed to the host first; ours are also handed to who offered them.
 */
export function dropRemoved(turn: Turn): void {
  const { state } = turn;
  let local_msat: bigint = state.local_msat;
  let remote_msat: bigint = state.remote_msat;
  const htlcs: Htlc[] = [];
  const removed_htlcs: RemovedHtlc[] = [];
  for (const htlc of state.htlcs) {
    const { id, offered_by, amount_msat, payment_hash, removal, removed } = htlc;
    if (removal === undefined || removed !== IRREVOCABLE) {
      htlcs.push(htlc);
      continue;
    }
    storeForPenalty(turn, state, htlc);
    if (removal.kind === 'fulfill') {
      const to_local_msat = offered_by === 'remote' ? amount_msat : -amount_msat;
      local_msat += to_local_msat;
      remote_msat -= to_local_msat;
    }
    if (offered_by === 'local') {
      const gone = { id, amount_msat, payment_hash, removal };
      removed_htlcs.push(gone);
      turn.effects.push({ kind: 'htlc_removed', htlc: gone });
    }
  }
  if (local_msat < 0n || remote_msat < 0n) throw new RangeError('a fulfilled HTLC was worth more than its balance');
  turn.state = {
    ...state,
    feerates: inForce(state.feerates),
    local_msat: local_msat as Msat,
    remote_msat: remote_msat as Msat,
    htlcs,
    removed_htlcs: [...state.removed_htlcs, ...removed_htlcs],
  };
}

function storeForPenalty(turn: Turn, state: ChannelState, htlc: Htlc): void {
  const { first_remote_number, last_remote_number, offered_by, amount_msat, payment_hash, cltv_expiry } = htlc;
  if (first_remote_number === undefined || last_remote_number === undefined) return;
  if (isDust(htlc, state.terms.remote.dust_limit_satoshis)) return;
  turn.effects.push({
    kind: 'store_revoked_htlc',
    htlc: { offered_by, amount_msat, payment_hash, cltv_expiry, first_remote_number, last_remote_number },
  });
}

/** The list without what an irrevocable feerate has replaced. There always is one. */
function inForce(feerates: readonly FeerateUpdate[]): readonly FeerateUpdate[] {
  return feerates.slice(feerates.findLastIndex(({ stage }) => stage === IRREVOCABLE));
}
