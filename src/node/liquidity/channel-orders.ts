/**
 * Channels that are bought ahead (bLIP 51): asked for, paid once, and followed until they are there or the money is back.
 *
 * That the node will pay is durable before it pays, and each way of paying answers for itself whether it was done: an
 * invoice is paid once whoever asks again, and of the wallet it can be seen whether it has paid an address, which is
 * that order's alone. So a crash between any two steps pays nothing twice.
 */
import { RpcError } from '../../base/errors.ts';
import { sat, satToMsat } from '../../base/types/amount.ts';
import type { Txid } from '../../base/types/brand.ts';
import type { Clock } from '../../base/types/clock.ts';
import type { Network } from '../../base/types/network.ts';
import { LSPS1_ERRORS, readOrder, type ShownOrder } from '../../codec/lsps/lsps1.ts';
import { readAll } from '../../infra/store/read-all.ts';
import type { Store, Write } from '../../infra/store/store.ts';
import {
  type ChannelOrder,
  isOpen,
  optionOf,
  orderDelete,
  orderEvent,
  orderWrite,
  type PayOption,
  type PayWay,
  readOrderRow,
  SELECT_ORDERS,
} from './channel-order.ts';
import type { OrderChannels, OrderPayer, OrderProviders, OrderWallet } from './order-ports.ts';
import { type ChannelWish, cheapest } from './order-quotes.ts';
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
/** Prices that were asked for and not taken. */
const QUOTES_KEPT_SECONDS = 7 * 24 * 3600;
/** What a payment over Lightning may need beyond its amount. */
const FEE_PER_MILLE = 5n;

type Change = Partial<ChannelOrder>;

export class ChannelOrders {
  readonly #options: ChannelOrdersOptions;
  readonly #orders = new Map<number, ChannelOrder>();
  /** As they are on the disk: what others see. */
  readonly #durable = new Map<number, ChannelOrder>();
  #last_commit: Promise<unknown> = Promise.resolve();
  readonly #running = new Set<number>();
  readonly #looking = new Set<number>();
  #cancelTimer: () => void = () => {};
  #is_stopped = false;

  constructor(options: ChannelOrdersOptions) {
    this.#options = options;
  }

  /** Reads what the last run left, and goes on with it. */
  async start(): Promise<void> {
    const { store, clock } = this.#options;
    const orders = (await readAll(store, SELECT_ORDERS)).map(readOrderRow);
    const forgotten_before = clock.nowSeconds() - QUOTES_KEPT_SECONDS;
    // The last one stays, whatever it is: the next is counted from it.
    const isOld = (order: ChannelOrder): boolean =>
      order.status === 'quoted' && expiryOf(order) < forgotten_before && order !== orders.at(-1);
    for (const order of orders.filter((each) => !isOld(each))) {
      this.#orders.set(order.number, order);
      this.#durable.set(order.number, order);
    }
    const old = orders.filter(isOld);
    if (old.length > 0) await store.commit(old.map(({ number }) => orderDelete(number)));
    for (const order of this.list()) this.#goOn(order);
    this.#again();
  }

  stop(): void {
    this.#is_stopped = true;
    this.#cancelTimer();
  }

