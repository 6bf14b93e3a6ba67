/** Builds what buys inbound liquidity: the providers that the operator named, the orders, and who buys. */
import { secureRandomBytes } from '../../base/crypto/random.ts';
import { type Msat, parseMsat } from '../../base/types/amount.ts';
import { feeratesOf } from '../../node/channels/options.ts';
import { Buyer } from '../../node/liquidity/buyer.ts';
import type { Limits } from '../../node/liquidity/choose.ts';
import { Orders, type OrdersOptions } from '../../node/liquidity/orders.ts';
import { Providers } from '../../node/liquidity/providers.ts';
import { leastNetMsat } from '../../node/liquidity/sizes.ts';
import { formatNetAddress, type NetAddress, type Peers } from '../../node/peers/index.ts';
import type { Reserve } from '../../node/reserve/reserve.ts';
import { DEFAULT_POLICY } from '../../protocol/channel/policy.ts';
import { ConfigError } from '../config/option.ts';
import { type ProviderOption, parseProvider } from '../config/providers.ts';
import type { Infra } from './build-infra.ts';
import { savePeerAddress } from './peer-book.ts';

/** What buys. */
export interface Liquidity {
  readonly providers: Providers;
  readonly orders: Orders;
  readonly buyer: Buyer;
  /** What is paid, and what can be used, as fees are now. */
  readonly limits: () => Limits;
  /** Connects to every provider, and stays connected. */
  readonly keepConnected: (peers: Peers) => Promise<void>;
}

/** `isBoughtAhead`: see Orders. */
export function buildLiquidity(
  infra: Infra,
  reserve: Reserve,
  isBoughtAhead: OrdersOptions['isBoughtAhead'],
): Liquidity {
  const { config, store, chain, clock, log } = infra;
  const { values, network } = config;
  const named = values.lsp.map((text) => namedProvider(text, network.default_port));
  const orders = new Orders({
    store,
    clock,
    isBoughtAhead,
    onBackgroundError: (error) => void infra.unattended('cleaning orders', Promise.reject(error)),
  });
  const providers = new Providers({
    named: named.map(({ node_id, address }) => ({ node_id, address: formatNetAddress(address) })),
    clock,
    randomBytes: secureRandomBytes,
    log,
  });
  const limits = (): Limits => ({
    max_fee_msat: parseMsat(values['lsp-max-fee']) as Msat,
    max_fee_ppm: values['lsp-max-fee-ppm'],
    to_self_delay: DEFAULT_POLICY.to_self_delay,
    least_net_msat: leastNetMsat(DEFAULT_POLICY, feeratesOf(chain).commitment_per_kw),
  });
  const buyer = new Buyer({
    providers,
    clock,
    limits,
    accepts_client_trust: values['client-trusts-lsp'],
    allowanceFor: (node_id) => reserve.allowanceFor(node_id),
    undefended: (node_id, amount_msat) => reserve.warningForNew(node_id, amount_msat),
  });
  return {
    providers,
    orders,
    buyer,
    limits,
    async keepConnected(peers) {
      for (const { node_id, address } of named) {
        // Beside where it was found before: the peers of channels are called again at those addresses.
        const addresses: readonly NetAddress[] = await savePeerAddress(store, node_id, address, 'typed');
        peers.keepConnected(node_id, addresses);
      }
    },
  };
}

/** The configuration was checked before. */
function namedProvider(text: string, default_port: number): ProviderOption {
  const provider = parseProvider(text, default_port);
  if (provider === undefined) throw new ConfigError(`lsp is NODE_ID@HOST:PORT, not '${text}'`);
  return provider;
}
