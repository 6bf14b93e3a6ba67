/** What commands ask of liquidity. */
import type { ChannelOrders } from '../../node/liquidity/channel-orders.ts';
import type { Limits } from '../../node/liquidity/choose.ts';
import type { Providers } from '../../node/liquidity/providers.ts';

/** The providers, and what is bought of them. */
export interface LiquidityModules {
  readonly liquidity: {
    readonly providers: Providers;
    /** What is paid, and what can be used, as fees are now. */
    limits(): Limits;
    /** Channels that are bought ahead. */
    readonly channel_orders: Pick<ChannelOrders, 'list' | 'quote' | 'priceNow' | 'buy'>;
  };
}
