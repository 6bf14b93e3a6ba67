/** The orders of channels in memory and on the disk, and how long each is kept. */
import type { Clock } from '../../base/types/clock.ts';
import { readAll } from '../../infra/store/read-all.ts';
import type { Store, Write } from '../../infra/store/store.ts';
import {
  type ChannelOrder,
  expiryOf,
  isOpen,
  orderDelete,
  orderWrite,
  readOrderRow,
  SELECT_ORDERS,
} from './channel-order.ts';
import type { OrderChannels } from './order-ports.ts';

export interface OrderBookOptions {
  readonly store: Store;
  readonly clock: Pick<Clock, 'nowSeconds' | 'after'>;
  readonly channels: Pick<OrderChannels, 'findByFunding'>;
  /** What went wrong while nobody waited. */
  readonly onBackgroundError: (error: unknown) => void;
}

const DAY_SECONDS = 24 * 3600;
/** Prices that were asked for and not taken. */
const QUOTES_KEPT_SECONDS = 7 * DAY_SECONDS;
/** What came of a purchase: longer than a year's books are open. A delivered one stays as long as its channel, too. */
const PURCHASES_KEPT_SECONDS = 400 * DAY_SECONDS;

export class OrderBook {
  readonly #options: OrderBookOptions;
  readonly #orders = new Map<number, ChannelOrder>();
  /** As they are on the disk: what others see. */
  readonly #durable = new Map<number, ChannelOrder>();
  #last_commit: Promise<unknown> = Promise.resolve();
  #cancelCleaning: () => void = () => {};

  constructor(options: OrderBookOptions) {
    this.#options = options;
  }

  /** Reads what the last run left. From then on what is over and old is forgotten daily. */
  async start(): Promise<void> {
    for (const order of (await readAll(this.#options.store, SELECT_ORDERS)).map(readOrderRow)) {
      this.#orders.set(order.number, order);
      this.#durable.set(order.number, order);
    }
    await this.#clean();
    this.#cleanDaily();
  }

  stop(): void {
    this.#cancelCleaning();
  }

  /** All as they are on the disk, the first one first. */
  get durable(): readonly ChannelOrder[] {
    return [...this.#durable.values()];
  }

  /** One as it is on the disk. */
  durableOf(number: number): ChannelOrder | undefined {
    return this.#durable.get(number);
  }

  /** All as they are now. */
  get all(): readonly ChannelOrder[] {
    return [...this.#orders.values()];
  }

  /** One as it is now. */
  get(number: number): ChannelOrder | undefined {
    return this.#orders.get(number);
  }

  /** For the next order. */
  get next_number(): number {
    return Math.max(0, ...this.#orders.keys()) + 1;
  }

  /** The order is so from now on. Resolves when that is durable, with what else is written in the same unit. */
  async set(order: ChannelOrder, more: readonly Write[]): Promise<void> {
    this.#orders.set(order.number, order);
    const commit = this.#options.store.commit([orderWrite(order), ...more]);
    this.#last_commit = commit;
    await commit;
    this.#durable.set(order.number, order);
  }

  /** Resolves when everything so far is durable. */
  async idle(): Promise<void> {
    await this.#last_commit;
  }

  #cleanDaily(): void {
    const { clock, onBackgroundError } = this.#options;
    this.#cancelCleaning = clock.after(DAY_SECONDS * 1000, () => {
      this.#clean().catch(onBackgroundError);
      this.#cleanDaily();
    });
  }

  /** Forgets what is over and old. The last one stays, whatever it is: the next is counted from it. */
  async #clean(): Promise<void> {
    const old = this.durable.slice(0, -1).filter((order) => this.#isOld(order));
    if (old.length === 0) return;
    for (const { number } of old) this.#orders.delete(number);
    await this.#options.store.commit(old.map(({ number }) => orderDelete(number)));
    for (const { number } of old) this.#durable.delete(number);
  }

  #isOld(order: ChannelOrder): boolean {
    const { status, funding_txid, funding_outnum, paid_at, created_at } = order;
    const now = this.#options.clock.nowSeconds();
    if (this.#orders.get(order.number) !== order || isOpen(order)) return false;
    if (status === 'quoted' || status === 'expired') return expiryOf(order) < now - QUOTES_KEPT_SECONDS;
    if ((paid_at ?? created_at) >= now - PURCHASES_KEPT_SECONDS) return false;
    if (funding_txid === undefined || funding_outnum === undefined) return true;
    return this.#options.channels.findByFunding(funding_txid, funding_outnum) === undefined;
  }
}
