/**
 * The orders that are open: bought with an invoice that can still be paid. They are few, so they are kept in memory, and
 * invoices that nothing was bought for cost nothing. Each entitles its provider to one channel of the size that its payment
 * needs, and to the fee that it promised, once.
 */
import { type Msat, max, type Sat } from '../../base/types/amount.ts';
import type { ChannelId, NodeId, PaymentHash } from '../../base/types/brand.ts';
import type { Clock } from '../../base/types/clock.ts';
import type { OpenChannel } from '../../codec/wire/index.ts';
import { readAll } from '../../infra/store/read-all.ts';
import type { Store, Write } from '../../infra/store/store.ts';
import { firstPaymentMsat } from '../../protocol/channel/facts.ts';
import { DEFAULT_POLICY } from '../../protocol/channel/policy.ts';
import {
  channelWrite,
  deletionWrites,
  feeOf,
  forgetWrites,
  type Order,
  openOrders,
  orderWrite,
  paidWrite,
  readOrder,
  SELECT_ANY,
  SELECT_ORDER,
  SELECT_PAID_CHANNEL,
} from './order.ts';

/** What came to nothing is kept for a week, for whoever asks. */
const KEEP_SECONDS = 7 * 86_400;
/** How often is looked for what need not be kept. */
const CLEAN_EVERY_MS = 86_400_000;

export interface OrdersOptions {
  readonly store: Store;
  readonly clock: Pick<Clock, 'nowSeconds' | 'after'>;
  /** Whether a channel of this size was bought ahead of this provider, and has not come: an opening of it is for that. */
  readonly isBoughtAhead: (provider_id: NodeId, funding_satoshis: Sat) => boolean;
  /** What went wrong while nobody waited. */
  readonly onBackgroundError: (error: unknown) => void;
}

/** What an opening is for. */
export interface Claim {
  readonly max_to_self_delay: number;
  readonly pays_unseen: boolean;
  opened(channel_id: ChannelId): readonly Write[];
  release(): void;
}

/** What may be taken off a payment. */
export interface FeePromise {
  /** The provider that may take it. */
  readonly node_id: NodeId;
  /** How much it may take in all; undefined when that cannot be reckoned: then nothing. */
  feeFor(total_msat: Msat): Msat | undefined;
}

export class Orders {
  readonly #options: OrdersOptions;
  readonly #open = new Map<PaymentHash, Order>();
  /** Those whose channel is being opened. */
  readonly #claimed = new Set<PaymentHash>();
  /** Before it is known, there may be some rows: until there is one, deleting an invoice looks for none. */
  #has_rows = true;
  #cancelTimer: () => void = () => {};

  constructor(options: OrdersOptions) {
    this.#options = options;
  }

