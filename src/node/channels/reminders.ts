/**
 * What is said again now and then, because a peer may have missed it or has forgotten it:
 *
 * - that it must close a channel whose state we have lost, while the funding is unspent: only the peer can;
 * - our `channel_update`, before the network forgets the channel, and when it is not true any more.
 *
 * At the same time it is noted whose connection has lasted, and who has not said where a channel was.
 */
import type { Clock } from '../../base/types/clock.ts';
import type { Input } from '../../protocol/channel/input.ts';
import type { LiveChannel } from './live-channel.ts';
import type { ChannelGossip } from './ports.ts';
import type { SilentPeers } from './silent-peers.ts';
import type { StableConnections } from './stable-connections.ts';
import type { ChannelTable } from './table.ts';

/** How often all channels are looked at. */
const REMIND_EVERY_MS = 60_000;

export class Reminders {
  readonly #clock: Pick<Clock, 'after'>;
  readonly #table: Pick<ChannelTable, 'list'>;
  readonly #apply: (channel: LiveChannel, input: Input) => void;
  readonly #gossip: Pick<ChannelGossip, 'refreshUpdate'>;
  readonly #connections: Pick<StableConnections, 'look'>;
  readonly #silent_peers: Pick<SilentPeers, 'look'>;
  #cancel = (): void => {};

  constructor(
    clock: Pick<Clock, 'after'>,
    table: Pick<ChannelTable, 'list'>,
    apply: (channel: LiveChannel, input: Input) => void,
    gossip: Pick<ChannelGossip, 'refreshUpdate'>,
    connections: Pick<StableConnections, 'look'>,
    silent_peers: Pick<SilentPeers, 'look'>,
  ) {
    this.#clock = clock;
    this.#table = table;
    this.#apply = apply;
    this.#gossip = gossip;
    this.#connections = connections;
    this.#silent_peers = silent_peers;
  }

  start(): void {
    this.#cancel = this.#clock.after(REMIND_EVERY_MS, () => {
      for (const channel of this.#table.list()) {
        const { failure, phase } = channel.state;
        if (failure?.data_loss === true && phase === 'failed') this.#apply(channel, { kind: 'remind' });
        this.#gossip.refreshUpdate(channel);
        this.#connections.look(channel);
        this.#silent_peers.look(channel);
      }
      this.start();
    });
  }

  stop(): void {
    this.#cancel();
  }
}
