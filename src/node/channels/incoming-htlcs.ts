/** The HTLCs of payments to us that have not ended, in memory and in the table `incoming_htlcs`. */
import type { ChannelId } from '../../base/types/brand.ts';
import type { Clock } from '../../base/types/clock.ts';
import { readAll } from '../../infra/store/read-all.ts';
import type { Store } from '../../infra/store/store.ts';
import type { Book } from './book.ts';
import { deleteIncoming, insertIncoming, SELECT_INCOMING, type StoredHtlc, storedHtlc } from './incoming.ts';

export class IncomingHtlcs {
  readonly #book: Book;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #htlcs = new Map<string, StoredHtlc>();
  /** When each came, on the monotonic clock. An HTLC of an earlier run has none. */
  readonly #since = new Map<string, number>();

  constructor(book: Book, clock: Pick<Clock, 'monotonicMs'>) {
    this.#book = book;
    this.#clock = clock;
  }

  /** Reads what the last run left. */
  async load(store: Store): Promise<void> {
    for (const row of await readAll(store, SELECT_INCOMING)) this.#remember(storedHtlc(row));
  }

  list(): readonly StoredHtlc[] {
    return [...this.#htlcs.values()];
  }

  find(channel_id: ChannelId, htlc_id: bigint): StoredHtlc | undefined {
    return this.#htlcs.get(nameOf(channel_id, htlc_id));
  }

  /** How long an HTLC has been held, in tenths of a second; 0 when it came before this run. */
  holdTime(channel_id: ChannelId, htlc_id: bigint): number {
    const since = this.#since.get(nameOf(channel_id, htlc_id));
    return since === undefined ? 0 : Math.floor((this.#clock.monotonicMs() - since) / 100);
  }

  /** Those of a channel that no invoice is paid by yet. */
  unclaimed(channel_id: ChannelId): readonly StoredHtlc[] {
    return this.list().filter((htlc) => htlc.channel_id === channel_id && !htlc.is_claimed);
  }

  /** Keeps an HTLC until it ends; its row is part of the next unit. */
  add(htlc: StoredHtlc): void {
    this.#remember(htlc);
    this.#since.set(nameOf(htlc.channel_id, htlc.htlc_id), this.#clock.monotonicMs());
    this.#book.write(insertIncoming(htlc));
  }

  /** The channel's own state now says how the HTLC ends. */
  end(channel_id: ChannelId, htlc_id: bigint): void {
    this.#drop(nameOf(channel_id, htlc_id));
    this.#book.write(deleteIncoming(channel_id, htlc_id));
  }

  /** The channel is gone, and with it all of its HTLCs. */
  forget(channel_id: ChannelId): void {
    for (const [name, htlc] of this.#htlcs) if (htlc.channel_id === channel_id) this.#drop(name);
    this.#book.write({ sql: 'DELETE FROM incoming_htlcs WHERE channel_id = ?', params: [channel_id] });
  }

  #drop(name: string): void {
    this.#htlcs.delete(name);
    this.#since.delete(name);
  }

  #remember(htlc: StoredHtlc): void {
    this.#htlcs.set(nameOf(htlc.channel_id, htlc.htlc_id), htlc);
  }
}

function nameOf(channel_id: ChannelId, htlc_id: bigint): string {
  return `${channel_id}:${htlc_id}`;
}
