/** What the endings of channels are given by the daemon. */
import type { ChainSource } from '../../infra/chain/source.ts';
import type { Store } from '../../infra/store/store.ts';
import type { OnchainPolicy } from '../../protocol/onchain/closing-channel.ts';
import type { ChannelHost, ChannelKeyring, EndingLog, FeeWallet, OutgoingPort } from './ports.ts';

/** A reorg may move the end to a block below the one where it was first seen; none was ever half as deep. */
export const REORG_BLOCKS = 20;
/** How long the network may take to mine again what a reorg took out of a block. */
export const PATIENCE_BLOCKS = 12;

/** The chain, as this module needs it. */
export interface EndingChain extends ChainSource {
  /** Resolves when all that the source knows has been told, older blocks for new watches included. */
  refresh(): Promise<void>;
  /** Resolves when the blocks that are being told now are told: at once when none are. */
  caughtUp(): Promise<void>;
}

/** What the endings are given by the daemon. */
export interface EndingsOptions {
  readonly store: Store;
  readonly chain: EndingChain;
  readonly wallet: FeeWallet;
  readonly keys: ChannelKeyring;
  readonly channels: ChannelHost;
  readonly outgoing: OutgoingPort;
  readonly policy: OnchainPolicy;
  readonly log: EndingLog;
}
