/**
 * `till sandbox --postgres`: the shop is a pair of nodes with their wallet on a PostgreSQL server, and a customer buys and
 * buys. Whoever kills the node that works sees the next sale arrive at the other.
 */
import { join } from 'node:path';
import { CallError } from '../../api/client/index.ts';
import type { NodeProcess } from './node-process.ts';
import { ShopPair } from './shop-pair.ts';
import { MATURITY_BLOCKS, NORMAL, type Stage, say } from './stage.ts';

const SALE_MSAT = 1_000_000;
const SALE_EVERY_MS = 2000;
/** While the shop changes hands there is no way to it. */
const MOST_TRIES = 20;
const TRY_AGAIN_MS = 500;

/** Everything that is shown. Sells until something fails. */
export async function playPair(stage: Stage): Promise<never> {
  say('Till sandbox: a shop whose node is a pair, and a customer. Nothing here is worth anything.\n');
  await stage.setUp();
  const [shop, customer] = await Promise.all([
    ShopPair.start(join(stage.dir, 'shop'), stage.chain_socket),
    stage.start('customer', join(stage.dir, 'customer')),
  ]);
  stage.alsoStops(() => shop.stop());
  stage.step('a PostgreSQL server is up, with the wallet of the shop');
  stage.step(`two nodes of the shop are up: "${shop.active.name}" works, the other one waits`);
  stage.mineWhatWaits();
  await stage.mineTo(shop);
  stage.step(`the shop has mined ${MATURITY_BLOCKS + 1} blocks, and keeps their 50 BTC for closing channels`);
  const { id, binding } = await customer.ask('getinfo');
  const [address] = binding as unknown as { address: string; port: number }[];
  if (address === undefined) throw new Error('the customer does not listen for peers');
  // The shop calls: so whichever of its nodes works finds the customer again.
  await shop.ask('connect', { id: id as string, host: address.address, port: address.port });
  const { id: shop_id } = await shop.ask('getinfo');
  await stage.openChannel(
    customer,
    shop_id as string,
    ({ state }) => state === NORMAL || state === 'CHANNELD_AWAITING_LOCKIN',
  );
  await stage.untilLevel(shop, customer);
  return await sellOn(stage, shop, customer);
}

async function sellOn(stage: Stage, shop: ShopPair, customer: NodeProcess): Promise<never> {
  let told_pid: number | undefined;
  for (let sale = 1; ; sale++) {
    const label = `coffee ${Date.now()}`;
    const wish = { amount_msat: SALE_MSAT, label, description: 'A cup of coffee', idempotent: true };
    const { bolt11 } = await shop.ask('invoice', wish);
    const { name, pid } = shop.active;
    if (pid !== undefined && pid !== told_pid) say(killHint(name, pid));
    told_pid = pid ?? told_pid;
    await pay(customer, bolt11 as string);
    const { pay_index } = await shop.ask('waitinvoice', { label });
    stage.step(`sale ${sale} is paid, payment number ${pay_index}: the node "${shop.active.name}" says so`);
    await new Promise((resolve) => setTimeout(resolve, SALE_EVERY_MS));
  }
}

function killHint(name: string, pid: number): string {
  return `
A customer buys a coffee every ${SALE_EVERY_MS / 1000} seconds, from the node "${name}"; the other node waits. In another terminal:

  kill -9 ${pid}

and the next sale arrives at the other one. Ctrl-C ends everything.
`;
}

/** The customer tries again until the shop is there, and pays once. */
async function pay(customer: NodeProcess, bolt11: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await customer.ask('pay', { bolt11, retry_for: 10 });
      return;
    } catch (error) {
      if (tries === MOST_TRIES || !(error instanceof CallError)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
  }
}