  /** Reads the orders that the last run left open, and forgets old ones that came to nothing. */
  async start(): Promise<void> {
    const { store, clock } = this.#options;
    this.#has_rows = (await store.read(SELECT_ANY)).length > 0;
    if (this.#has_rows) await this.#clean();
    const { sql, params } = openOrders(clock.nowSeconds());
    for (const row of await readAll(store, sql, params)) this.add(readOrder(row));
    this.#again();
  }

  stop(): void {
    this.#cancelTimer();
  }

  #again(): void {
    const { clock, onBackgroundError } = this.#options;
    this.#cancelTimer = clock.after(CLEAN_EVERY_MS, () => {
      this.list();
      if (this.#has_rows) this.#clean().catch(onBackgroundError);
      this.#again();
    });
  }

  async #clean(): Promise<void> {
    const { store, clock } = this.#options;
    await store.commit(forgetWrites(clock.nowSeconds() - KEEP_SECONDS));
  }

  /** What is written with the invoice of a new order. */
  newWrite(order: Order): Write {
    this.#has_rows = true;
    return orderWrite(order);
  }

  /** The order is durable: its channel may be opened, and its payment may come. */
  add(order: Order): void {
    this.#open.set(order.payment_hash, order);
  }

  /** What is written when an invoice is deleted: what was bought with it goes as well, or when its channel goes. */
  deletionWrites(payment_hash: PaymentHash): readonly Write[] {
    return this.#has_rows ? deletionWrites(payment_hash) : [];
  }

  /** The deletion of the invoice is durable: no channel is opened for it any more. */
  deleted(payment_hash: PaymentHash): void {
    this.#open.delete(payment_hash);
  }

  /** The order of an invoice, whatever became of it. */
  async find(payment_hash: PaymentHash): Promise<Order | undefined> {
    const [row] = await this.#options.store.read(SELECT_ORDER, [payment_hash]);
    return row === undefined ? undefined : readOrder(row);
  }

  /** Whether the payment of an invoice paid for this channel. */
  async hasPaidFor(channel_id: ChannelId): Promise<boolean> {
    return (await this.#options.store.read(SELECT_PAID_CHANNEL, [channel_id])).length > 0;
  }

  /** All that are open. */
  list(): readonly Order[] {
    const now = this.#options.clock.nowSeconds();
    for (const order of this.#open.values()) if (order.valid_until <= now) this.#open.delete(order.payment_hash);
    return [...this.#open.values()];
  }

  /** What may be taken off the payment of this hash; undefined: nothing. */
  promiseOf(payment_hash: PaymentHash): FeePromise | undefined {
    const order = this.#find(payment_hash);
    return order && { node_id: order.node_id, feeFor: (total_msat) => feeOf(order, total_msat) };
  }

  /** Whether a channel was bought of the peer for the payment of this hash, and it is not paid yet. */
  isFor(peer_id: NodeId, payment_hash: PaymentHash): boolean {
    return this.#find(payment_hash)?.node_id === peer_id;
  }

  /**
   * The order that an opening is for: of this provider, without a channel so far, and with a payment that fits. Of several
   * the one with the largest payment. Nothing may be pushed, and the channel must not be public.
   */
  claim(peer_id: NodeId, message: OpenChannel): Claim | undefined {
    const { funding_satoshis, push_msat, feerate_per_kw, channel_flags, dust_limit_satoshis } = message;
    if (push_msat > 0n || (channel_flags & 1) === 1) return undefined;
    if (this.#options.isBoughtAhead(peer_id, funding_satoshis)) return undefined;
    const reserve_satoshis = max<bigint>(dust_limit_satoshis, DEFAULT_POLICY.dust_limit_satoshis);
    const room_msat = firstPaymentMsat(funding_satoshis, reserve_satoshis, feerate_per_kw);
    const [order] = this.list()
      .filter(({ node_id, channel_id, payment_hash }) => {
        return node_id === peer_id && channel_id === undefined && !this.#claimed.has(payment_hash);
      })
      .filter((each) => netMsat(each) <= room_msat)
      .sort((a, b) => (netMsat(a) === netMsat(b) ? a.created_at - b.created_at : netMsat(a) > netMsat(b) ? -1 : 1));
    if (order === undefined) return undefined;
    const { payment_hash } = order;
    this.#claimed.add(payment_hash);
    return {
      max_to_self_delay: order.max_client_to_self_delay,
      pays_unseen: order.client_trusts_lsp,
      opened: (channel_id) => this.#opened(payment_hash, channel_id),
      release: () => void this.#claimed.delete(payment_hash),
    };
  }

  /** The channel is gone that never had funding: its order is for another one. */
  forgotten(channel_id: ChannelId): readonly Write[] {
    const order = [...this.#open.values()].find((each) => each.channel_id === channel_id);
    if (order === undefined) return [];
    this.#open.set(order.payment_hash, { ...order, channel_id: undefined });
    return [channelWrite(order.payment_hash, null)];
  }

  /**
   * What is written with the payment of an invoice, which came over these channels: its order is over. None when there was
   * none. A channel that was opened for another order of the provider is then that one's no more.
   */
  paidWrites(payment_hash: PaymentHash, channel_ids: readonly ChannelId[]): readonly Write[] {
    const order = this.#find(payment_hash);
    if (order === undefined) return [];
    // The channel that was taken for it may have been meant for something else.
    const isOverItsOwn = order.channel_id !== undefined && channel_ids.includes(order.channel_id);
    const channel_id = isOverItsOwn ? order.channel_id : (channel_ids[0] ?? order.channel_id ?? null);
    const others = this.#othersOver(payment_hash, channel_ids);
    return [paidWrite(payment_hash, channel_id), ...others.map((other) => channelWrite(other.payment_hash, null))];
  }

  /** The payment is durable. */
  paid(payment_hash: PaymentHash, channel_ids: readonly ChannelId[]): void {
    if (!this.#open.delete(payment_hash)) return;
    for (const other of this.#othersOver(payment_hash, channel_ids)) {
      this.#open.set(other.payment_hash, { ...other, channel_id: undefined });
    }
  }

  #othersOver(payment_hash: PaymentHash, channel_ids: readonly ChannelId[]): readonly Order[] {
    return [...this.#open.values()].filter((other) => {
      if (other.payment_hash === payment_hash || other.channel_id === undefined) return false;
      return channel_ids.includes(other.channel_id);
    });
  }

  #find(payment_hash: PaymentHash): Order | undefined {
    const order = this.#open.get(payment_hash);
    return order !== undefined && order.valid_until > this.#options.clock.nowSeconds() ? order : undefined;
  }

  #opened(payment_hash: PaymentHash, channel_id: ChannelId): readonly Write[] {
    this.#claimed.delete(payment_hash);
    const order = this.#open.get(payment_hash);
    if (order !== undefined) this.#open.set(payment_hash, { ...order, channel_id });
    return [channelWrite(payment_hash, channel_id)];
  }
}

/** What the payment of an order brings: for one of any amount, nothing is known. */
function netMsat(order: Order): bigint {
  const { payment_size_msat } = order;
  if (payment_size_msat === undefined) return 0n;
  return payment_size_msat - (feeOf(order, payment_size_msat) ?? 0n);
}