  /** All, the first one first. */
  list(): readonly ChannelOrder[] {
    return [...this.#durable.values()];
  }

  find(number: number): ChannelOrder | undefined {
    return this.#durable.get(number);
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
      number: Math.max(0, ...this.#orders.keys()) + 1,
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
      payment_txid: undefined,
      funding_txid: undefined,
      funding_outnum: undefined,
      channel_expires_at: undefined,
      problem: undefined,
    };
    this.#orders.set(order.number, order);
    await this.#commit(order, []);
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
    const order = this.#orders.get(number);
    if (order === undefined) throw new RpcError('LIQUIDITY_UNAVAILABLE', `there is no order ${number}`);
    if (isOpen(order) || order.status === 'delivered') {
      await this.#last_commit;
      return order;
    }
    if (order.status !== 'quoted') {
      throw new RpcError('LIQUIDITY_UNAVAILABLE', `order ${number} is over (${order.status}): ask for a price again`);
    }
    const { pay_way, option } = await this.#chooseWay(order, way);
    if (option.fee_sat > max_fee_sat) {
      throw new RpcError(
        'LIQUIDITY_TOO_EXPENSIVE',
        `the channel costs ${option.fee_sat} sat, which is more than the limit of ${max_fee_sat} sat`,
        { fee_msat: option.fee_sat * 1000n },
      );
    }
    // Two may have asked at once: the first one has changed it meanwhile.
    if (this.#orders.get(number) !== order) return await this.buy(number, max_fee_sat, way);
    const bought = await this.#change(order, { status: 'paying', pay_way }, 'inbound.ordered');
    this.#options.log.info(
      `a channel of ${order.lsp_balance_sat} sat is bought of ${order.provider_id} for ${option.fee_sat} sat (order ${number})`,
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
    const valid = ways.filter(({ option }) => option.expires_at > now);
    if (valid.length === 0) {
      const reason = ways.length === 0 ? 'the provider does not offer this way to pay' : 'its price holds no longer';
      throw new RpcError('LIQUIDITY_UNAVAILABLE', `order ${order.number}: ${reason}: ask for a price again`);
    }
    const affordable = valid.find(({ pay_way, option }) => spendable[pay_way] >= option.total_sat);
    if (affordable !== undefined) return affordable;
    throw new RpcError(
      'FUND_CANNOT_AFFORD',
      `${valid[0]?.option.total_sat} sat are to be paid, and ${spendable.lightning} sat can be sent over channels, ` +
        `${spendable.onchain} sat from the wallet without what it keeps for closing channels`,
    );
  }

  /** Pays what is to be paid, and asks after what was. Called as often as there may be news. */
  look(): void {
    for (const order of this.#orders.values()) {
      if (!isOpen(order)) continue;
      this.#goOn(order);
      this.#askAfter(order).catch(this.#options.onBackgroundError);
    }
  }

  #again(): void {
    this.#cancelTimer();
    if (this.#is_stopped || ![...this.#orders.values()].some(isOpen)) return;
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
    const order = this.#orders.get(number);
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
    const order = this.#orders.get(number);
    if (order === undefined) return;
    if (payment_txid === undefined && clock.nowSeconds() >= onchain.expires_at) {
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
    const latest = this.#orders.get(number);
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
      const order = this.#orders.get(number);
      if (order !== undefined && isOpen(order) && !this.#is_stopped) await this.#judge(order, shown);
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      const order = this.#orders.get(number);
      if (error.code === LSPS1_ERRORS.order_not_found && order !== undefined && isOpen(order)) {
        await this.#note(order, 'the provider does not know this order any more');
      }
    } finally {
      this.#looking.delete(number);
    }
  }

  async #judge(order: ChannelOrder, shown: ShownOrder): Promise<void> {
    const { channels, wallet, log } = this.#options;
    if (shown.channel !== undefined) {
      const { funding_txid, funding_outnum, expires_at_ms } = shown.channel;
      const channel = channels.findByFunding(funding_txid as Txid, funding_outnum);
      if (channel?.peer_id !== order.provider_id) {
        await this.#note(order, 'the provider names a channel that this node does not have');
      } else if (channel.funding_satoshis < order.lsp_balance_sat) {
        await this.#note(order, `the provider opened a channel of ${channel.funding_satoshis} sat only`);
      } else if (channel.is_ready) {
        // Before, its funding may still be one that never comes.
        const place = { funding_txid: funding_txid as Txid, funding_outnum };
        const channel_expires_at = Math.floor(expires_at_ms / 1000);
        const change: Change = { status: 'delivered', ...place, channel_expires_at, problem: undefined };
        await this.#change(order, change, 'inbound.delivered');
        log.info(`the channel of order ${order.number} is there`);
      }
      return;
    }
    const payment = order.pay_way === 'lightning' ? shown.bolt11 : shown.onchain;
    if (shown.order_state !== 'FAILED' && payment?.state !== 'REFUNDED') return;
    if (order.pay_way === 'onchain') {
      // What came to the order's own address is seen in the chain, whatever the provider says.
      if ((await wallet.receivedSat(order.refund_address)) > sat(0)) {
        await this.#change(
          order,
          { status: 'refunded', problem: 'the provider could not open it' },
          'inbound.refunded',
        );
      } else if (order.status === 'paid') {
        await this.#note(order, 'the provider gave the order up, and its refund has not come yet');
      }
    } else if (order.status === 'paid') {
      const problem = 'the provider has taken the payment and gave the order up';
      await this.#change(order, { status: 'failed', problem }, 'inbound.failed');
    }
  }

  /** Says what is wrong, once. */
  async #note(order: ChannelOrder, problem: string): Promise<void> {
    if (order.problem === problem) return;
    this.#options.log.warn(`order ${order.number}: ${problem}`);
    await this.#change(order, { problem });
  }

  async #change(order: ChannelOrder, change: Change, event?: Parameters<typeof orderEvent>[0]): Promise<ChannelOrder> {
    const changed: ChannelOrder = { ...order, ...change };
    this.#orders.set(order.number, changed);
    const writes = event === undefined ? [] : orderEvent(event, changed, this.#options.clock.nowSeconds());
    await this.#commit(changed, writes);
    return changed;
  }

  async #commit(order: ChannelOrder, more: readonly Write[]): Promise<void> {
    const commit = this.#options.store.commit([orderWrite(order), ...more]);
    this.#last_commit = commit;
    await commit;
    this.#durable.set(order.number, order);
  }

  /** What was paid, or is being paid, in fees of orders that the node made by itself since this time. */
  spentByItselfSat(since: number): bigint {
    return [...this.#orders.values()]
      .filter(({ wanted_by, created_at }) => wanted_by === 'inbound-keep' && created_at >= since)
      .filter(
        (order) =>
          isOpen(order) || order.status === 'delivered' || (order.status === 'failed' && order.paid_at !== undefined),
      )
      .reduce((total, order) => total + (optionOf(order)?.fee_sat ?? 0n), 0n);
  }
}

/** Until when one of its prices holds. */
function expiryOf({ lightning, onchain }: ChannelOrder): number {
  return Math.max(lightning?.expires_at ?? 0, onchain?.expires_at ?? 0);
}
