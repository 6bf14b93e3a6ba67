/** Builds what buys channels ahead: the orders, and the keeper that makes some by itself. */
import { RpcError } from '../../base/errors.ts';
import { parseAddress } from '../../base/types/address.ts';
import { type Msat, msat, parseMsat, sat, subtractOrZero, sum } from '../../base/types/amount.ts';
import { fromHex } from '../../base/types/hex.ts';
import { decodeInvoice } from '../../codec/bolt11/native.ts';
import type { Store } from '../../infra/store/store.ts';
import type { Channels } from '../../node/channels/channels.ts';
import { waysIn } from '../../node/channels/hint-source.ts';
import { waysOut } from '../../node/channels/ways-out.ts';
import { ChannelOrders } from '../../node/liquidity/channel-orders.ts';
import { InboundKeeper } from '../../node/liquidity/inbound-keeper.ts';
import type { FailedPayment, OrderProviders, OrderWallet } from '../../node/liquidity/order-ports.ts';
import type { Orders } from '../../node/liquidity/orders.ts';
import type { Payer } from '../../node/payments/pay.ts';
import type { Reserve } from '../../node/reserve/reserve.ts';
import type { Wallet } from '../../node/wallet/wallet.ts';
import { spendableMsat } from '../../protocol/channel/facts.ts';
import type { Config } from '../config/config.ts';
import type { Infra } from './build-infra.ts';
import type { Part } from './lifecycle.ts';

/** What of the layers below is used. */
export interface PurchaseInfra extends Pick<Infra, 'clock' | 'chain' | 'log' | 'unattended'> {
  readonly store: Store;
  readonly options: Pick<Infra['options'], 'onChange'>;
  readonly config: Pick<Config, 'network'> & {
    readonly values: Pick<Config['values'], 'inbound-keep' | 'inbound-keep-limit'>;
  };
}

/** What orders are joined with. */
export interface PurchaseNeighbours {
  readonly providers: OrderProviders;
  /** Channels that were bought with invoices. */
  readonly invoice_orders: Pick<Orders, 'hasPaidFor'>;
  readonly payer: Payer;
  readonly wallet: Wallet;
  readonly reserve: Pick<Reserve, 'wantedSat'>;
  readonly channels: Channels;
}

/** Channels that are bought ahead. */
export interface Purchases {
  readonly channel_orders: ChannelOrders;
  readonly keeper: InboundKeeper;
  readonly parts: readonly Part[];
}

/** Blocks of a channel that the node buys by itself: three months. */
const KEPT_BLOCKS = 13_140;
/** After a restart the peers have to come back first. */
const RETRY_SECONDS = 600;
/** Half a percent for the way of the payment, and never less than this. */
const FEE_DIVISOR = 200n;
const LEAST_FEE_MSAT = 5_000n;
const MAX_DELAY_BLOCKS = 2_016;
/** While there is no estimate. */
const USUAL_PER_KW = 1_000;

/** Nothing is bought before the parts are started. */
export function buildPurchases(
  infra: PurchaseInfra,
  { providers, invoice_orders, payer, wallet, reserve, channels }: PurchaseNeighbours,
): Purchases {
  const { config, store, clock, chain, log } = infra;
  const onBackgroundError = (error: unknown): void => void infra.unattended('buying a channel', Promise.reject(error));
  let isStarted = false;
  const orders = new ChannelOrders({
    store,
    clock,
    network: config.network,
    providers,
    payer: {
      spendableMsat: () => sum(waysOut(channels.list()).map(({ spendable_msat }) => spendable_msat)),
      pay: (bolt11, amount_msat) => payOnce(payer, bolt11, amount_msat),
    },
    wallet: orderWallet(wallet, reserve, infra),
    channels: {
      height: () => chain.tip().height,
      isPaidByInvoice: (channel_id) => invoice_orders.hasPaidFor(channel_id),
      findByFunding(funding_txid, funding_outnum) {
        const found = channels
          .list()
          .find(
            ({ state: { terms } }) =>
              terms.funding_txid === funding_txid && terms.funding_output_index === funding_outnum,
          );
        if (found === undefined) return undefined;
        const { channel_id, peer_id, state } = found;
        return {
          channel_id,
          peer_id,
          funding_satoshis: state.terms.funding_satoshis,
          is_ready: state.phase !== 'opening',
          is_theirs: state.terms.opener === 'remote',
          opened_height: state.terms.opened_height,
        };
      },
    },
    log,
    onBackgroundError,
  });
  const keeper = new InboundKeeper({
    store,
    clock,
    orders,
    // These may change while the node runs: each is read when it is needed.
    get keep_msat() {
      return amountOf(config, 'inbound-keep');
    },
    get limit_msat() {
      return amountOf(config, 'inbound-keep-limit');
    },
    channel_expiry_blocks: KEPT_BLOCKS,
    receivableMsat: () => receivableMsat(channels),
    isReady: () => isStarted && chain.isCurrent(),
    log,
    onBackgroundError,
  });
  infra.options.onChange(['inbound-keep', 'inbound-keep-limit'], () => keeper.look());
  let stopLooking = (): void => {};
  return {
    channel_orders: orders,
    keeper,
    parts: [
      {
        name: 'channels that are bought',
        async start() {
          await orders.start();
          isStarted = true;
          stopLooking = chain.onTip(() => {
            orders.look();
            keeper.look();
          });
        },
        stop() {
          stopLooking();
          orders.stop();
        },
      },
    ],
  };
}

