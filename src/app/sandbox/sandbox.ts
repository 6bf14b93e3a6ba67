/**
 * `till sandbox`: a Bitcoin chain, a shop and a customer on this machine, with a channel between them. Whoever starts it
 * sees an invoice being paid, and can go on from there. Nothing in it is worth anything, and nothing leaves the machine.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { shellWord } from '../../api/rpc/faces/typed.ts';
import type { PlainJsonObject } from '../../api/rpc/json.ts';
import { parseAddress } from '../../base/types/address.ts';
import type { Txid } from '../../base/types/brand.ts';
import { systemClock } from '../../base/types/clock.ts';
import { isCheckout } from '../../base/version.ts';
import { serveChain } from '../../infra/chain/embedded/chain-socket.ts';
import { EmbeddedChain } from '../../infra/chain/embedded/embedded-chain.ts';
import { lockDirectory } from '../../infra/store/lock.ts';
import { type Config, loadConfig } from '../config/config.ts';
import { EXIT } from '../config/exit-codes.ts';
import { ConfigError } from '../config/option.ts';
import { freeAddress } from './free-address.ts';
import { NodeProcess } from './node-process.ts';

/** How often the sandbox looks whether there is something to mine. */
const MINE_EVERY_MS = 1000;
/** Coinbase outputs must be this deep before they can be spent. */
const MATURITY_BLOCKS = 100;
const CHANNEL_SAT = 10_000_000;
const FIRST_INVOICE_MSAT = 250_000_000;
const PAGE_INVOICE_MSAT = 21_000_000;
/** A day: a newcomer may come back to it. */
const PAGE_INVOICE_SECONDS = 86_400;
/** Where the pages are unless somebody else is there. */
const SHOP_PORT = 3010;
const DASHBOARD_PORT = 3011;
const CHANNEL_CONFIRMATIONS = 6;
/** A script that nobody can spend: where later blocks pay to. */
const NOBODY = '6a';
/** The state of a channel that can carry payments. */
const NORMAL = 'CHANNELD_NORMAL';

