/** Closing a channel as the operator asks: in agreement with the peer, and alone when that takes too long. */

import type { Clock } from '../../../base/types/clock.ts';
import type { Refusal } from '../../../protocol/channel/fault.ts';
import type { ChannelState } from '../../../protocol/channel/state.ts';
import type { Channels } from '../channels.ts';
import type { LiveChannel } from '../live-channel.ts';

export interface CloseOptions {
  readonly clock: Clock;
  /** Where our balance goes in a mutual close; hex. The channel's own script unless given. */
  readonly scriptpubkey: string | undefined;
  /** After so many seconds without agreement the channel is closed alone; 0: at no time. */
  readonly unilateral_timeout_seconds: number;
  /** Ends the waiting; the closing goes on. */
  readonly signal: AbortSignal;
  /** Told when the peer is not there. */
  readonly notify: (text: string) => void;
}

/** How it was closed. */
export type Closed = 'mutual' | 'unilateral';

/**
 * Closes the channel; resolves when the mutual close is signed by both, or our commitment is on its way. Throws Refusal
 * when the channel cannot be closed so. Rejects with the signal's reason when that ends the waiting.
 */
export async function closeChannel(channels: Channels, channel: LiveChannel, options: CloseOptions): Promise<Closed> {
  const { clock, scriptpubkey, unilateral_timeout_seconds, signal, notify } = options;
  signal.throwIfAborted();
  const already = howClosed(channel.state);
  if (already !== undefined) return already;
  const end = Promise.withResolvers<Closed>();
  const look = (): void => {
    const closed = howClosed(channel.state);
    if (closed !== undefined) end.resolve(closed);
  };
  const abort = (): void => end.reject(signal.reason);
  channel.listeners.add(look);
  signal.addEventListener('abort', abort, { once: true });
  let cancelTimer = (): void => {};
  try {
    const wish = scriptpubkey === undefined ? {} : { scriptpubkey };
    const refusal: Refusal | undefined = channels.apply(channel, { kind: 'shutdown', ...wish }).refusal;
    if (refusal !== undefined) throw refusal;
    if (channel.peer === undefined) notify('peer is offline, will negotiate once they reconnect');
    if (channel.aside !== undefined) {
      notify(`the channel was set aside, and is tried again: ${channel.aside.reason}`);
      channels.tryNow(channel);
    }
    if (unilateral_timeout_seconds > 0) {
      cancelTimer = clock.after(unilateral_timeout_seconds * 1000, () => {
        if (howClosed(channel.state) !== undefined) return;
        notify('Timed out, forcing close.');
        const waited = `the peer did not agree to close within ${unilateral_timeout_seconds} seconds`;
        channels.forceClose(channel.channel_id, waited);
      });
      // It goes on when nobody waits for the answer any more, and ends with the channel, or with this run of the node.
      channel.cancelWatches.push(cancelTimer);
    }
    return await end.promise;
  } finally {
    if (howClosed(channel.state) !== undefined) cancelTimer();
    channel.listeners.delete(look);
    signal.removeEventListener('abort', abort);
  }
}

function howClosed({ phase, closing_transactions }: ChannelState): Closed | undefined {
  if (phase === 'closed') return 'mutual';
  if (phase === 'failed' || phase === 'spent') return closing_transactions.length > 0 ? 'mutual' : 'unilateral';
  return undefined;
}
