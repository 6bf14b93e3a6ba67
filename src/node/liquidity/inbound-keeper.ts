/**
 * Buys a channel before a shop runs out of inbound liquidity, if its operator wants that: whenever less than a given
 * amount can be received, and never for more than a given sum in thirty days. At the limit it stops, and says so.
 */
import { RpcError } from '../../base/errors.ts';
import { type Msat, msatToSatFloor, sat, satText } from '../../base/types/amount.ts';
import type { Clock } from '../../base/types/clock.ts';
import { eventData, eventWrites } from '../../infra/store/event-rows.ts';
import type { Store } from '../../infra/store/store.ts';
import { type ChannelOrder, isOpen, optionOf } from './channel-order.ts';
import type { ChannelOrders } from './channel-orders.ts';

export interface InboundKeeperOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly orders: Pick<ChannelOrders, 'list' | 'quote' | 'buy' | 'spentByItselfSat'>;
  /** So much is to be receivable. */
  readonly keep_msat: Msat;
  /** So much may be spent in thirty days. */
  readonly limit_msat: Msat;
  readonly channel_expiry_blocks: number;
  /** What all channels can receive now together, those included that are on their way. */
  readonly receivableMsat: () => bigint;
  /** Whether the tip of the chain and the channels are known: before that nothing is bought. */
  readonly isReady: () => boolean;
  readonly log: { info(text: string): void; warn(text: string): void };
  readonly onBackgroundError: (error: unknown) => void;
}

const THIRTY_DAYS_SECONDS = 30 * 24 * 3600;
/** After a purchase that came to nothing. */
const TRY_AGAIN_MS = 3_600_000;
/** A channel of a million satoshi more or less is bought in round figures. */
const ROUND_SAT = 10_000n;

export class InboundKeeper {
  readonly #options: InboundKeeperOptions;
  #is_busy = false;
  #not_before_ms = 0;
  #said: string | undefined;

  constructor(options: InboundKeeperOptions) {
    this.#options = options;
  }

  /** Looks whether a channel has to be bought, and buys it. Called with every block and every payment. */
  look(): void {
    const { clock, orders, keep_msat, receivableMsat, isReady, onBackgroundError } = this.#options;
    if (keep_msat === 0n || this.#is_busy || !isReady() || clock.monotonicMs() < this.#not_before_ms) return;
    const missing_msat = keep_msat - receivableMsat();
    if (missing_msat <= 0n) {
      this.#said = undefined;
      return;
    }
    // One at a time: what was paid for is on its way.
    if (orders.list().some((order) => isOpen(order) && order.wanted_by === 'inbound-keep')) return;
    this.#is_busy = true;
    this.#buy()
      .catch(onBackgroundError)
      .finally(() => {
        this.#is_busy = false;
      });
  }

  async #buy(): Promise<void> {
    const { orders, keep_msat, channel_expiry_blocks, clock } = this.#options;
    // As much as is to be kept, not just what is missing: else the next one would be due with the next payment.
    const size_sat = sat(((msatToSatFloor(keep_msat) + ROUND_SAT - 1n) / ROUND_SAT) * ROUND_SAT);
    const wish = { provider_id: undefined, lsp_balance_sat: size_sat, channel_expiry_blocks, announce_channel: false };
    try {
      const order = await orders.quote(wish, 'inbound-keep');
      const left_sat = this.leftSat();
      const fee_sat = optionOf(order)?.fee_sat ?? sat(0);
      if (fee_sat > left_sat) {
        await this.#sayLimit(order, fee_sat, left_sat);
        return;
      }
      await orders.buy(order.number, left_sat);
      this.#said = undefined;
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      this.#not_before_ms = clock.monotonicMs() + TRY_AGAIN_MS;
      this.#sayOnce(`inbound-keep: no channel was bought, and it is tried again in an hour: ${error.message}`);
    }
  }

  /** What may still be spent now. */
  leftSat(): bigint {
    const { orders, limit_msat, clock } = this.#options;
    const spent_sat = orders.spentByItselfSat(clock.nowSeconds() - THIRTY_DAYS_SECONDS);
    const left_sat = msatToSatFloor(limit_msat) - spent_sat;
    return left_sat < 0n ? 0n : left_sat;
  }

  async #sayLimit(order: ChannelOrder, fee_sat: bigint, left_sat: bigint): Promise<void> {
    const { store, clock, limit_msat, receivableMsat } = this.#options;
    this.#not_before_ms = clock.monotonicMs() + TRY_AGAIN_MS;
    const isNews = this.#sayOnce(
      `inbound-keep: a channel would cost ${satText(fee_sat)}, and ${satText(left_sat)} of inbound-keep-limit are left: nothing is bought`,
    );
    if (!isNews) return;
    const data = eventData({
      provider_id: order.provider_id,
      fee_msat: fee_sat * 1000n,
      left_msat: left_sat * 1000n,
      limit_msat,
      receivable_msat: receivableMsat(),
    });
    await store.commit(eventWrites({ type: 'warning.inbound_limit', at: clock.nowSeconds(), data }));
  }

  /** Answers whether it is news. */
  #sayOnce(text: string): boolean {
    const kind = text.replaceAll(/\d+/g, '');
    if (this.#said === kind) return false;
    this.#said = kind;
    this.#options.log.warn(text);
    return true;
  }
}
