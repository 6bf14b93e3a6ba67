/** The pause that a close makes for the peer's next word: one at a time, and only as long as its connection lasts. */
import type { Clock } from '../../../base/types/clock.ts';
import type { LiveChannel } from '../live-channel.ts';

/** Calls `end` after the time, unless the connection has ended by then. A pause that is under way goes on. */
export function pauseClose(clock: Clock, channel: LiveChannel, pause_ms: number, end: () => void): void {
  if (channel.cancelPause !== undefined) return;
  channel.cancelPause = clock.after(pause_ms, () => {
    channel.cancelPause = undefined;
    end();
  });
}

/** The connection, or the channel, is gone. */
export function endPause(channel: LiveChannel): void {
  channel.cancelPause?.();
  channel.cancelPause = undefined;
}
