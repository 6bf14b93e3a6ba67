/** How channels leave: what the store keeps of them, and what memory lets go. */
import type { ChannelId } from '../../../base/types/brand.ts';
import type { Write } from '../../../infra/store/store.ts';
import type { Agenda } from '../agenda.ts';
import type { Book } from '../book.ts';
import type { IncomingHtlcs } from '../incoming-htlcs.ts';
import type { LiveChannel } from '../live-channel.ts';
import type { SpareScripts } from '../opening/spare-scripts.ts';
import type { ChannelTable } from '../table.ts';
import { endPause } from './pause.ts';

export interface RemovalOptions {
  readonly table: ChannelTable;
  readonly agenda: Agenda;
  readonly book: Book;
  readonly incoming_htlcs: IncomingHtlcs;
  readonly spare_scripts: SpareScripts;
  readonly onListChanged: () => void;
}

export class Removal {
  readonly #options: RemovalOptions;

  constructor(options: RemovalOptions) {
    this.#options = options;
  }

  /** Nothing of the channel is left on the chain: its row stays as history. */
  resolved(channel_id: ChannelId): void {
    const { table, book } = this.#options;
    const channel = table.find(channel_id);
    if (channel === undefined) return;
    book.write(channel.save());
    table.remove(channel);
    this.#leave(channel, { sql: 'UPDATE channels SET is_closed = 1 WHERE channel_id = ?', params: [channel_id] });
  }

  /** The channel never had funding: nothing is kept of it, and its script is free for the next opening. */
  forget(channel: LiveChannel): void {
    const { table, spare_scripts } = this.#options;
    table.forget(channel);
    this.#leave(channel, { sql: 'DELETE FROM channels WHERE channel_id = ?', params: [channel.channel_id] });
    spare_scripts.giveBack(channel.state.terms.default_shutdown_script);
  }

  #leave(channel: LiveChannel, write: Write): void {
    const { agenda, book, incoming_htlcs, onListChanged } = this.#options;
    endPause(channel);
    for (const cancel of channel.cancelWatches) cancel();
    agenda.drop(channel);
    book.write(write);
    book.speak(onListChanged);
    incoming_htlcs.forget(channel.channel_id);
  }
}
