/** Builds the layer of the shop: what it asks to be paid, and what arrives on the chain for that. */
import { secureRandomBytes } from '../../base/crypto/random.ts';
import { version } from '../../base/version.ts';
import { AskingProcess } from '../../infra/http/asking-process.ts';
import { waysIn } from '../../node/channels/hint-source.ts';
import { Idempotency } from '../../shop/access/idempotency.ts';
import { Runes } from '../../shop/access/runes.ts';
import { Addresses } from '../../shop/addresses/addresses.ts';
import { LnurlPay } from '../../shop/addresses/lnurl-pay.ts';
import { Checkout } from '../../shop/checkout/checkout.ts';
import { Items } from '../../shop/counter/items.ts';
import { Sales } from '../../shop/counter/sales.ts';
import { Deposits } from '../../shop/deposits/deposits.ts';
import { EventLog } from '../../shop/events/event-log.ts';
import { Pruner } from '../../shop/events/pruner.ts';
import { AUTOCLEAN_SUBSYSTEMS } from '../../shop/invoices/autoclean.ts';
import { Invoices } from '../../shop/invoices/invoices.ts';
import type { Rates } from '../../shop/rates/rates.ts';
import { Refunds } from '../../shop/refunds/refunds.ts';
import { Calendar } from '../../shop/takings/calendar.ts';
import { Takings } from '../../shop/takings/takings.ts';
import { SendingProcess } from '../../shop/webhooks/sending-process.ts';
import { Webhooks } from '../../shop/webhooks/webhooks.ts';
import { addressInvoices } from './address-invoices.ts';
import type { Infra } from './build-infra.ts';
import type { Node, ShopPort } from './build-node.ts';
import { buildRates } from './build-rates.ts';
import { checkoutPort } from './checkout-port.ts';
import { counterInvoices } from './counter-invoices.ts';
import { depositPort } from './deposit-port.ts';
import { INVOICE_FEATURES } from './features.ts';
import { jitPort } from './jit-port.ts';
import type { Part } from './lifecycle.ts';
import { confirmations } from './open.ts';
import { buildPeople, type People } from './people.ts';
import { proxyOf } from './proxy.ts';
import { lightningRefunds, onchainRefunds, refundedInvoices } from './refund-ports.ts';
import { calendarOf, timeZoneOf } from './shop-calendar.ts';
import { ShopWarnings } from './shop-warnings.ts';
import { fencedSender, webhookPort } from './webhook-port.ts';

/** What a shop has a node for. */
export interface Shop {
  readonly invoices: Invoices;
  readonly deposits: Deposits;
  readonly checkout: Checkout;
  readonly runes: Runes;
  readonly idempotency: Idempotency;
  /** Who may sign in. */
  readonly people: People;
  readonly takings: Takings;
  readonly calendar: Calendar;
  readonly events: EventLog;
  readonly webhooks: Webhooks;
  /** The price list and the sales at the counter. */
  readonly items: Items;
  readonly sales: Sales;
  readonly addresses: Addresses;
  /** The answers to wallets that pay them. */
  readonly lnurlPay: LnurlPay;
  readonly rates: Rates;
  readonly refunds: Refunds;
  /** What the node asks of the shop. */
  readonly port: ShopPort;
  readonly parts: readonly Part[];
}

