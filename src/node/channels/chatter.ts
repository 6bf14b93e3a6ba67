/**
 * What a peer may say as often as it likes and what costs us each time: a row in the store, signatures to check, a message
 * to others. An honest node says it once or twice on a connection. More than a few in a minute of the same connection are
 * not read; each connection begins again, because what is said on it first has to be heard.
 */
import type { Clock } from '../../base/types/clock.ts';
import type { KnownMessage } from '../../codec/wire/index.ts';
import type { LiveChannel } from './live-channel.ts';
import type { ConnectedPeer } from './ports.ts';

/**
 * A peer's other name for a channel, its signatures of an announcement, what it asks for payments over it, and another
 * closing transaction for us to sign.
 */
const LIMITED: ReadonlySet<KnownMessage['type']> = new Set([
  'channel_ready',
  'announcement_signatures',
  'channel_update',
  'closing_complete',
]);
/** Of each kind, for each channel: so many in a minute. */
const MOST_PER_MINUTE = 10;
const MINUTE_MS = 60_000;

interface Count {
  readonly peer: ConnectedPeer | undefined;
  readonly began_ms: number;
  count: number;
}

export class Chatter {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #counts = new WeakMap<LiveChannel, Map<string, Count>>();

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  /** Whether this message about the channel is to be read. */
  isRead(channel: LiveChannel, type: KnownMessage['type']): boolean {
    if (!LIMITED.has(type)) return true;
    const counts = this.#counts.get(channel) ?? new Map<string, Count>();
    this.#counts.set(channel, counts);
    const now_ms = this.#clock.monotonicMs();
    const known = counts.get(type);
    const { peer } = channel;
    const isOver = known === undefined || known.peer !== peer || now_ms - known.began_ms >= MINUTE_MS;
    const count = isOver ? { peer, began_ms: now_ms, count: 0 } : known;
    count.count += 1;
    counts.set(type, count);
    return count.count <= MOST_PER_MINUTE;
  }
}
