/** What happens when updates become irrevocable: HTLCs leave the state, balances move, old feerates are forgotten. */
import type { Msat } from '../../base/types/amount.ts';
import { isDust } from './commitment.ts';
import { IRREVOCABLE } from './stage.ts';
import type { ChannelState, FeerateUpdate, Htlc, RemovedHtlc } from './state.ts';
import type { Turn } from './turn.ts';

function isGone(htlc: Htlc): boolean {
  return htlc.removal !== undefined && htlc.removed === IRREVOCABLE;
}

/**
 * Takes every irrevocably removed HTLC out of the state: a fulfilled one changes owner here, and only here. What a
 * penalty would need of it is handed to the host first; ours are also handed to who offered them.
 */
export function dropRemoved(turn: Turn): void {
  const { state } = turn;
  const feerates = inForce(state.feerates);
  if (!state.htlcs.some(isGone)) {
    if (feerates !== state.feerates) turn.state = { ...state, feerates };
    return;
  }
  let local_msat: bigint = state.local_msat;
  let remote_msat: bigint = state.remote_msat;
  const removed_htlcs: RemovedHtlc[] = [];
  for (const htlc of state.htlcs) {
    if (!isGone(htlc)) continue;
    storeForPenalty(turn, state, htlc);
    const { id, amount_msat, payment_hash, removal } = htlc;
    if (removal === undefined) continue;
    if (removal.kind === 'fulfill') {
      const to_local_msat = htlc.offered_by === 'remote' ? amount_msat : -amount_msat;
      local_msat += to_local_msat;
      remote_msat -= to_local_msat;
    }
    if (htlc.offered_by === 'local') {
      const removed = { id, amount_msat, payment_hash, removal };
      removed_htlcs.push(removed);
      turn.effects.push({ kind: 'htlc_removed', htlc: removed });
    }
  }
  if (local_msat < 0n || remote_msat < 0n) throw new RangeError('a fulfilled HTLC was worth more than its balance');
  turn.state = {
    ...state,
    feerates,
    local_msat: local_msat as Msat,
    remote_msat: remote_msat as Msat,
    htlcs: state.htlcs.filter((htlc) => !isGone(htlc)),
    removed_htlcs: removed_htlcs.length === 0 ? state.removed_htlcs : [...state.removed_htlcs, ...removed_htlcs],
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

/** The list without what an irrevocable feerate has replaced. */
function inForce(feerates: readonly FeerateUpdate[]): readonly FeerateUpdate[] {
  const last = feerates.findLastIndex(({ stage }) => stage === IRREVOCABLE);
  return last > 0 ? feerates.slice(last) : feerates;
}