/** Nothing runs before the parts are started. */
export async function buildShop(
  infra: Infra,
  { keys, wallet, channels, incoming, reserve, liquidity, outgoing, payer, purchases }: Node,
): Promise<Shop> {
  const { config, log, clock, store, chain } = infra;
  const { values, network } = config;
  const receivableMsat = (): bigint =>
    waysIn(channels.list()).reduce((total, { receivable_msat }) => total + receivable_msat, 0n);
  const rates = buildRates(infra);
  const report = (module: string) => (error: unknown) =>
    log.error(`${module}: ${error instanceof Error ? error.message : String(error)}`);
  const deposits: Deposits = new Deposits({
    store,
    clock,
    invoices: depositPort(() => invoices),
    coins: wallet,
    newScript: values['invoices-onchain-fallback']
      ? async () => (await wallet.newAddress('p2tr')).script_pubkey
      : undefined,
    height: () => chain.tip().height,
    confirmations: confirmations(config, 'invoices-onchain-confirms'),
    log,
    onBackgroundError: report('deposits'),
  });
  const jit = jitPort(liquidity);
  const invoices = new Invoices({
    store,
    clock,
    randomBytes: secureRandomBytes,
    network,
    signer: { node_id: keys.node_id, sign: (digest) => keys.signRecoverable(digest) },
    payment_secret_key: keys.payment_secret_key,
    hints: { candidates: () => waysIn(channels.list(), (peer_id) => incoming.of(peer_id)) },
    fallback: deposits,
    jit,
    rates,
    features: INVOICE_FEATURES,
    default_expiry_seconds: () => values['invoices-expiry'],
    ...(values['cltv-final'] === undefined ? {} : { cltv_final_blocks: values['cltv-final'] }),
    onBackgroundError: report('invoices'),
  });
  const checkout: Checkout = new Checkout({
    store,
    clock,
    randomBytes: secureRandomBytes,
    network,
    invoices: checkoutPort(
      invoices,
      deposits,
      network,
      async (payment_hash) => (await jit.termsOf(payment_hash)) !== undefined,
      () => checkout,
    ),
    deposits: {
      ofInvoice: (created_index) => deposits.ofInvoices([created_index]),
      isInvoiceAddress: (script) => deposits.isInvoiceAddress(script),
      listen: (created_index, listener) => deposits.listen(created_index, listener),
    },
    unconfirmedTo: (script) => chain.unconfirmedTo(script),
    height: () => chain.tip().height,
    confirmations: confirmations(config, 'invoices-onchain-confirms'),
  });
  const items = new Items(store);
  const sales = new Sales({
    store,
    clock,
    randomBytes: secureRandomBytes,
    items,
    invoices: counterInvoices(invoices),
  });
  const addresses = new Addresses({ store, clock });
  const lnurlPay = new LnurlPay(addresses, {
    invoices: addressInvoices(invoices),
    randomBytes: secureRandomBytes,
    receivableMsat,
    onUnexpected: report('Lightning addresses'),
  });
  const events = new EventLog({ store, clock, onBackgroundError: report('events') });
  const proxy = proxyOf(config);
  const sender = new SendingProcess({
    allowed: values['webhook-allow-private'],
    proxy: proxy && { ...proxy, always: values['always-use-proxy'] },
    user_agent: `Till/${version()}`,
    onProblem: (problem) => log.warn(problem),
  });
  const webhooks = new Webhooks({
    store,
    clock,
    randomBytes: secureRandomBytes,
    events: webhookPort(events),
    sender: fencedSender(sender, () => store.fence()),
    seal_key: keys.webhook_key,
    log,
    onBackgroundError: report('webhooks'),
  });
  const pruner = new Pruner({
    store,
    clock,
    get keep_days() {
      return values['events-keep-days'];
    },
    keepAbove: () => webhooks.keepAbove(),
    onBackgroundError: report('events'),
  });

  const refunds = new Refunds({
    store,
    clock,
    network,
    invoices: refundedInvoices(invoices),
    lightning: lightningRefunds(payer, outgoing),
    chain: onchainRefunds(wallet, chain),
    asker: new AskingProcess({
      allowed: values['lnurl-allow-private'],
      option: 'lnurl-allow-private',
      proxy: proxy && { ...proxy, always: true },
      user_agent: `Till/${version()}`,
      name: 'the process that asks Lightning addresses',
      onProblem: (problem) => log.warn(problem),
    }),
    log,
    onBackgroundError: report('refunds'),
  });

  let stopTelling = (): void => {};
  const runes = await Runes.open({
    store,
    clock,
    randomBytes: secureRandomBytes,
    key: keys.rune_key,
    onBackgroundError: report('runes'),
  });

  const takings = new Takings(store);
  const people = await buildPeople({ store, clock, log }, runes);

  const warnings = new ShopWarnings({
    inboundMsat: receivableMsat,
    reserve: () => reserve.state(),
    warn: (type, data) => void events.warn(type, data).catch(report('events')),
  });

  let calendar = calendarOf(config);
  // An age of 0 keeps them.
  const cleanByOptions = (): void => {
    for (const subsystem of AUTOCLEAN_SUBSYSTEMS) {
      const age = values[`autoclean-${subsystem}-age`];
      if (age > 0) invoices.autoclean.schedule(values['autoclean-cycle'], { [subsystem]: age });
      else invoices.autoclean.end(subsystem);
    }
  };
  const cleaning = AUTOCLEAN_SUBSYSTEMS.map((subsystem) => `autoclean-${subsystem}-age` as const);
  infra.options.onChange(['autoclean-cycle', ...cleaning], cleanByOptions);
  infra.options.addCheck(calendarOf);
  let stopJudging = (): void => {};
  const parts: readonly Part[] = [
    { name: 'runes', stop: () => runes.stop() },
    { name: 'sessions', stop: () => people.sessions.stop() },
    { name: 'exchange rates', stop: () => rates.stop() },
    { name: 'webhooks', start: () => webhooks.start(), stop: () => webhooks.stop() },
    { name: 'takings', start: () => void takings.follow().catch(report('takings')), stop: () => takings.stop() },
    { name: 'old events', start: () => pruner.start(), stop: () => pruner.stop() },
    {
      name: 'invoices',
      async start() {
        await invoices.start();
        stopTelling = invoices.listen('paid', ({ invoice }) => {
          purchases.keeper.look();
          // Of a deposit its own module tells, with where it is on the chain.
          if (invoice.status !== 'paid' || invoice.paid_outpoint !== undefined) return;
          const { label, amount_received_msat, opening_fee_msat, pay_index } = invoice;
          const fee =
            opening_fee_msat === undefined ? '' : ` (the provider kept ${opening_fee_msat} msat for its channel)`;
          log.info(`invoice "${label}" is paid: ${amount_received_msat} msat${fee}, payment number ${pay_index}`);
        });
        cleanByOptions();
      },
      async stop() {
        await invoices.stop();
        stopTelling();
      },
    },
    { name: 'refunds', start: () => refunds.start(), stop: () => refunds.stop() },
    {
      name: 'deposits',
      start() {
        // What the wallet knows while the chain is caught up is half the truth: deposits are judged at the tip alone.
        let isSynced = false;
        stopJudging = chain.onTip(({ kind }) => {
          if (!isSynced || kind !== 'connected') return;
          warnings.look();
          void deposits.judge();
        });
        void chain.synced().then(() => {
          isSynced = true;
          warnings.look();
          return deposits.judge();
        });
      },
      async stop() {
        stopJudging();
        await deposits.stop();
      },
    },
  ];
  return {
    invoices,
    deposits,
    checkout,
    runes,
    idempotency: new Idempotency(store, clock),
    people,
    takings,
    get calendar() {
      const time_zone = timeZoneOf(config);
      if (calendar.time_zone !== time_zone) calendar = new Calendar(time_zone);
      return calendar;
    },
    events,
    webhooks,
    items,
    sales,
    addresses,
    lnurlPay,
    rates,
    refunds,
    port: {
      judge: (set) => invoices.judge(set),
      markPaid: (payment_hash, amount_received_msat, claims, opening_fee_msat) =>
        invoices.markPaid(payment_hash, amount_received_msat, claims, opening_fee_msat),
      paidPreimage: (payment_hash) => invoices.paidPreimage(payment_hash),
      coinWrites: (coin) => deposits.coinWrites(coin),
    },
    parts,
  };
}
