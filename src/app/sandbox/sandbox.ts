/**
 * `till sandbox`: a Bitcoin chain, a shop and a customer on this machine, with a channel between them. Whoever starts it
 * sees an invoice being paid, and can go on from there. Nothing in it is worth anything, and nothing leaves the machine.
 * With `--jit` the shop has nothing, and buys its first channel with its first payment (jit-play.ts); with `--postgres` its
 * node is a pair (pair-play.ts).
 */
import { join } from 'node:path';
import { shellWord } from '../../api/rpc/faces/typed.ts';
import type { PlainJsonObject } from '../../api/rpc/json.ts';
import { isCheckout } from '../../base/version.ts';
import { type Config, loadConfig } from '../config/config.ts';
import { EXIT } from '../config/exit-codes.ts';
import { ConfigError } from '../config/option.ts';
import { freeAddress } from './free-address.ts';
import { playJit } from './jit-play.ts';
import type { NodeProcess } from './node-process.ts';
import { playPair } from './pair-play.ts';
import { MATURITY_BLOCKS, NORMAL, Stage, say } from './stage.ts';

const FIRST_INVOICE_MSAT = 250_000_000;
const PAGE_INVOICE_MSAT = 21_000_000;
/** A day: a newcomer may come back to it. */
const PAGE_INVOICE_SECONDS = 86_400;
/** Where the pages are unless somebody else is there. */
const SHOP_PORT = 3010;
const DASHBOARD_PORT = 3011;
/** A shop without a channel buys one with its first payment. */
const JIT = '--jit';
/** The shop's node is a pair. */
const POSTGRES = '--postgres';

export async function sandbox(args: readonly string[]): Promise<number> {
  const isJit = args.includes(JIT);
  const isPair = args.includes(POSTGRES);
  let config: Config;
  try {
    config = loadConfig(args.filter((argument) => argument !== JIT && argument !== POSTGRES));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`till: ${error.message}\n`);
    return EXIT.usage;
  }
  const stopAsked = Promise.withResolvers<void>();
  // Said twice it is still one wish: a second Ctrl-C must not leave the nodes behind.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopAsked.resolve());
  // A shop that has nothing is another shop.
  const { lightning_dir: dir } = config;
  const stage = new Stage(isPair ? join(dir, 'pair') : isJit ? join(dir, 'jit') : dir);
  try {
    await Promise.race([isPair ? playPair(stage) : isJit ? playJit(stage) : play(stage, config), stopAsked.promise]);
    await Promise.race([stopAsked.promise, stage.brokenDown()]);
    return EXIT.ok;
  } catch (error) {
    process.stderr.write(`till: ${error instanceof Error ? error.message : String(error)}\n`);
    return EXIT.error;
  } finally {
    await stage.close();
  }
}

/** Whether the channel can carry the first invoice, now or once it is open. */
function isOfUse({ state, spendable_msat }: PlainJsonObject): boolean {
  return (
    state === 'CHANNELD_AWAITING_LOCKIN' ||
    (state === NORMAL && BigInt(spendable_msat as number) >= BigInt(FIRST_INVOICE_MSAT))
  );
}

/** Everything that is shown, until it is the user's turn. */
async function play(stage: Stage, { values }: Config): Promise<void> {
  say('Till sandbox: a chain, a shop and a customer, all on this machine. Nothing here is worth anything.\n');
  const customer_dir = join(stage.dir, 'customer');
  await stage.setUp();
  const pages = [
    `--shop-bind=${values['shop-bind'] ?? (await freeAddress(SHOP_PORT))}`,
    `--dashboard-bind=${values['dashboard-bind'] ?? (await freeAddress(DASHBOARD_PORT))}`,
    // Who presses a button on the checkout page pays as the customer.
    `--sandbox-customer=${join(customer_dir, 'regtest', 'lightning-rpc')}`,
  ];
  const [shop, customer] = await Promise.all([
    stage.start('shop', stage.dir, ...pages),
    stage.start('customer', customer_dir),
  ]);
  const shop_info = await shop.ask('getinfo');
  stage.step(`the shop is up:     ${shop_info.id}`);
  stage.step(`the customer is up: ${(await customer.ask('getinfo')).id}`);
  stage.mineWhatWaits();
  await deposit(stage, shop);
  await connect(stage, customer, shop_info);
  await stage.openChannel(customer, shop_info.id as string, isOfUse);
  await stage.untilLevel(shop, customer);
  await payOnce(stage, shop, customer);
  const { checkout_url } = await shop.ask('invoice', {
    amount_msat: PAGE_INVOICE_MSAT,
    label: `sandbox-page-${Date.now()}`,
    description: 'A bucket of sand, to be paid on a page',
    expiry: PAGE_INVOICE_SECONDS,
    checkout: true,
    checkout_renewal: true,
  });
  // Two servers, so two sessions: each link is used once.
  const { counter_url } = await shop.ask('createlogin');
  const { url: dashboard_url } = await shop.ask('createlogin');
  hint(stage.dir, customer_dir, {
    checkout_url: checkout_url as string,
    counter_url: counter_url as string,
    dashboard_url: dashboard_url as string,
  });
}

