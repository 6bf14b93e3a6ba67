/** What the commands of the wallet run on. */

import type { ChainSource } from '../../infra/chain/source.ts';
import type { ExpectedOutput } from '../../node/channels/closing/outputs.ts';
import type { Reserve } from '../../node/reserve/reserve.ts';
import type { Wallet } from '../../node/wallet/wallet.ts';

/** What a channel holds, as `listfunds` shows it. */
export interface ChannelFunds {
  readonly peer_id: string;
  /** Undefined when it is unknown: the channel was recovered from a backup of its terms. */
  readonly our_amount_msat: bigint | undefined;
  readonly amount_msat: bigint;
  readonly funding_txid: string;
  readonly funding_output: number;
  readonly connected: boolean;
  /** Core Lightning's name of the state, such as CHANNELD_NORMAL. */
  readonly state: string;
  readonly channel_id: string;
  readonly short_channel_id?: string | undefined;
}

/** An output of a channel that was closed, which is on its way to the wallet, as `listfunds` shows it. */
export interface SweptFunds {
  readonly channel_id: string;
  readonly peer_id: string;
  readonly txid: string;
  readonly output: number;
  readonly amount_msat: bigint;
  /** Core Lightning's name of the output, such as DELAYED_OUTPUT_TO_US. */
  readonly output_type: string;
  /** The first block that may hold the transaction that takes it. */
  readonly claimable_height: number;
  readonly sweep_txid?: string | undefined;
}

/** The wallet, the chain that it is on, and what lies in channels. */
export interface WalletModules {
  readonly wallet: Wallet;
  /** What of it is kept for closing channels. */
  readonly reserve: Pick<Reserve, 'state' | 'warningFor'>;
  readonly chain: ChainSource;
  /** What lies in channels, those that are closing included. */
  readonly channelFunds: () => readonly ChannelFunds[];
  /** What closed channels left on the chain for us to take. */
  /** What closes in agreement that no block holds yet will pay to the wallet. */
  readonly closingFunds: () => readonly ExpectedOutput[];
  readonly sweptFunds: () => readonly SweptFunds[];
}
