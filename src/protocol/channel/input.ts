/** Everything that can happen to a channel with a funding transaction. */
import type { OfferedHtlc } from './htlc.ts';
import type { ChannelMessage } from './message.ts';
import type { AnnouncementSignatures, ClosingFeerange, FundingConfirmation, FundingRival, Removal } from './state.ts';

export type Input =
  /** A message of the peer for this channel. */
  | { readonly kind: 'message'; readonly message: ChannelMessage }
  /** A connection to the peer is initialised, or gone. */
  | { readonly kind: 'connected' }
  | { readonly kind: 'disconnected' }
  /** A connection is there that this channel takes no part in: it was set aside before, and rests. */
  | { readonly kind: 'rest' }
  /** The funding is unspent, and the peer may have missed what we said: say again that it must close. */
  | { readonly kind: 'remind' }
  | { readonly kind: 'add_htlc'; readonly htlc: OfferedHtlc }
  /** Fulfil or fail an HTLC of the peer. */
  | { readonly kind: 'remove_htlc'; readonly id: bigint; readonly removal: Removal }
  /** The host has stored what `htlc_committed` (incoming) and `htlc_removed` (outgoing) reported of these. */
  | { readonly kind: 'take'; readonly incoming: readonly bigint[]; readonly outgoing: readonly bigint[] }
  | { readonly kind: 'update_fee'; readonly feerate_per_kw: number }
  /** No more commands or messages come at once: sign what waits. */
  | { readonly kind: 'commit' }
  /** The time that `pause` asked for is over, on the same connection. */
  | { readonly kind: 'pause_over' }
  /** The operator's wish for this channel. */
  | { readonly kind: 'ignore_fee_limits'; readonly value: boolean }
  /** Close in agreement. */
  | { readonly kind: 'shutdown'; readonly scriptpubkey?: string; readonly feerange?: ClosingFeerange }
  /** The mutual close that we pay for does not get into a block: offer another one at this feerate. */
  | { readonly kind: 'raise_close'; readonly feerate_per_kw: number }
  /** Close without the peer: the host has waited long enough. */
  | { readonly kind: 'give_up'; readonly reason: string }
  /** Close without the peer. */
  | { readonly kind: 'force_close'; readonly reason: string }
  /** There is a new best block; its height is in the environment. */
  | { readonly kind: 'block' }
  /** Where the funding transaction is now; undefined after a reorg that removed it. */
  | { readonly kind: 'funding_depth'; readonly confirmation: FundingConfirmation | undefined }
  /** Whether the mempool holds the funding of a channel that was bought, while no block does. */
  | { readonly kind: 'funding_sight'; readonly is_there: boolean }
  /** A block holds another spend of what the funding was to spend; undefined after a reorg that removed it. */
  | { readonly kind: 'funding_rival'; readonly rival: FundingRival | undefined }
  /** That other spend is so deep that the funding will never be in the chain again. */
  | { readonly kind: 'funding_lost' }
  /** The channel is given up before anything of ours is in it: its funding is not there, or not what was agreed. */
  | { readonly kind: 'forget'; readonly reason: string }
  /** The funding output was spent by this transaction (serialized, hex). */
  | { readonly kind: 'funding_spent'; readonly transaction: string }
  /** The host's signatures for `announcement_due`. */
  | { readonly kind: 'announce'; readonly signatures: AnnouncementSignatures }
  /** The peer's signatures of the announcement are not valid. */
  | { readonly kind: 'refuse_announcement' };
