/** Hands each message of a peer to what it is about: an opening, a channel, our gossip. */
import type { KnownMessage } from '../../codec/wire/index.ts';
import type { Agenda } from './agenda.ts';
import type { Asides } from './asides.ts';
import type { Book } from './book.ts';
import type { Chatter } from './chatter.ts';
import type { OwnGossip } from './gossip/own-gossip.ts';
import type { Newcomers } from './opening/newcomers.ts';
import type { Openings } from './opening/openings.ts';
import { ALL_CHANNELS, type ConnectedPeer } from './ports.ts';
import type { ChannelTable } from './table.ts';
import type { Turns } from './turn.ts';

export interface PeerMessagesOptions {
  readonly table: ChannelTable;
  readonly turns: Turns;
  readonly openings: Openings;
  readonly newcomers: Newcomers;
  readonly gossip: OwnGossip;
  readonly agenda: Agenda;
  readonly book: Book;
  readonly asides: Asides;
  readonly chatter: Chatter;
}

export class PeerMessages {
  readonly #options: PeerMessagesOptions;

  constructor(options: PeerMessagesOptions) {
    this.#options = options;
  }

  /** Takes one message. Nothing that a peer sends is about a channel with somebody else. */
  receive(peer: ConnectedPeer, message: KnownMessage): void {
    const { table, turns, openings, newcomers, gossip, agenda, book, asides, chatter } = this.#options;
    if (message.type === 'open_channel') {
      void newcomers.accept(peer, message);
      return;
    }
    if (message.type === 'channel_update') {
      const named = gossip.channelNamed(table.over(peer), message.short_channel_id);
      if (named !== undefined && !chatter.isRead(named, message.type)) return;
      const changed = gossip.receiveUpdate(peer, table.over(peer), message);
      if (changed !== undefined) agenda.save(changed);
      return;
    }
    if (openings.receive(peer, message as never)) return;
    if ('temporary_channel_id' in message) {
      // An answer to an opening that is over, or was never begun.
      const { type, temporary_channel_id } = message;
      const data = Buffer.from(`${type}: no channel is being opened under ${temporary_channel_id} with you`);
      book.send(peer, { type: 'error', channel_id: temporary_channel_id, data });
      return;
    }
    if (!('channel_id' in message)) return;
    if (message.channel_id === ALL_CHANNELS && (message.type === 'error' || message.type === 'warning')) {
      for (const channel of table.over(peer)) turns.apply(channel, { kind: 'message', message });
      return;
    }
    const channel = table.find(message.channel_id);
    if (channel?.peer === peer) {
      if (!chatter.isRead(channel, message.type)) return;
      const { violation } = turns.apply(channel, { kind: 'message', message });
      if (violation === undefined) asides.took(channel, message.type);
    } else if (message.type !== 'error' && message.type !== 'warning') {
      const data = Buffer.from(`${message.type}: there is no channel ${message.channel_id} with you`);
      book.send(peer, { type: 'error', channel_id: message.channel_id, data });
    }
  }
}
