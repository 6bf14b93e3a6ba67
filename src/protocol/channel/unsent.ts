/**
 * What we proposed and never signed, looked at again before it is said on a new connection: in the meantime the peer may
 * have added HTLCs whose fees we pay, said `shutdown`, or let an expiry pass (BOLT 2 lets us leave such updates out).
 */
import { Refusal } from './fault.ts';
import { affordsFeerate } from './fee.ts';
import { requireAcceptable } from './htlc.ts';
import { hasUnsigned } from './pending.ts';
import { PROPOSED } from './stage.ts';
import type { ChannelState, Htlc, RemovedHtlc } from './state.ts';
import type { Turn } from './turn.ts';

function isUnsent(htlc: Htlc): boolean {
  return htlc.offered_by === 'local' && htlc.added === PROPOSED;
}

/**
 * Takes back our unsigned updates that the peer could no longer accept. HTLCs go from the first such one on, because ids
 * must have no gap: those ids will be given again.
 */
export function takeBackUnsent(turn: Turn): void {
  const { state } = turn;
  let checked: ChannelState = { ...state, htlcs: state.htlcs.filter((htlc) => !isUnsent(htlc)) };
  const proposed = state.feerates.find(({ stage }) => stage === PROPOSED);
  if (state.terms.opener === 'local' && proposed !== undefined) {
    const signed: ChannelState = { ...checked, feerates: state.feerates.filter((update) => update !== proposed) };
    if (!affordsFeerate(signed, proposed.feerate_per_kw)) checked = signed;
  }
  const unsent = state.htlcs.filter(isUnsent);
  let kept = 0;
  for (const htlc of unsent) {
    const added: ChannelState = { ...checked, htlcs: [...checked.htlcs, htlc] };
    if (!isAcceptable(turn, added, htlc)) break;
    checked = added;
    kept++;
  }
  if (kept === unsent.length && checked.feerates === state.feerates) return;

  const removed = unsent.slice(kept).map(({ id, amount_msat, payment_hash }): RemovedHtlc => {
    return { id, amount_msat, payment_hash, removal: { kind: 'unsent' } };
  });
  turn.state = {
    ...checked,
    local_next_htlc_id: state.local_next_htlc_id - BigInt(removed.length),
    removed_htlcs: [...state.removed_htlcs, ...removed],
  };
  turn.state = { ...turn.state, commit_due: hasUnsigned(turn.state) };
  turn.store = true;
  for (const htlc of removed) turn.effects.push({ kind: 'htlc_removed', htlc });
}

function isAcceptable({ env }: Turn, state: ChannelState, htlc: Htlc): boolean {
  try {
    requireAcceptable(state, htlc, env);
    return true;
  } catch (fault) {
    if (fault instanceof Refusal) return false;
    throw fault;
  }
}
