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

/** What the wallet holds back, and what for. */
export interface HeldTransactions {
  held(): readonly Txid[];
  find(txid: Txid): { readonly purpose: string } | undefined;
}

/** One line per event, for the operator. */
export interface FundingLog {
  info(text: string): void;
  warn(text: string): void;
}

/** A channel, as far as this asks. */
export interface FundedChannel {
  readonly state: { readonly phase: Phase; readonly terms: { readonly funding_txid: Txid } };
}

/** Until then the funding transaction is what both sides wait for, and the peer's signature for our way back is ours. */
const WAITING: ReadonlySet<Phase> = new Set(['opening', 'normal', 'closing']);

/**
 * Frees coins that are held for a channel which nobody knows: whatever ended its opening, nothing may keep them until the
 * next start. Called with every block. Rejects as the wallet does.
 */
export async function releaseOrphans(
  wallet: Pick<FundingWallet, 'release'> & HeldTransactions,
  channels: { usesFunding(txid: Txid): boolean },
  log: Pick<FundingLog, 'warn'>,
): Promise<void> {
  for (const txid of wallet.held()) {
    if (wallet.find(txid)?.purpose !== 'funding' || channels.usesFunding(txid)) continue;
    await wallet.release(txid);
    log.warn(`the coins of ${txid} were held for a channel that nobody knows: they are free again`);
  }
}

/**
 * Frees the coins of fundings that nothing waits for, and sends those that a channel waits for. `channels` must hold every
 * channel that is stored; `giveUp` closes one whose funding is refused, which keeps the others from nothing. Rejects as
 * the wallet does.
 */
export async function resumeFundings<Channel extends FundedChannel>(
  wallet: FundingWallet,
  channels: readonly Channel[],
  log: FundingLog,
  giveUp: (channel: Channel, reason: string) => void,
): Promise<void> {
  for (const txid of wallet.held()) {
    const channel = channels.find(({ state }) => state.terms.funding_txid === txid);
    if (channel === undefined || !WAITING.has(channel.state.phase)) {
      // What was held was never sent, or was refused: no block can hold it.
      await wallet.release(txid);
      const what = channel === undefined ? 'was cut off before the channel existed' : 'came to nothing';
      log.info(`the opening of a channel ${what}: the coins of ${txid} are free again`);
      continue;
    }
    try {
      await wallet.publish(txid);
      log.info(`the funding transaction ${txid} was not sent before the node ended: it is sent now`);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.warn(`the funding transaction ${txid} could not be sent, and its channel is given up: ${reason}`);
      giveUp(channel, `no funding: ${reason}`);
      await wallet.release(txid);
    }
  }
}
