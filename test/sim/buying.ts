/** A machine that buys channels, by the parts of the real node: with the first payment, ahead, and by itself. */
import { buildPurchases, type Purchases } from '../../src/app/daemon/build-purchases.ts';
import { msat } from '../../src/base/types/amount.ts';
import type { NodeId } from '../../src/base/types/brand.ts';
import { NETWORKS } from '../../src/base/types/network.ts';
import { Buyer } from '../../src/node/liquidity/buyer.ts';
import { Providers } from '../../src/node/liquidity/providers.ts';
import { leastNetMsat } from '../../src/node/liquidity/sizes.ts';
import { DEFAULT_POLICY } from '../../src/protocol/channel/policy.ts';
import type { Machine, TillNode } from './machine.ts';
import type { BeginTrade, Trade } from './trade.ts';

/** What a shop is willing to do. */
export interface Willing {
  readonly providers: readonly Machine[];
  readonly client_trusts_lsp: boolean;
  readonly inbound_keep: string;
  readonly inbound_keep_limit: string;
}

/** What a buying machine has more than others. */
export interface BuyingTrade extends Trade {
  readonly purchases: Purchases;
}

/** The trade of a machine that buys. */
export function buyingOf(node: TillNode): BuyingTrade {
  return node.trade as BuyingTrade;
}

/** As the daemon joins it. */
export function buying(willing: Willing): BeginTrade {
  return (node): BuyingTrade => {
    const { clock, log, store } = node;
    const providers = new Providers({
      named: willing.providers.map(({ keys, name }) => ({ node_id: keys.node_id, address: `${name}:9735` })),
      clock,
      randomBytes: (length) => node.randomBytes(length),
      log,
    });
    const buyer = new Buyer({
      providers,
      clock,
      limits: () => ({
        max_fee_msat: msat(5_000_000),
        max_fee_ppm: 10_000,
        to_self_delay: DEFAULT_POLICY.to_self_delay,
        least_net_msat: leastNetMsat(DEFAULT_POLICY, 253),
      }),
      accepts_client_trust: willing.client_trusts_lsp,
      allowanceFor: (node_id) => node.reserve.allowanceFor(node_id),
      undefended: (node_id, amount_msat) => node.reserve.warningForNew(node_id, amount_msat),
    });
    let purchases: Purchases | undefined;
    const bought = (): Purchases => {
      purchases ??= buildPurchases(
        {
          store,
          options: { onChange: () => {} },
          clock,
          log,
          chain: node.chain,
          config: {
            network: NETWORKS.regtest,
            values: { 'inbound-keep': willing.inbound_keep, 'inbound-keep-limit': willing.inbound_keep_limit },
          },
          unattended: async (what, promise) => {
            try {
              await promise;
            } catch (error) {
              node.trouble(what, error);
            }
          },
        },
        {
          providers,
          invoice_orders: node.orders,
          payer: node.payer,
          wallet: node.wallet,
          reserve: node.reserve,
          channels: node.channels,
        },
      );
      return purchases;
    };
    const isNamed = (node_id: NodeId): boolean => providers.has(node_id);
    return {
      get purchases() {
        return bought();
      },
      buy: (purchase) => buyer.buy(purchase),
      isBoughtAhead: (provider_id, size_sat) => purchases?.channel_orders.expects(provider_id, size_sat) === true,
      async start() {
        for (const part of bought().parts) await part.start?.();
      },
      hear: (peer, payload) => providers.receive(peer, payload),
      connected: (peer) => isNamed(peer.node_id) && providers.peerConnected(peer),
      disconnected: (peer) => isNamed(peer.node_id) && providers.peerDisconnected(peer),
    };
  };
}
