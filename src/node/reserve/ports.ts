/** What the reserve asks of other modules. The daemon joins them. */
import type { Msat, Sat } from '../../base/types/amount.ts';
import type { ChannelId, NodeId, Txid } from '../../base/types/brand.ts';
import type { FeeTargetBlocks } from '../../infra/chain/source.ts';
import type { ChannelState } from '../../protocol/channel/state.ts';

/** A coin that may pay the fee of an ending. */
export interface ReserveCoin {
  readonly amount_sat: Sat;
  /** Undefined for what a split of ours will make. */
  readonly blockheight: number | undefined;
}

/** The wallet, as far as the reserve needs it. */
export interface ReserveWallet {
  /** Coins in blocks that nothing is promised to, and those of our own splits that are on their way. */
  reserveCoins(): readonly ReserveCoin[];
  /** Splits so many coins off the largest. Rejects when it cannot, or is refused. */
  split(request: { readonly coins: number; readonly each_sat: Sat; readonly feerate_per_kw: number }): Promise<{
    readonly txid: Txid;
  }>;
}

/** An HTLC of a payment to us, by its channel. */
export interface HeldPart {
  readonly channel_id: ChannelId;
  readonly htlc_id: bigint;
}

/** A channel of ours. */
export interface ReserveChannel {
  readonly channel_id: ChannelId;
  readonly peer_id: NodeId;
  readonly state: ChannelState;
  /** The least that was ever ours of it; undefined when it is unknown. */
  readonly min_to_us_msat: Msat | undefined;
}

/** What the ending of a channel still has to ask the wallet for. */
export interface EndingNeeds {
  /** Whether its commitment waits for a child that the wallet has not paid for yet. */
  readonly needs_child: boolean;
  /** The HTLC outputs whose transactions the wallet has not paid for yet. */
  readonly amounts_sat: readonly Sat[];
}

/** The channels, those included that end on the chain. */
export interface ReserveChannels {
  list(): readonly ReserveChannel[];
  /** Undefined for a channel that is not ending. */
  ending(channel_id: ChannelId): EndingNeeds | undefined;
  /** Whether an invoice is paid by the HTLC, since before this run: it can only be fulfilled any more. */
  isClaimed(channel_id: ChannelId, htlc_id: bigint): boolean;
  /** What may still be paid to us over the channel. */
  receivableMsat(channel: ReserveChannel): Msat;
}

/** The chain, as far as the reserve needs it. */
export interface ReserveFees {
  /** Satoshi per 1000 weight; undefined without an estimate. */
  feeratePerKw(target: FeeTargetBlocks): number | undefined;
  /** The least that mempools take now. */
  mempoolMinimumPerKw(): number;
}

/** One line per event, for the operator. */
export interface ReserveLog {
  info(text: string): void;
  warn(text: string): void;
}
