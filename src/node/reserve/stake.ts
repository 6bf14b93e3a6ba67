/**
 * What would be lost in a channel whose peer falls silent now: the HTLCs to us that we have accepted, or will. An HTLC
 * counts from the moment that it is held for an invoice until our own commitment does not hold it any more. Also what was
 * paid to us over a channel that no block holds yet: its funding may never come.
 */
import { type Msat, msat, msatToSatFloor, type Sat, sat, subtractOrZero } from '../../base/types/amount.ts';
import type { ChannelId } from '../../base/types/brand.ts';
import { balancesAt, countOutputs, isDust } from '../../protocol/channel/commitment.ts';
import { LOCAL_LATEST } from '../../protocol/channel/stage.ts';
import type { EndingNeeds, ReserveChannel } from './ports.ts';

/** What of a channel has to be defended. */
export interface Stake {
  /** What no transaction could bring home: HTLCs without an output, and all in a channel that no block holds. */
  readonly lost_msat: Msat;
  /** The HTLCs that our own commitment has outputs of. */
  readonly amounts_sat: readonly Sat[];
  /** All HTLC outputs of our commitment: they add to its weight. */
  readonly htlc_outputs: number;
  /** The feerate of our commitment, satoshi per 1000 weight. */
  readonly commitment_per_kw: number;
  /** Whether the commitment has to be brought into a block first. */
  readonly needs_child: boolean;
  /** Our own balance: some of it may go to the child's fee. */
  readonly own_sat: Sat;
}

/** Whether an HTLC is held for an invoice. */
export type IsHeld = (channel_id: ChannelId, htlc_id: bigint) => boolean;

/** The stake in a channel; undefined when there is none. */
export function stakeIn(
  channel: ReserveChannel,
  isHeld: IsHeld,
  endingOf: (channel_id: ChannelId) => EndingNeeds | undefined,
): Stake | undefined {
  const { channel_id, state } = channel;
  const { terms, phase, funding_confirmation, htlcs, knowledge } = state;
  if (phase === 'failed' || phase === 'spent') return stakeInEnding(endingOf(channel_id));
  const isMined = funding_confirmation !== undefined;
  if (knowledge !== 'all' || phase === 'closed' || (isMined && htlcs.length === 0)) return undefined;
  const now = balancesAt(state, LOCAL_LATEST);
  const { dust_limit_satoshis } = terms.local;
  let lost_msat = 0n;
  const amounts_sat: Sat[] = [];
  for (const htlc of now.htlcs) {
    const isOurs = htlc.removal === undefined ? isHeld(channel_id, htlc.id) : htlc.removal.kind === 'fulfill';
    if (htlc.offered_by === 'local' || !isOurs) continue;
    if (!isMined || isDust(htlc, dust_limit_satoshis)) lost_msat += htlc.amount_msat;
    else amounts_sat.push(msatToSatFloor(htlc.amount_msat));
  }
  lost_msat += unminedGain(channel);
  if (lost_msat === 0n && amounts_sat.length === 0) return undefined;
  return {
    lost_msat: msat(lost_msat),
    amounts_sat,
    htlc_outputs: countOutputs(terms, 'local', now.htlcs),
    commitment_per_kw: now.feerate_per_kw,
    needs_child: true,
    own_sat: sat(now.local_msat > 0n ? now.local_msat / 1000n : 0n),
  };
}

/** What was paid to us over a channel that no block holds: all above the least that was ever ours. */
export function unminedGain({ state, min_to_us_msat }: ReserveChannel): Msat {
  if (state.funding_confirmation !== undefined || state.knowledge !== 'all') return msat(0);
  return subtractOrZero(state.local_msat, min_to_us_msat ?? msat(0));
}

/** A channel that is over asks for what the wallet has not paid for yet. */
function stakeInEnding(needs: EndingNeeds | undefined): Stake | undefined {
  if (needs === undefined || (!needs.needs_child && needs.amounts_sat.length === 0)) return undefined;
  const { needs_child, amounts_sat } = needs;
  return {
    lost_msat: msat(0),
    amounts_sat,
    htlc_outputs: amounts_sat.length,
    commitment_per_kw: 0,
    needs_child,
    own_sat: sat(0),
  };
}
