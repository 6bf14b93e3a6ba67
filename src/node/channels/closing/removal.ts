/** How channels leave: what the store keeps of them, and what memory lets go. */
import type { ChannelId } from '../../../base/types/brand.ts';
import type { Clock } from '../../../base/types/clock.ts';
import type { ChainSource } from '../../../infra/chain/source.ts';
import type { Write } from '../../../infra/store/store.ts';
import { holdsOurs, isOverdue } from '../../../protocol/channel/funding.ts';
import type { Agenda } from '../agenda.ts';
import type { Book } from '../book.ts';
import { channelEvent } from '../events.ts';
import type { IncomingHtlcs } from '../incoming-htlcs.ts';
import type { LiveChannel } from '../live-channel.ts';
import { keepWrite, type LateFundings } from '../opening/late-fundings.ts';
import type { SpareScripts } from '../opening/spare-scripts.ts';
import type { BoughtPort } from '../ports.ts';
import type { ChannelTable } from '../table.ts';
import { endPause } from './pause.ts';

export interface RemovalOptions {
  readonly table: ChannelTable;
  readonly agenda: Agenda;
  readonly book: Book;
  readonly incoming_htlcs: IncomingHtlcs;
  readonly spare_scripts: SpareScripts;
  readonly late_fundings: LateFundings;
  readonly chain: Pick<ChainSource, 'tip'>;
  readonly clock: Pick<Clock, 'nowSeconds'>;
  readonly bought?: Pick<BoughtPort, 'forgotten'> | undefined;
  /** Nothing more is kept of what its funding spends. */
  readonly dropFunding: (channel: LiveChannel) => void;
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
    this.#leave(channel, true, { sql: 'UPDATE channels SET is_closed = 1 WHERE channel_id = ?', params: [channel_id] });
  }

  /**
   * The channel never had funding: nothing is kept of it, and its script is free for the next opening. When it holds
   * money of ours, and its funding has only not come in time, it is kept apart: it may still come.
   */
  forget(channel: LiveChannel): void {
    const { table, book, chain, spare_scripts, late_fundings, bought } = this.#options;
    const { state, channel_id } = channel;
    const isKept = holdsOurs(state) && isOverdue(state, chain.tip().height);
    if (isKept) {
      table.remove(channel);
      book.write(keepWrite(channel));
    } else table.forget(channel);
    this.#leave(channel, false, { sql: 'DELETE FROM channels WHERE channel_id = ?', params: [channel_id] });
    if (state.funding_sight !== undefined) book.write(...(bought?.forgotten(channel_id) ?? []));
    if (isKept) late_fundings.watch(channel, chain.tip().height + 1);
    else spare_scripts.giveBack(state.terms.default_shutdown_script);
  }

  #leave(channel: LiveChannel, isHistory: boolean, write: Write): void {
    const { agenda, book, incoming_htlcs, clock, dropFunding, onListChanged } = this.#options;
    endPause(channel);
    for (const cancel of channel.cancelWatches) cancel();
    dropFunding(channel);
    agenda.drop(channel);
    book.write(write);
    // One that never had funding is told of only if its closing was.
    if (isHistory || channel.closing !== undefined) {
      book.write(...channelEvent('channel.closed', channel, clock.nowSeconds()));
    }
    book.speak(onListChanged);
    incoming_htlcs.forget(channel.channel_id);
  }
}
