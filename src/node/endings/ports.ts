/** What the endings ask of other modules. The daemon connects them. */

import type { Sat } from '../../base/types/amount.ts';
import type { ChannelId, NodeId, PaymentHash, PaymentPreimage, Txid } from '../../base/types/brand.ts';
import type { ChannelKeys } from '../../codec/tx/channel-keys.ts';
import type { Transaction } from '../../codec/tx/transaction.ts';
import type { Write } from '../../infra/store/store.ts';
import type { ChannelSigner } from '../../protocol/channel/signer.ts';
import type { ChannelState, RemovedHtlc } from '../../protocol/channel/state.ts';
import type { FundRequest } from '../../protocol/onchain/state.ts';

/** A channel that is over, or is about to be: node/channels/ keeps it, and this module only reads it. */
export interface OverChannel {
  readonly channel_id: ChannelId;
  readonly peer_id: NodeId;
  readonly key_id: string;
  readonly signer: ChannelSigner;
  readonly state: ChannelState;
  /** The connection to the peer; undefined while it is away. */
  readonly peer?: object | undefined;
}

/** The live channels (node/channels/). */
export interface ChannelHost {
  /** Into the unit that makes the channel's own state durable. */
  write(...writes: readonly Write[]): void;
  /** Called when all that was written before is durable. */
  speak(output: () => void): void;
  /** Nothing of the channel is left on the chain: it is history from now on. */
  resolved(channel_id: ChannelId): void;
}

/** The node's keys, as far as this module needs them. */
export interface ChannelKeyring {
  /** The private keys of a channel; `key_id` is kept with it. */
  channelKeys(key_id: string): ChannelKeys;
  channelSigner(key_id: string): ChannelSigner;
}

/** How a transaction of the wallet stands, as the wallet knows it. */
export type Known = 'held' | 'sent' | 'dropped' | undefined;

/** The wallet: it brings fees where an output cannot pay its own. */
export interface FeeWallet {
  /**
   * Builds and keeps a transaction; one of ours that takes the same outputs is replaced. Undefined when that one stays
   * as it is, and what was built on it pays for both.
   */
  spend(
    request: Omit<FundRequest, 'outpoints' | 'parents'> & {
      readonly parents?: { readonly weight: number; readonly fee_sat: Sat };
      readonly sign: (transaction: Transaction) => Transaction;
    },
  ): Promise<{ readonly txid: Txid; readonly transaction: Transaction; readonly fee_sat: Sat } | undefined>;
  /** Sends what it keeps, and goes on with every block; rejects with what the network said against it. */
  publish(txid: Txid, parents: readonly Uint8Array[]): Promise<void>;
  /** Gives up what it keeps. */
  release(txid: Txid): Promise<void>;
  /** What it knows of a transaction of ours. */
  find(txid: Txid): { readonly state: 'held' | 'sent' | 'dropped'; readonly transaction: Transaction } | undefined;
}

/** Payments of ours. The channels report to them too, so each event may arrive twice. */
export interface OutgoingPort {
  fulfilled(
    channel_id: ChannelId,
    htlc_id: bigint,
    payment_hash: PaymentHash,
    preimage: PaymentPreimage,
  ): readonly Write[];
  removed(channel_id: ChannelId, htlc: RemovedHtlc): readonly Write[];
  told(channel_id: ChannelId, htlc_id: bigint): void;
}

/** One line per event, for the operator. */
export interface EndingLog {
  info(text: string): void;
  warn(text: string): void;
}
