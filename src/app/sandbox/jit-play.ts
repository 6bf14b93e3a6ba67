/**
 * The play of `till sandbox --jit`: a shop that has neither a channel nor a coin is paid all the same. It buys its first
 * channel of a provider, and the first payment pays for it.
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { shellWord } from '../../api/rpc/faces/typed.ts';
import type { PlainJsonObject } from '../../api/rpc/json.ts';
import type { Log } from '../../base/log.ts';
import type { NodeId } from '../../base/types/brand.ts';
import { systemClock } from '../../base/types/clock.ts';
import { isCheckout } from '../../base/version.ts';
import { SharedChain } from '../../infra/chain/embedded/chain-socket.ts';
import type { NodeProcess } from './node-process.ts';
import { Provider } from './provider/provider.ts';
import { MATURITY_BLOCKS, NOBODY, NORMAL, type Stage, say } from './stage.ts';

/** Within what a shop takes that has no coin to defend it with. */
const FIRST_INVOICE_MSAT = 80_000_000;
const SECOND_INVOICE_MSAT = 20_000_000;
/** What the shop of the sandbox is willing to pay for a channel: it is part of the first payment. */
const MAX_FEE = '10000sat';

/** Everything that is shown, until it is the user's turn. */
export async function playJit(stage: Stage): Promise<void> {
  say(`Till sandbox: a new shop that has no channel and no money, a customer, and a provider who sells channels. All of them
are on this machine, and nothing here is worth anything.\n`);
  await stage.setUp();
  const provider = await startProvider(stage);
  const shop_dir = join(stage.dir, 'shop');
  const customer_dir = join(stage.dir, 'customer');
  const at = `${provider.address.host}:${provider.address.port}`;
  const [shop, customer] = await Promise.all([
    stage.start('shop', shop_dir, `--lsp=${provider.node_id}@${at}`, `--lsp-max-fee=${MAX_FEE}`),
    stage.start('customer', customer_dir),
  ]);
  stage.step(`the shop is up:     ${(await shop.ask('getinfo')).id}`);
  stage.step(`the customer is up: ${(await customer.ask('getinfo')).id}`);
  stage.mineWhatWaits();
  await customer.ask('connect', { id: provider.node_id, host: provider.address.host, port: provider.address.port });
  await stage.openChannel(customer, provider.node_id, isOfUse);
  await stage.untilLevel(shop, customer);
  const shop_id = (await shop.ask('getinfo')).id as NodeId;
  await stage.until(() => provider.node.client(shop_id) !== undefined);
  await stage.until(async () => provider.node.chain.tip().height === (await stage.chain.tip()).height);
  const isNew = (await stage.channels(shop)).length === 0;
  if (isNew) await payFirst(stage, shop, customer);
  else stage.step('the shop has the channel that it bought last time');
  await payAgain(stage, shop, customer);
  hint(shop_dir, customer_dir);
}

/** Whether the channel can carry the first invoice, now or once it is open. */
function isOfUse({ state, spendable_msat }: PlainJsonObject): boolean {
  return (
    state === 'CHANNELD_AWAITING_LOCKIN' ||
    (state === NORMAL && BigInt(spendable_msat as number) >= BigInt(FIRST_INVOICE_MSAT))
  );
}

/** The provider lives in this process: it is a part of the sandbox, and not of Till. */
async function startProvider(stage: Stage): Promise<Provider> {
  const dir = join(stage.dir, 'provider');
  const log = fileLog(join(stage.dir, 'provider-log'));
  const backend = new SharedChain(stage.chain_socket);
  const provider = await Provider.start({ dir, backend, clock: systemClock, log });
  stage.alsoStops(() => provider.stop());
  stage.step(`a provider is up:   ${provider.node_id}`);
  const { confirmed_sat } = await provider.node.wallet.balance();
  if (confirmed_sat > 0n) return provider;
  const { script_pubkey } = await provider.node.wallet.newAddress('p2tr');
  stage.chain.mine(1, script_pubkey);
  stage.chain.mine(MATURITY_BLOCKS, NOBODY);
  await stage.until(async () => (await provider.node.wallet.balance()).confirmed_sat > 0n);
  stage.step(`the provider has mined ${MATURITY_BLOCKS + 1} blocks, and has 50 BTC to open channels with`);
  return provider;
}

