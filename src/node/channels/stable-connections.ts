/** Notes for each channel when its connection lasted: it was up at two looks in a row, which are a minute apart. */
import type { Clock } from '../../base/types/clock.ts';
import type { LiveChannel } from './live-channel.ts';
import type { ConnectedPeer } from './ports.ts';

export class StableConnections {
  readonly #clock: Pick<Clock, 'nowSeconds'>;
  readonly #save: (channel: LiveChannel) => void;
  /** The connection over which the channel was up at the last look. */
  readonly #seen = new WeakMap<LiveChannel, ConnectedPeer>();
  /** The connection that was noted last. */
  readonly #noted = new WeakMap<LiveChannel, ConnectedPeer>();

  /** `save`: the channel's row is to be written. */
  constructor(clock: Pick<Clock, 'nowSeconds'>, save: (channel: LiveChannel) => void) {
    this.#clock = clock;
    this.#save = save;
  }

  /** Looks at the channel: once a minute. */
  look(channel: LiveChannel): void {
    const { peer, state } = channel;
    if (peer === undefined || state.link !== 'up') {
      this.#seen.delete(channel);
      return;
    }
    if (this.#seen.get(channel) === peer && this.#noted.get(channel) !== peer) {
      this.#noted.set(channel, peer);
      channel.last_stable_connection = this.#clock.nowSeconds();
      this.#save(channel);
    }
    this.#seen.set(channel, peer);
  }
}
