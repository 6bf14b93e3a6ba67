/**
 * Peers that are connected and do not say where a channel was: without their channel_reestablish nothing goes over it, and
 * BOLT 2 gives no time for it. A new connection is another chance for both. It is begun soon where no other channel uses
 * the old one, later and seldom where one does, and less often when that has not helped. (Electrum says nothing when it has
 * found out that its state is old: there its user must ask to close, or ours.)
 */
import { isOver } from '../../protocol/channel/failure.ts';
import type { Book } from './book.ts';
import type { LiveChannel } from './live-channel.ts';
import type { ChannelLog, ConnectedPeer } from './ports.ts';
import type { ChannelTable } from './table.ts';

/** Minutes of silence before the connection is begun again: alone on it, and beside channels that are in use. */
const PATIENCE = { alone: 2, beside_others: 30 };
/** The same, when it did not help so often in a row. */
const TRIES = 3;
const LONG_PATIENCE = { alone: 60, beside_others: 24 * 60 };

interface Silence {
  /** The connection over which it is waited. */
  peer: ConnectedPeer;
  minutes: number;
  /** How often in a row a connection was begun again for it. */
  tries: number;
}

export class SilentPeers {
  readonly #table: Pick<ChannelTable, 'over'>;
  readonly #book: Pick<Book, 'speak'>;
  readonly #log: ChannelLog;
  readonly #silences = new WeakMap<LiveChannel, Silence>();

  constructor(table: Pick<ChannelTable, 'over'>, book: Pick<Book, 'speak'>, log: ChannelLog) {
    this.#table = table;
    this.#book = book;
    this.#log = log;
  }

  /** Looks at the channel: once a minute. */
  look(channel: LiveChannel): void {
    const { peer, state } = channel;
    if (peer === undefined) return;
    if (state.link !== 'reestablishing' || isOver(state)) {
      this.#silences.delete(channel);
      return;
    }
    const before = this.#silences.get(channel);
    const minutes = before?.peer === peer ? before.minutes + 1 : 0;
    const silence = { peer, minutes, tries: before?.tries ?? 0 };
    this.#silences.set(channel, silence);
    const others = this.#table.over(peer).filter((each) => each !== channel && each.state.link === 'up');
    const patience = silence.tries < TRIES ? PATIENCE : LONG_PATIENCE;
    if (minutes < (others.length === 0 ? patience.alone : patience.beside_others)) return;
    silence.tries++;
    silence.minutes = 0;
    const reason = `the peer has not said where channel ${channel.channel_id} was for ${minutes} minutes`;
    this.#book.speak(() => {
      this.#log.warn(`${reason}: Till connects again`);
      peer.disconnect(reason);
    });
  }
}