export async function sandbox(args: readonly string[]): Promise<number> {
  let config: Config;
  try {
    config = loadConfig(args);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`till: ${error.message}\n`);
    return EXIT.usage;
  }
  const stopAsked = Promise.withResolvers<void>();
  // Said twice it is still one wish: a second Ctrl-C must not leave the nodes behind.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopAsked.resolve());
  const box = new Sandbox(config);
  try {
    await Promise.race([box.play(), stopAsked.promise]);
    await Promise.race([stopAsked.promise, box.brokenDown()]);
    return EXIT.ok;
  } catch (error) {
    process.stderr.write(`till: ${error instanceof Error ? error.message : String(error)}\n`);
    return EXIT.error;
  } finally {
    await box.close();
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Whether the channel can carry the first invoice, now or once it is open. */
function isOfUse({ state, spendable_msat }: PlainJsonObject): boolean {
  return (
    state === 'CHANNELD_AWAITING_LOCKIN' ||
    (state === NORMAL && BigInt(spendable_msat as number) >= BigInt(FIRST_INVOICE_MSAT))
  );
}

class Sandbox {
  readonly #dir: string;
  readonly #values: Config['values'];
  readonly #started_ms = performance.now();
  #chain: EmbeddedChain | undefined;
  #stopServing: (() => Promise<void>) | undefined;
  #stopMining: () => void = () => {};
  #unlock: (() => void) | undefined;
  #isClosing = false;
  /** Also those that do not answer yet. */
  readonly #nodes: Promise<NodeProcess>[] = [];

  constructor({ lightning_dir, values }: Config) {
    this.#dir = lightning_dir;
    this.#values = values;
  }

  /** Everything that is shown, until it is the user's turn. */
  async play(): Promise<void> {
    say('Till sandbox: a chain, a shop and a customer, all on this machine. Nothing here is worth anything.\n');
    const shop_dir = this.#dir;
    const customer_dir = join(this.#dir, 'customer');
    mkdirSync(join(this.#dir, 'regtest'), { recursive: true, mode: 0o700 });
    // Before the chain: a second sandbox would take its file and its socket from the first.
    this.#unlock = lockDirectory(this.#dir);
    const chain = new EmbeddedChain({ clock: systemClock, file: join(this.#dir, 'regtest', 'sandbox-blocks') });
    this.#chain = chain;
    const socket = join(this.#dir, 'regtest', 'sandbox-chain');
    this.#stopServing = await serveChain(chain, socket);
    this.#step(`a regtest chain of ${(await chain.tip()).height + 1} blocks is there`);

    const pages = [
      `--shop-bind=${this.#values['shop-bind'] ?? (await freeAddress(SHOP_PORT))}`,
      `--dashboard-bind=${this.#values['dashboard-bind'] ?? (await freeAddress(DASHBOARD_PORT))}`,
      // Who presses a button on the checkout page pays as the customer.
      `--sandbox-customer=${join(customer_dir, 'regtest', 'lightning-rpc')}`,
    ];
    const [shop, customer] = await Promise.all([
      this.#start('shop', shop_dir, socket, pages),
      this.#start('customer', customer_dir, socket),
    ]);
    const shop_info = await shop.ask('getinfo');
    this.#step(`the shop is up:     ${shop_info.id}`);
    this.#step(`the customer is up: ${(await customer.ask('getinfo')).id}`);
    this.#mineWhatWaits(chain);
    await this.#deposit(chain, shop);
    await this.#connect(customer, shop_info);
    await this.#openChannel(chain, customer, shop_info.id as string);
    // A payee that is blocks ahead of the payer takes its payment for one that comes too late.
    for (const node of [shop, customer]) {
      await this.#until(async () => (await node.ask('getinfo')).blockheight === (await chain.tip()).height);
    }
    await this.#payOnce(shop, customer);
    const { checkout_url } = await shop.ask('invoice', {
      amount_msat: PAGE_INVOICE_MSAT,
      label: `sandbox-page-${Date.now()}`,
      description: 'A bucket of sand, to be paid on a page',
      expiry: PAGE_INVOICE_SECONDS,
      checkout: true,
      checkout_renewal: true,
    });
    this.#hint(customer_dir, checkout_url as string);
  }

  /** Resolves only by failing: a node that ends by itself ends the sandbox. */
  async brokenDown(): Promise<never> {
    const nodes = await Promise.all(this.#nodes);
    const { name, dir } = await Promise.race(nodes.map((node) => node.ended.then(() => node)));
    throw new Error(`the ${name} has ended; ${join(dir, 'log')} says why`);
  }

  async close(): Promise<void> {
    if (this.#unlock === undefined) return;
    this.#isClosing = true;
    this.#stopMining();
    const started = await Promise.allSettled(this.#nodes);
    await Promise.all(started.map((start) => (start.status === 'fulfilled' ? start.value.stop() : undefined)));
    await this.#stopServing?.();
    await this.#chain?.close();
    this.#unlock();
    say('\nstopped; start again to go on where you were');
  }

  #start(name: string, dir: string, chain_socket: string, options: readonly string[] = []): Promise<NodeProcess> {
    const node = NodeProcess.start(name, dir, chain_socket, options);
    this.#nodes.push(node);
    return node;
  }

  #step(text: string): void {
    const seconds = ((performance.now() - this.#started_ms) / 1000).toFixed(1);
    say(`${seconds.padStart(5)} s  ${text}`);
  }

  /** On a real chain somebody mines every ten minutes; here a block comes when there is something for it. */
  #mineWhatWaits(chain: EmbeddedChain): void {
    const timer = setInterval(() => {
      if (chain.pending.length > 0) chain.mine(1, NOBODY);
    }, MINE_EVERY_MS);
    this.#stopMining = () => clearInterval(timer);
  }

  async #connect(customer: NodeProcess, shop_info: PlainJsonObject): Promise<void> {
    const [binding] = shop_info.binding as unknown as { address: string; port: number }[];
    if (binding === undefined) throw new Error('the shop does not listen for peers');
    await customer.ask('connect', { id: shop_info.id as string, host: binding.address, port: binding.port });
    this.#step('the customer is connected to the shop, by an encrypted connection (BOLT 8)');
  }

  /** A shop needs a coin before its first larger payment: it pays for bringing channels to the chain. */
  async #deposit(chain: EmbeddedChain, shop: NodeProcess): Promise<void> {
    const { reserve } = await shop.ask('getinfo');
    if (((reserve as PlainJsonObject).coins_held as number) > 0) return;
    await this.#mineTo(chain, shop);
    this.#step(`the shop has mined ${MATURITY_BLOCKS + 1} blocks, and keeps their 50 BTC for closing channels`);
  }

  /** Gives a wallet a coin that it can spend, and waits until it knows. */
  async #mineTo(chain: EmbeddedChain, node: NodeProcess): Promise<void> {
    const { bech32 } = await node.ask('newaddr', { addresstype: 'bech32' });
    const address = parseAddress(bech32 as string);
    if (address === undefined) throw new Error(`newaddr answered ${bech32}`);
    chain.mine(1, address.script_pubkey);
    chain.mine(MATURITY_BLOCKS, NOBODY);
    await this.#until(async () =>
      ((await node.ask('listfunds')).outputs as unknown as PlainJsonObject[]).some(
        (output) => output.status === 'confirmed',
      ),
    );
  }

  /** A channel with money in it on the customer's side; the one of an earlier run will do. */
  async #openChannel(chain: EmbeddedChain, customer: NodeProcess, shop_id: string): Promise<void> {
    const known = (await this.#channels(customer)).find(isOfUse);
    if (known?.state === NORMAL) {
      this.#step('their channel of last time is there again');
    } else {
      const funding = known ?? (await this.#fundChannel(chain, customer, shop_id));
      if (known !== undefined) this.#step('the channel that they began last time goes on');
      const outpoint = { txid: funding.funding_txid as Txid, vout: funding.funding_outnum as number };
      await this.#until(async () => chain.isPending(outpoint.txid) || (await chain.unspent(outpoint)) !== undefined);
      chain.mine(CHANNEL_CONFIRMATIONS, NOBODY);
    }
    await this.#until(async () =>
      (await this.#channels(customer)).some(
        (channel) => isOfUse(channel) && channel.state === NORMAL && channel.reestablished === true,
      ),
    );
    if (known?.state !== NORMAL) this.#step(`${CHANNEL_CONFIRMATIONS} blocks later the channel is open`);
  }

  /** Resolves with where the funding is, by the names of `listpeerchannels`. */
  async #fundChannel(chain: EmbeddedChain, customer: NodeProcess, shop_id: string): Promise<PlainJsonObject> {
    await this.#mineTo(chain, customer);
    this.#step(`the customer has mined ${MATURITY_BLOCKS + 1} blocks and owns 50 BTC that are worth nothing`);
    const { txid, outnum } = await customer.ask('fundchannel', { id: shop_id, amount: CHANNEL_SAT });
    this.#step(`the customer funds a channel with ${CHANNEL_SAT} sat, by transaction ${txid}`);
    return { funding_txid: txid as string, funding_outnum: outnum as number };
  }

  async #channels(node: NodeProcess): Promise<readonly PlainJsonObject[]> {
    return (await node.ask('listpeerchannels')).channels as unknown as PlainJsonObject[];
  }

  async #payOnce(shop: NodeProcess, customer: NodeProcess): Promise<void> {
    const label = `sandbox-${Date.now()}`;
    const { bolt11 } = await shop.ask('invoice', {
      amount_msat: FIRST_INVOICE_MSAT,
      label,
      description: 'A box of sand',
    });
    this.#step(`the shop asks for ${FIRST_INVOICE_MSAT / 1000} sat: ${(bolt11 as string).slice(0, 48)}...`);
    const { payment_preimage } = await customer.ask('pay', { bolt11: bolt11 as string });
    this.#step(`the customer has paid, and holds the receipt: ${payment_preimage}`);
    const { status, amount_received_msat, pay_index } = await shop.ask('waitinvoice', { label });
    this.#step(`the shop's invoice is ${status}: ${amount_received_msat} msat, payment number ${pay_index}`);
  }

  #hint(customer_dir: string, checkout_url: string): void {
    const isDefault = process.env.TILL_DIR === undefined && this.#dir === loadConfig([]).lightning_dir;
    const till = isCheckout() ? './till' : 'till';
    const shop = isDefault ? till : `${till} --lightning-dir=${shellWord(this.#dir)}`;
    say(`
An invoice waits on its page. Open it in a browser and pay by its button:

  ${checkout_url}

Everything stays up until you press Ctrl-C. In another terminal${isCheckout() ? ', in this folder' : ''}:

  ${shop} invoice 1000 coffee "1 cup of coffee"          the shop asks for 1 sat
  ${till} --lightning-dir=${shellWord(customer_dir)} pay BOLT11      the customer pays it
  ${shop} listinvoices                                   what was paid, and what was not
  ${shop} help                                           all that can be asked
`);
  }

  /** Asks again until it is so: what happens in other processes tells nobody here. */
  async #until(isSo: () => Promise<boolean>): Promise<void> {
    while (!(await isSo())) {
      if (this.#isClosing) throw new Error('stopped');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