function fileLog(file: string): Log {
  const write = (level: string) => (text: string) =>
    appendFileSync(file, `${new Date().toISOString()} ${level} ${text}\n`, { mode: 0o600 });
  return { debug: () => {}, info: write('INFO'), warn: write('UNUSUAL'), error: write('BROKEN') };
}

/** The payment that buys the channel. */
async function payFirst(stage: Stage, shop: NodeProcess, customer: NodeProcess): Promise<void> {
  const label = `sandbox-${Date.now()}`;
  const made = await shop.ask('invoice', {
    amount_msat: FIRST_INVOICE_MSAT,
    label,
    description: 'A box of sand',
    jit: true,
  });
  stage.step(`the shop has no channel, so nobody could pay it: it asks the provider what one costs
          price: ${satOf(made.opening_fee_msat)}, taken off the first payment`);
  stage.step(
    `the shop asks for ${satOf(FIRST_INVOICE_MSAT)}, and will get ${satOf(made.amount_expected_msat)}: ${(made.bolt11 as string).slice(0, 40)}...`,
  );
  const { payment_preimage } = await customer.ask('pay', { bolt11: made.bolt11 as string });
  stage.step(`the customer has paid, and holds the receipt: ${payment_preimage}
          while it was on its way the provider opened a channel to the shop, and passed the payment on over it`);
  const paid = await shop.ask('waitinvoice', { label });
  stage.step(
    `the shop's invoice is ${paid.status}: ${satOf(paid.amount_received_msat)} received, ${satOf(paid.opening_fee_msat)} paid for the channel`,
  );
  const [channel] = await stage.channels(shop);
  if (channel === undefined) throw new Error('the shop has no channel');
  stage.step(`the shop has a channel now, over which ${satOf(channel.receivable_msat)} more can be received`);
}

/** A payment like any other: the channel is there. */
async function payAgain(stage: Stage, shop: NodeProcess, customer: NodeProcess): Promise<void> {
  await stage.until(async () =>
    (await stage.channels(shop)).some(
      (channel) => channel.state === NORMAL && channel.reestablished === true && channel.updates !== undefined,
    ),
  );
  await stage.untilLevel(shop, customer);
  const label = `sandbox-again-${Date.now()}`;
  const { bolt11 } = await shop.ask('invoice', { amount_msat: SECOND_INVOICE_MSAT, label, description: 'A bucket' });
  await customer.ask('pay', { bolt11: bolt11 as string });
  const paid = await shop.ask('waitinvoice', { label });
  stage.step(`the next customer pays over it: ${satOf(paid.amount_received_msat)} received, and nothing is taken off`);
}

function satOf(amount_msat: unknown): string {
  return `${(Number(amount_msat) / 1000).toLocaleString('en-US')} sat`;
}

function hint(shop_dir: string, customer_dir: string): void {
  const till = isCheckout() ? './till' : 'till';
  const shop = `${till} --lightning-dir=${shellWord(shop_dir)}`;
  const customer = `${till} --lightning-dir=${shellWord(customer_dir)}`;
  const lines: readonly (readonly [string, string])[] = [
    [`${shop} inbound`, 'what the shop can receive, and what more costs'],
    [`${shop} buychannel 1000000`, 'buys a channel ahead, once you have seen the price'],
    [`${shop} invoice 1000000 coffee "1 cup of coffee"`, 'the shop asks for 1,000 sat'],
    [`${customer} pay BOLT11`, 'the customer pays it'],
    [`${shop} help`, 'all that can be asked'],
  ];
  const width = Math.max(...lines.map(([command]) => command.length));
  say(`
Everything stays up until you press Ctrl-C. In another terminal${isCheckout() ? ', in this folder' : ''}:

${lines.map(([command, what]) => `  ${command.padEnd(width)}   ${what}`).join('\n')}
`);
}