/** What the channels can receive: those that are open, their peers here or away, and those that a peer is opening. */
function receivableMsat(channels: Channels): bigint {
  const open = waysIn(channels.list()).reduce((total, { receivable_msat }) => total + receivable_msat, 0n);
  const coming = channels
    .list()
    .filter(({ state }) => state.phase === 'opening' && state.terms.opener === 'remote')
    .reduce((total, { state }) => total + spendableMsat(state, 'remote'), 0n);
  return open + coming;
}

/** The configuration was checked before. */
function amountOf({ values }: PurchaseInfra['config'], name: 'inbound-keep' | 'inbound-keep-limit'): Msat {
  return parseMsat(values[name]) ?? msat(0);
}

/** Pays an invoice; who asks again pays nothing twice. */
async function payOnce(payer: Payer, bolt11: string, amount_msat: Msat): Promise<FailedPayment | undefined> {
  const invoice = decodeInvoice(bolt11);
  const share_msat = amount_msat / FEE_DIVISOR;
  try {
    await payer.pay({
      invoice,
      bolt11,
      amount_msat,
      total_msat: amount_msat,
      maxfee_msat: msat(share_msat > LEAST_FEE_MSAT ? share_msat : LEAST_FEE_MSAT),
      max_delay: MAX_DELAY_BLOCKS,
      retry_for_seconds: RETRY_SECONDS,
      exclude: new Set(),
      label: undefined,
      description: invoice.description,
    });
    return undefined;
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    return {
      reason: error.message,
      is_returned: error.error === 'PAY_DESTINATION_PERM_FAIL',
      is_expired: error.error === 'PAY_INVOICE_EXPIRED',
    };
  }
}

function orderWallet(
  wallet: Wallet,
  reserve: Pick<Reserve, 'wantedSat'>,
  { config, chain }: PurchaseInfra,
): OrderWallet {
  const scriptOf = (address: string): string | undefined => {
    const parsed = parseAddress(address);
    return parsed?.networks.includes(config.network.name) === true ? parsed.script_pubkey : undefined;
  };
  return {
    newAddress: async () => (await wallet.newAddress('bech32')).address,
    isAddress: (address) => scriptOf(address) !== undefined,
    spendableSat: async () => subtractOrZero((await wallet.balance()).confirmed_sat, reserve.wantedSat()),
    paymentTo: (address) => wallet.paymentTo(scriptOf(address) ?? ''),
    async pay(address, amount_sat) {
      const feerate_per_kw = chain.feeratePerKw(6) ?? USUAL_PER_KW;
      return (await wallet.withdraw(fromHex(scriptOf(address) ?? ''), amount_sat, { feerate_per_kw })).txid;
    },
    async receivedSat(address) {
      const script = scriptOf(address);
      const coins = (await wallet.listCoins(true)).filter(({ coin }) => coin.script_pubkey === script);
      return sum(coins.map(({ coin }) => coin.amount_sat).concat(sat(0)));
    },
  };
}
