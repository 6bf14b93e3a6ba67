/**
 * Channels that are bought ahead (bLIP 51): asked for, paid once, and followed until they are there or the money is back.
 *
 * That the node will pay is durable before it pays, and each way of paying answers for itself whether it was done: an
 * invoice is paid once whoever asks again, and of the wallet it can be seen whether it has paid an address, which is
 * that order's alone. So a crash between any two steps pays nothing twice.
 */
import { RpcError } from '../../base/errors.ts';
import { type Sat, satText, satToMsat } from '../../base/types/amount.ts';
import type { NodeId } from '../../base/types/brand.ts';
import type { Clock } from '../../base/types/clock.ts';
import type { Network } from '../../base/types/network.ts';
import { LSPS1_ERRORS, readOrder, type ShownOrder } from '../../codec/lsps/lsps1.ts';
import type { Store } from '../../infra/store/store.ts';
import {
  type ChannelOrder,
  expiryOf,
  isOpen,
  optionOf,
  orderEvent,
  type PayOption,
  type PayWay,
} from './channel-order.ts';
import { OrderBook } from './order-book.ts';
import type { OrderChannels, OrderPayer, OrderProviders, OrderWallet } from './order-ports.ts';
import { type ChannelWish, cheapest } from './order-quotes.ts';
import { isLate, NOT_COME, verdictOn } from './order-verdict.ts';
import { ProviderError } from './provider-error.ts';

export interface ChannelOrdersOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly network: Network;
  readonly providers: OrderProviders;
  readonly payer: OrderPayer;
  readonly wallet: OrderWallet;
  readonly channels: OrderChannels;
  readonly log: { info(text: string): void; warn(text: string): void };
  /** What went wrong while nobody waited. */
  readonly onBackgroundError: (error: unknown) => void;
}

/** How often an order is asked after that has not ended. */
const LOOK_EVERY_MS = 60_000;
/** A price that ends sooner than this is asked for again. */
const QUOTE_MARGIN_SECONDS = 120;
/** A payment on the chain must be in a block in time: one that may come too late is not begun. */
const BLOCKS_MARGIN_SECONDS = 1800;
/** What a payment over Lightning may need beyond its amount. */
const FEE_PER_MILLE = 5n;

export class ChannelOrders {
  readonly #options: ChannelOrdersOptions;
  readonly #book: OrderBook;
  readonly #running = new Set<number>();
  readonly #looking = new Set<number>();
  #cancelTimer: () => void = () => {};
  #is_stopped = false;

  constructor(options: ChannelOrdersOptions) {
    this.#options = options;
    this.#book = new OrderBook(options);
  }

  /** Reads what the last run left, and goes on with it. */
  async start(): Promise<void> {
    await this.#book.start();
    for (const order of this.list()) this.#goOn(order);
    this.#again();
  }

  stop(): void {
    this.#is_stopped = true;
    this.#cancelTimer();
    this.#book.stop();
  }

  /** All, the first one first. */
  list(): readonly ChannelOrder[] {
    return this.#book.durable;
  }

  find(number: number): ChannelOrder | undefined {
    return this.#book.durableOf(number);
  }