async function connect(stage: Stage, customer: NodeProcess, shop_info: PlainJsonObject): Promise<void> {
  const [binding] = shop_info.binding as unknown as { address: string; port: number }[];
  if (binding === undefined) throw new Error('the shop does not listen for peers');
  await customer.ask('connect', { id: shop_info.id as string, host: binding.address, port: binding.port });
  stage.step('the customer is connected to the shop, by an encrypted connection (BOLT 8)');
}

/** A shop needs a coin before its first larger payment: it pays for bringing channels to the chain. */
async function deposit(stage: Stage, shop: NodeProcess): Promise<void> {
  const { reserve } = await shop.ask('getinfo');
  if (((reserve as PlainJsonObject).coins_held as number) > 0) return;
  await stage.mineTo(shop);
  stage.step(`the shop has mined ${MATURITY_BLOCKS + 1} blocks, and keeps their 50 BTC for closing channels`);
}

async function payOnce(stage: Stage, shop: NodeProcess, customer: NodeProcess): Promise<void> {
  const label = `sandbox-${Date.now()}`;
  const { bolt11 } = await shop.ask('invoice', {
    amount_msat: FIRST_INVOICE_MSAT,
    label,
    description: 'A box of sand',
  });
  stage.step(`the shop asks for ${FIRST_INVOICE_MSAT / 1000} sat: ${(bolt11 as string).slice(0, 48)}...`);
  const { payment_preimage } = await customer.ask('pay', { bolt11: bolt11 as string });
  stage.step(`the customer has paid, and holds the receipt: ${payment_preimage}`);
  const { status, amount_received_msat, pay_index } = await shop.ask('waitinvoice', { label });
  stage.step(`the shop's invoice is ${status}: ${amount_received_msat} msat, payment number ${pay_index}`);
}

/** Where the shop's pages are. */
interface PageUrls {
  readonly checkout_url: string;
  /** With a token of its own, as the next. */
  readonly counter_url: string;
  /** With a token that signs the owner in, once. */
  readonly dashboard_url: string;
}

function hint(dir: string, customer_dir: string, { checkout_url, counter_url, dashboard_url }: PageUrls): void {
  const isDefault = process.env.TILL_DIR === undefined && dir === loadConfig([]).lightning_dir;
  const till = isCheckout() ? './till' : 'till';
  const shop = isDefault ? till : `${till} --lightning-dir=${shellWord(dir)}`;
  say(`
The shop's pages, for your browser:

  Checkout page: an invoice of ${PAGE_INVOICE_MSAT / 1000} sat. Its button pays it as the customer.
  ${checkout_url}

  Counter: key in a sale.
  ${counter_url}

  Dashboard: see the payments arrive.
  ${dashboard_url}

The links to the counter and the dashboard sign you in, each once and within ten minutes. For new ones:
${shop} dashboard

Everything stays up until you press Ctrl-C. In another terminal${isCheckout() ? ', in this folder' : ''}:

  ${shop} invoice 1000 coffee "1 cup of coffee"          the shop asks for 1 sat
  ${till} --lightning-dir=${shellWord(customer_dir)} pay BOLT11      the customer pays it
  ${shop} listinvoices                                   what was paid, and what was not
  ${shop} help                                           all that can be asked
`);
}
