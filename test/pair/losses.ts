/**
 * Faults by which the database loses commits that were told of. Nobody can bring them back; what the pair must do is notice,
 * by the number outside of the database, and give its channels up: it publishes nothing of its own, and its peer closes.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { StoreFailure } from '../../src/infra/store/failure.ts';
import { HighWater } from '../../src/infra/store/high-water.ts';
import { commitsOf } from '../../src/infra/store/postgres/lease-row.ts';
import { type Fault, happens } from './fault.ts';
import type { Scene } from './scene.ts';

export interface Loss extends Omit<Fault, 'run'> {
  /** Does it, with `sell` for sales that are lost by it. */
  run(scene: Scene, sell: (count: number) => Promise<void>): Promise<void>;
}

/** Sales whose commits are lost. */
const LOST_SALES = 4;

/** Sells, until both nodes have heard of the commits that are lost. */
async function sellWhatIsLost(scene: Scene, sell: (count: number) => Promise<void>): Promise<void> {
  await sell(LOST_SALES);
  const [lease] = await scene.sql('SELECT lineage, commit_number FROM lease');
  const database = commitsOf({ lineage: lease?.lineage as string });
  const isHeard = ({ dir }: { readonly dir: string }): boolean => {
    try {
      return HighWater.read(join(dir, 'regtest'), database) >= BigInt(lease?.commit_number as string);
    } catch (error) {
      // It is being written.
      if (error instanceof StoreFailure) return false;
      throw error;
    }
  };
  await happens('both nodes hear of what is lost', async () => Object.values(scene.nodes).every(isHeard));
}

export const LOSSES: readonly Loss[] = [
  {
    name: 'an older dump is restored while a node works',
    async run(scene, sell) {
      const restore = await scene.database.dump();
      await sellWhatIsLost(scene, sell);
      await restore();
    },
  },
  {
    name: 'an older dump is restored while no node works',
    async run(scene, sell) {
      const restore = await scene.database.dump();
      await sellWhatIsLost(scene, sell);
      const nodes = Object.values(scene.nodes);
      await Promise.all(nodes.map((node) => node.stop('SIGKILL')));
      await restore();
      await Promise.all(nodes.map((node) => node.start()));
    },
  },
  {
    name: 'the server goes back to an older snapshot',
    needs: 'single',
    async run(scene, sell) {
      const goBack = await scene.database.snapshot();
      await sellWhatIsLost(scene, sell);
      await goBack();
    },
  },
  {
    name: 'the server is lost, and a replica takes its place that has not all commits',
    needs: 'replica',
    async run(scene, sell) {
      const { database } = scene;
      await database.setSynchronous(false);
      database.replica_way.set('swallow');
      await sellWhatIsLost(scene, sell);
      await database.promote();
      scene.leadToServer();
    },
  },
];

/** Resolves when the channel was given up as it must be; throws with what was done instead. */
export async function assertGivenUp(scene: Scene): Promise<void> {
  const { shop, customer } = scene.published;
  await scene.until(async () => customer.spending(scene.funding).length > 0 || shop.spending(scene.funding).length > 0);
  assert.deepEqual(shop.spending(scene.funding), [], 'the shop has published a commitment of a database that is old');
  assert.equal(customer.spending(scene.funding).length, 1, 'the customer closes the channel, with its newest state');
  scene.mine(6);
  const options = { signal: new AbortController().signal, is_repeatable: true };
  await scene.until(async () => {
    const { channels } = await scene.front.ask('listpeerchannels', {}, options);
    return channels.every(({ state }) => state === 'ONCHAIN');
  });
  const wish = { amount_msat: 10_000, label: 'after the loss', description: 'the shop goes on' };
  await scene.front.ask('invoice', { ...wish, idempotent: true }, options);
  scene.mine(1);
  assert.deepEqual(shop.spending(scene.funding), [], 'the shop has published nothing of its own since');
}
