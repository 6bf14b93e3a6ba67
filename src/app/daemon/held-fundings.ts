/**
 * What the wallet holds for channels when the node starts. A crash between the funding transaction and the channel's
 * first row leaves coins reserved for a channel that nobody knows; one between that row and the broadcast leaves a
 * channel that waits for a transaction which was never sent.
 */

import type { Txid } from '../../base/types/brand.ts';
import type { Phase } from '../../protocol/channel/state.ts';

/** The wallet, as far as this asks. */
export interface FundingWallet {
  held(): readonly Txid[];
  publish(txid: Txid): Promise<void>;
  release(txid: Txid): Promise<void>;
}

/** A channel, as far as this asks. */
export interface FundedChannel {
  readonly state: { readonly phase: Phase; readonly terms: { readonly funding_txid: Txid } };
}

/** Until then the funding transaction is what both sides wait for, and the peer's signature for our way back is ours. */
const WAITING: ReadonlySet<Phase> = new Set(['opening', 'normal', 'closing']);

/**
 * Frees the coins of fundings that no channel knows, and sends those that a channel waits for. `channels` must hold every
 * channel that is stored. Rejects as the wallet does.
 */
export async function resumeFundings(
  wallet: FundingWallet,
  channels: readonly FundedChannel[],
  log: { info(text: string): void; warn(text: string): void },
): Promise<void> {
  for (const txid of wallet.held()) {
    const channel = channels.find(({ state }) => state.terms.funding_txid === txid);
    if (channel === undefined) {
      await wallet.release(txid);
      log.info(
        `the opening of a channel was interrupted before the channel existed: the coins of ${txid} are free again`,
      );
    } else if (WAITING.has(channel.state.phase)) {
      await wallet.publish(txid);
      log.info(`the funding transaction ${txid} was not sent before the node ended: it is sent now`);
    } else {
      log.warn(`the funding transaction ${txid} of a channel that is over was never sent, and its coins stay reserved`);
    }
  }
}
