/** Closing a channel as the operator asks: in agreement with the peer, and alone when that takes too long. */

import type { Clock } from '../../../base/types/clock.ts';
import { Refusal } from '../../../protocol/channel/fault.ts';
import type { ClosingFeerange } from '../../../protocol/channel/state.ts';
import type { Channels } from '../channels.ts';
import type { LiveChannel } from '../live-channel.ts';
import { closeProgress } from './progress.ts';
import { isUnderWay } from './publisher.ts';

export interface CloseOptions {
  readonly clock: Clock;
  /** Where our balance goes in a mutual close; hex. The channel's own script unless given. */
  readonly scriptpubkey: string | undefined;
  /** What to pay for a mutual close; what Till finds right unless given. */
  readonly feerange: ClosingFeerange | undefined;
  /** After so many seconds without agreement the channel is closed alone; 0: at no time. */
  readonly unilateral_timeout_seconds: number;
  /** Ends the waiting; the closing goes on. */
  readonly signal: AbortSignal;
  /** Hears how far it has come. */
  readonly notify: (text: string) => void;
}

/** How it was closed. */
export type Closed = 'mutual' | 'unilateral';

/** The source of blocks refused the closing transaction that both had signed. Till sends it again with every block. */
export class CloseRefusedError extends Error {
  override readonly name = 'CloseRefusedError';
}

/**
 * Closes the channel; resolves when the source of blocks has taken a mutual close, or our commitment is on its way. A
 * channel that is closed already gets another closing transaction when other feerates are asked for. Throws Refusal when
 * the channel cannot be closed so, CloseRefusedError when the source of blocks does not take what both signed. Rejects
 * with the signal's reason when that ends the waiting.
 */
export async function closeChannel(channels: Channels, channel: LiveChannel, options: CloseOptions): Promise<Closed> {
  const { clock, scriptpubkey, feerange, unilateral_timeout_seconds, signal, notify } = options;
  signal.throwIfAborted();
  const replaced = feerange === undefined ? undefined : replaceable(channel);
  const end = Promise.withResolvers<Closed>();
  const told = new Set<string>();
  const look = (): void => {
    for (const text of closeProgress(channel)) {
      if (!told.has(text)) notify(text);
      told.add(text);
    }
    const closed = howClosed(channel);
    if (closed instanceof CloseRefusedError) end.reject(closed);
    else if (closed !== undefined && !isReplacing(channel, replaced)) end.resolve(closed);
  };
  const abort = (): void => end.reject(signal.reason);
  channel.listeners.add(look);
  signal.addEventListener('abort', abort, { once: true });
  let cancelTimer = (): void => {};
  try {
    const { phase } = channel.state;
    if (phase !== 'failed' && phase !== 'spent') {
      const { refusal } = channels.apply(channel, {
        kind: 'shutdown',
        ...(scriptpubkey === undefined ? {} : { scriptpubkey }),
        ...(feerange === undefined ? {} : { feerange }),
      });
      if (refusal !== undefined) throw refusal;
    }
    if (channel.peer === undefined && phase !== 'closed') notify('peer is offline, will negotiate once they reconnect');
    if (channel.aside !== undefined) channels.tryNow(channel);
    if (unilateral_timeout_seconds > 0 && isOpen(channel)) {
      cancelTimer = clock.after(unilateral_timeout_seconds * 1000, () => {
        if (!isOpen(channel)) return;
        notify('Timed out, forcing close.');
        const waited = `the peer did not agree to close within ${unilateral_timeout_seconds} seconds`;
        channels.forceClose(channel.channel_id, waited);
      });
      // It goes on when nobody waits for the answer any more, and ends with the channel, or with this run of the node.
      channel.cancelWatches.push(cancelTimer);
    }
    look();
    return await end.promise;
  } finally {
    if (!isOpen(channel)) cancelTimer();
    channel.listeners.delete(look);
    signal.removeEventListener('abort', abort);
  }
}

function isOpen({ state: { phase } }: LiveChannel): boolean {
  return phase !== 'closed' && phase !== 'failed' && phase !== 'spent';
}

/** Our closing transaction, when the channel has one that can be replaced; undefined while it has none. Throws Refusal. */
function replaceable({ state, peer }: LiveChannel): string | undefined {
  if (state.phase !== 'closed') return undefined;
  if (peer === undefined || state.own_closing_transaction === undefined || state.offered_close?.is_answered !== true) {
    const why = 'only while the peer is connected, has option_simple_close and has signed ours';
    throw new Refusal('channel_unusable', `the closing transaction can be replaced ${why}`);
  }
  return state.own_closing_transaction;
}

/** Whether the peer has yet to sign what is to take the place of this transaction, or the network to take it. */
function isReplacing({ state, publication }: LiveChannel, replaced: string | undefined): boolean {
  if (replaced === undefined || state.phase !== 'closed') return false;
  if (state.own_closing_transaction === replaced) return true;
  return publication?.kind === 'taken' && publication.transaction === replaced;
}

function howClosed(channel: LiveChannel): Closed | CloseRefusedError | undefined {
  const { state, publication } = channel;
  const { phase, closing_transactions, failure } = state;
  if (phase === 'failed' || phase === 'spent') {
    return closing_transactions.length > 0 && failure === undefined ? 'mutual' : 'unilateral';
  }
  if (phase !== 'closed') return undefined;
  if (isUnderWay(channel)) return undefined;
  if (publication?.kind === 'refused') {
    return new CloseRefusedError(
      `the closing transaction was refused: ${publication.reason}. Till tries again with every block.`,
    );
  }
  return publication?.kind === 'taken' ? 'mutual' : undefined;
}
