/** Rounds of faults on one scene, from a seed: after each, sales go on, and the ledger agrees. */
import assert from 'node:assert/strict';
import { type Client, ConnectionError, connectToNode } from '../../src/api/client/index.ts';
import { Random } from '../sim/random.ts';
import { FAULTS, type Fault } from './faults.ts';
import { lateBytes, noteTakeover, type Takeover } from './late-words.ts';
import type { Scene, Side } from './scene.ts';
import { Trade } from './trade.ts';

/** What a round showed. */
export interface Round {
  readonly fault: string;
  /** From the fault's beginning until a sale was finished that began after it, in milliseconds. */
  readonly until_sale_ms: number;
  readonly has_changed_hands: boolean;
}

const LANES = 3;
/** Sales after a fault, before it counts as over. */
const SALES = 6;
/** How long a pair may take to sell again. */
export const LONGEST_MS = 60_000;

export async function storm(
  scene: Scene,
  seed: number,
  rounds: number,
  faults: readonly Fault[] = FAULTS,
  tell: (round: Round) => void = () => {},
): Promise<readonly Round[]> {
  const random = new Random(seed);
  const told: Round[] = [];
  for (let number = 0; number < rounds; number++) {
    const fault = random.pick(faults);
    try {
      const round = await oneRound(scene, random, fault, `${seed} ${number}`);
      told.push(round);
      tell(round);
    } catch (error) {
      throw new Error(
        `seed ${seed}, round ${number} (${fault.name}): ${error instanceof Error ? error.message : error}`,
        {
          cause: error,
        },
      );
    }
  }
  return told;
}

async function oneRound(scene: Scene, random: Random, fault: Fault, prefix: string): Promise<Round> {
  const before = await activeNow(scene);
  const pid = scene.nodes[before].pid;
  const trade = new Trade(scene.front, scene.consumer, scene.customer, scene.ledger, prefix);
  const watch = watchLease(scene, before);
  try {
    trade.start(LANES);
    await inTime(trade.more(2), 'sales before the fault');
    const began_ms = performance.now();
    await fault.run(scene, random, before);
    await inTime(trade.more(SALES), 'sales after the fault');
    const until_sale_ms = performance.now() - began_ms;
    const takeover = await watch.stop();
    await trade.stop();
    await assertTold(scene);
    const after = await activeNow(scene);
    if (takeover !== undefined && after !== before) {
      assert.equal(lateBytes(scene.door, takeover), 0, 'the node that was replaced said something to its peer');
      // It has ended, or it was asked to become the standby.
      if (scene.nodes[before].pid === pid) assert.match(scene.nodes[before].log, /is the standby now/);
    }
    return { fault: fault.name, until_sale_ms, has_changed_hands: after !== before };
  } finally {
    await watch.stop();
    await trade.stop().catch(() => {
      // What went wrong in the sales has been told, or is told by whoever waited for them.
    });
  }
}

/** The node that works, once one does. */
async function activeNow(scene: Scene): Promise<Side> {
  let side: Side | undefined;
  await inTime(
    scene.until(async () => {
      side = await scene.active().catch(() => undefined);
      return side !== undefined;
    }),
    'a node that works',
  );
  return side as Side;
}

/** The shop and the customer say what the ledger says. */
async function assertTold(scene: Scene): Promise<void> {
  const shop = await inTime(connectToActive(scene), 'a node that works and answers');
  try {
    await scene.ledger.check(shop, scene.customer);
  } finally {
    shop.close();
  }
}

/** A node has the lease before it answers commands. */
async function connectToActive(scene: Scene): Promise<Client> {
  for (;;) {
    const side = await activeNow(scene);
    try {
      const client = await connectToNode(scene.nodes[side].socket);
      const { pair } = await client.call('getinfo', {});
      if (pair?.state === 'active') return client;
      client.close();
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Looks who holds the lease, and notes when it first is another node. */
function watchLease(scene: Scene, before: Side): { stop(): Promise<Takeover | undefined> } {
  let is_over = false;
  let takeover: Takeover | undefined;
  const watching = (async () => {
    while (!is_over && takeover === undefined) {
      const side = await scene.active().catch(() => undefined);
      if (side !== undefined && side !== before) takeover = noteTakeover(scene.door);
      else await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })();
  return {
    async stop() {
      is_over = true;
      await watching;
      return takeover;
    },
  };
}

async function inTime<T>(work: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not come within ${LONGEST_MS / 1000} s`)), LONGEST_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