  /** Whether a channel of this size is paid for, or being paid for, and has not come. */
  expects(provider_id: NodeId, funding_satoshis: Sat): boolean {
    return this.#book.all.some(
      (order) => isOpen(order) && order.provider_id === provider_id && order.lsp_balance_sat === funding_satoshis,
    );
  }

  /**
   * What the channel costs where it is cheapest. A price that was asked for before and still holds is answered again.
   * Rejects with RpcError LIQUIDITY_UNAVAILABLE.
   */
  async quote(wish: ChannelWish, wanted_by: ChannelOrder['wanted_by']): Promise<ChannelOrder> {
    const { providers, network, wallet, clock } = this.#options;
    const now = clock.nowSeconds();
    const earlier = this.list().find(
      (order) =>
        order.status === 'quoted' &&
        order.wanted_by === wanted_by &&
        order.lsp_balance_sat === wish.lsp_balance_sat &&
        order.channel_expiry_blocks === wish.channel_expiry_blocks &&
        order.announce_channel === wish.announce_channel &&
        (wish.provider_id === undefined || order.provider_id === wish.provider_id) &&
        expiryOf(order) > now + QUOTE_MARGIN_SECONDS,
    );
    if (earlier !== undefined) return earlier;
    const refund_address = await wallet.newAddress();
    const isAddress = (address: string): boolean => wallet.isAddress(address);
    const { provider_id, shown, lightning, onchain } = await cheapest(
      providers,
      wish,
      network,
      refund_address,
      isAddress,
    );
    const order: ChannelOrder = {
      number: this.#book.next_number,
      provider_id,
      order_id: shown.order_id,
      lsp_balance_sat: wish.lsp_balance_sat,
      channel_expiry_blocks: wish.channel_expiry_blocks,
      announce_channel: wish.announce_channel,
      wanted_by,
      created_at: clock.nowSeconds(),
      lightning,
      onchain,
      refund_address,
      status: 'quoted',
      pay_way: undefined,
      paid_at: undefined,
      ordered_height: undefined,
      payment_txid: undefined,
      funding_txid: undefined,
      funding_outnum: undefined,
      channel_expires_at: undefined,
      problem: undefined,
    };
    await this.#book.set(order, []);
    return order;
  }

  /**
   * What the order would cost by the way given, or by the cheapest that can be paid now. Rejects with RpcError where it
   * cannot be paid.
   */
  async priceNow(order: ChannelOrder, way?: PayWay): Promise<PayOption> {
    return (await this.#chooseWay(order, way)).option;
  }

  /**
   * Buys what was quoted, by the way given or by the cheapest that can be paid now. Resolves when it is durable that the
   * node pays; the payment goes on by itself. One that is bought already is answered as it is. Rejects with RpcError, and
   * then nothing is paid.
   */
  async buy(number: number, max_fee_sat: bigint, way?: PayWay): Promise<ChannelOrder> {
    const order = this.#book.get(number);
    if (order === undefined) throw new RpcError('LIQUIDITY_UNAVAILABLE', `there is no order ${number}`);
    if (isOpen(order) || order.status === 'delivered') {
      await this.#book.idle();
      return order;
    }
    if (order.status !== 'quoted') {
      throw new RpcError('LIQUIDITY_UNAVAILABLE', `order ${number} is over (${order.status}): ask for a price again`);
    }
    const { pay_way, option } = await this.#chooseWay(order, way);
    if (option.fee_sat > max_fee_sat) {
      throw new RpcError(
        'LIQUIDITY_TOO_EXPENSIVE',
        `the channel costs ${satText(option.fee_sat)}, which is more than the limit of ${satText(max_fee_sat)}`,
        { fee_msat: option.fee_sat * 1000n },
      );
    }
    // Two may have asked at once: the first one has changed it meanwhile.
    if (this.#book.get(number) !== order) return await this.buy(number, max_fee_sat, way);
    const ordered_height = this.#options.channels.height();
    const bought = await this.#change(order, { status: 'paying', pay_way, ordered_height }, 'inbound.ordered');
    this.#options.log.info(
      `a channel of ${satText(order.lsp_balance_sat)} is bought of ${order.provider_id} for ${satText(option.fee_sat)} (order ${number})`,
    );
    this.#goOn(bought);
    this.#again();
    return bought;
  }

  async #chooseWay(order: ChannelOrder, asked: PayWay | undefined): Promise<{ pay_way: PayWay; option: PayOption }> {
    const { payer, wallet, clock } = this.#options;
    const now = clock.nowSeconds();
    const spendable: Record<PayWay, bigint> = {
      lightning: (payer.spendableMsat() * (1000n - FEE_PER_MILLE)) / 1000n / 1000n,
      onchain: await wallet.spendableSat(),
    };
    const ways = (['lightning', 'onchain'] as const)
      .flatMap((pay_way) => {
        const option = order[pay_way];
        return option === undefined || (asked !== undefined && asked !== pay_way) ? [] : [{ pay_way, option }];
      })
      .sort((a, b) => (a.option.fee_sat < b.option.fee_sat ? -1 : 1));
    const valid = ways.filter(({ pay_way, option }) => option.expires_at > now + marginOf(pay_way));
    if (valid.length === 0) {
      const reason = ways.length === 0 ? 'the provider does not offer this way to pay' : 'its price holds no longer';
      throw new RpcError('LIQUIDITY_UNAVAILABLE', `order ${order.number}: ${reason}: ask for a price again`);
    }
    const affordable = valid.find(({ pay_way, option }) => spendable[pay_way] >= option.total_sat);
    if (affordable !== undefined) return affordable;
    throw new RpcError(
      'FUND_CANNOT_AFFORD',
      `${satText(valid[0]?.option.total_sat ?? 0n)} are to be paid, and ${satText(spendable.lightning)} can be sent over channels, ` +
        `${satText(spendable.onchain)} from the wallet without what it keeps for closing channels`,
    );
  }

  /** Pays what is to be paid, and asks after what was. Called as often as there may be news. */
  look(): void {
    for (const order of this.#book.all) {
      if (!isOpen(order)) continue;
      this.#goOn(order);
      this.#askAfter(order).catch(this.#options.onBackgroundError);
    }
  }

  #again(): void {
    this.#cancelTimer();
    if (this.#is_stopped || !this.#book.all.some(isOpen)) return;
    this.#cancelTimer = this.#options.clock.after(LOOK_EVERY_MS, () => {
      this.look();
      this.#again();
    });
  }

  #goOn(order: ChannelOrder): void {
    if (order.status !== 'paying' || this.#running.has(order.number) || this.#is_stopped) return;
    this.#running.add(order.number);
    const paying = order.pay_way === 'lightning' ? this.#payByLightning(order) : this.#payOnchain(order);
    paying
      .catch((error: unknown) => {
        if (!this.#is_stopped) this.#options.onBackgroundError(error);
      })
      .finally(() => this.#running.delete(order.number));
  }

  async #payByLightning({ number, lightning }: ChannelOrder): Promise<void> {
    const { payer, clock } = this.#options;
    if (lightning === undefined) throw new RangeError(`order ${number} has no invoice`);
    const failed = await payer.pay(lightning.to, satToMsat(lightning.total_sat));
    if (this.#is_stopped) return;
    const order = this.#book.get(number);
    // The channel may have come before the payment was over.
    if (order === undefined || order.status !== 'paying') return;
    if (failed === undefined) {
      await this.#change(order, { status: 'paid', paid_at: clock.nowSeconds() });
      this.look();
    } else if (failed.is_expired) {
      await this.#change(order, { status: 'expired', problem: 'it was not paid in time: nothing was paid' });
    } else {
      const status = failed.is_returned ? 'refunded' : 'failed';
      const problem = failed.is_returned
        ? `the provider gave the payment back: ${failed.reason}`
        : `nothing was paid: ${failed.reason}`;
      await this.#change(order, { status, problem }, failed.is_returned ? 'inbound.refunded' : 'inbound.failed');
    }
  }

  async #payOnchain({ number, onchain }: ChannelOrder): Promise<void> {
    const { wallet, clock } = this.#options;
    if (onchain === undefined) throw new RangeError(`order ${number} has no address`);
    let payment_txid = wallet.paymentTo(onchain.to);
    const order = this.#book.get(number);
    if (order === undefined) return;
    if (payment_txid === undefined && clock.nowSeconds() + BLOCKS_MARGIN_SECONDS >= onchain.expires_at) {
      await this.#change(order, { status: 'expired', problem: 'it was not paid in time: nothing was paid' });
      return;
    }
    try {
      payment_txid ??= await wallet.pay(onchain.to, onchain.total_sat);
    } catch (error) {
      if (this.#is_stopped || !(error instanceof Error)) throw error;
      await this.#change(order, { status: 'failed', problem: `nothing was paid: ${error.message}` }, 'inbound.failed');
      return;
    }
    const latest = this.#book.get(number);
    if (latest?.status !== 'paying') return;
    await this.#change(latest, { status: 'paid', payment_txid, paid_at: clock.nowSeconds() });
  }

  /** Asks the provider how the order stands. What it says counts as far as it can be seen here. */
  async #askAfter({ number, provider_id, order_id }: ChannelOrder): Promise<void> {
    if (this.#looking.has(number)) return;
    this.#looking.add(number);
    try {
      const { providers } = this.#options;
      const shown = await providers.askFor(provider_id, 'lsps1.get_order', { order_id }, { again: true }, readOrder);
      const order = this.#book.get(number);
      if (order !== undefined && isOpen(order) && !this.#is_stopped) await this.#judge(order, shown);
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      const order = this.#book.get(number);
      if (order === undefined || !isOpen(order) || this.#is_stopped) return;
      if (error.code === LSPS1_ERRORS.order_not_found) {
        await this.#note(order, 'the provider does not know this order any more');
      } else if (isLate(order, this.#options.clock.nowSeconds())) await this.#note(order, NOT_COME);
    } finally {
      this.#looking.delete(number);
    }
  }

  async #judge(order: ChannelOrder, shown: ShownOrder): Promise<void> {
    const { channels, wallet, clock, log } = this.#options;
    const others = this.#book.all.filter(({ number }) => number !== order.number);
    const verdict = await verdictOn(order, shown, { channels, wallet, others, now_seconds: clock.nowSeconds() });
    if (verdict === undefined || this.#is_stopped) return;
    // The wallet was asked meanwhile: its payment may have ended.
    if (this.#book.get(order.number) !== order) return;
    if ('problem' in verdict) await this.#note(order, verdict.problem);
    else {
      await this.#change(order, verdict.change, verdict.event);
      if (verdict.event === 'inbound.delivered') log.info(`the channel of order ${order.number} is there`);
    }
  }

  /** Says what is wrong, once. */
  async #note(order: ChannelOrder, problem: string): Promise<void> {
    if (order.problem === problem) return;
    this.#options.log.warn(`order ${order.number}: ${problem}`);
    await this.#change(order, { problem });
  }

  async #change(
    order: ChannelOrder,
    change: Partial<ChannelOrder>,
    event?: Parameters<typeof orderEvent>[0],
  ): Promise<ChannelOrder> {
    const changed: ChannelOrder = { ...order, ...change };
    const writes = event === undefined ? [] : orderEvent(event, changed, this.#options.clock.nowSeconds());
    await this.#book.set(changed, writes);
    return changed;
  }

  /** What was paid, or is being paid, in fees of orders that the node made by itself since this time. */
  spentByItselfSat(since: number): bigint {
    return this.#book.all
      .filter(({ wanted_by, created_at }) => wanted_by === 'inbound-keep' && created_at >= since)
      .filter(
        (order) =>
          isOpen(order) || order.status === 'delivered' || (order.status === 'failed' && order.paid_at !== undefined),
      )
      .reduce((total, order) => total + (optionOf(order)?.fee_sat ?? 0n), 0n);
  }
}

/** How long before its end a way to pay is not taken any more. */
function marginOf(pay_way: PayWay): number {
  return pay_way === 'onchain' ? BLOCKS_MARGIN_SECONDS : 0;
}
