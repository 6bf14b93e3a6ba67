/**
 * Rounds of faults on one scene, from a seed that replays: after each, sales go on, and the ledger agrees. The last round loses
 * commits, and with them the channel.
 */
import assert from 'node:assert/strict';
import { type Client, ConnectionError, connectToNode } from '../../src/api/client/index.ts';
import { Random } from '../sim/random.ts';
import { canMount, type DatabaseKind } from './database.ts';
import type { Fault } from './fault.ts';
import { FAULTS } from './faults.ts';
import { lateBytes, noteTakeover, type Takeover } from './late-words.ts';
import { assertGivenUp, LOSSES, type Loss } from './losses.ts';
import { Scene, type Side } from './scene.ts';
import { Trade } from './trade.ts';

/** What a round showed. */
export interface Round {
  readonly fault: string;
  /** From the fault's beginning until sales were finished that began after it; of a loss, until the channel was given up. */
  readonly until_sale_ms: number;
  readonly has_changed_hands: boolean;
}

export interface StormOptions {
  readonly seed: number;
  readonly rounds: number;
  /** Those to draw from. Default: all that the database allows. */
  readonly faults?: readonly Fault[];
  readonly tell?: (round: Round) => void;
  /** Called with the scene of a failure, before it is gone. */
  readonly onFailed?: (scene: Scene) => void;
}

const LANES = 3;
/** Sales after a fault, before it counts as over. */
const SALES = 6;
/** Ends only what hangs: at a load of 70 on two cores a pair took 88 s to sell again. */
const LONGEST_MS = 300_000;
const KINDS: readonly DatabaseKind[] = ['single', 'replica', 'small disk'];
const LONGEST_LEASE_SECONDS = 3;

/** The database that a seed means, here. */
export function kindOf(seed: number): DatabaseKind {
  const kind = KINDS[seed % KINDS.length] as DatabaseKind;
  return kind === 'small disk' && !canMount() ? 'single' : kind;
}

/** Runs a whole scene. Rejects with what is wrong, in which round of which seed. */
export async function storm({ seed, rounds, faults, tell = () => {}, onFailed }: StormOptions): Promise<void> {
  const random = new Random(seed);
  const database = kindOf(seed);
  const lease_seconds = 1 + random.below(LONGEST_LEASE_SECONDS);
  const isPossible = ({ needs }: { readonly needs?: DatabaseKind }): boolean =>
    needs === undefined || needs === database;
  const deck = new Deck(random, (faults ?? FAULTS).filter(isPossible));
  let name = 'everything is set up';
  let number = 0;
  let scene: Scene | undefined;
  try {
    scene = await Scene.open({ lease_seconds, database });
    for (; number < rounds; number++) {
      const isLast = faults === undefined && number === rounds - 1;
      const drawn = isLast ? random.pick(LOSSES.filter(isPossible)) : deck.draw();
      name = drawn.name;
      tell(await oneRound(scene, drawn, random, `${seed} ${number}`, isLast ? 'loss' : 'fault'));
    }
  } catch (error) {
    if (scene !== undefined) onFailed?.(scene);
    const said = error instanceof Error ? error.message : String(error);
    const where = `seed ${seed}, round ${number} of ${rounds} (${database}, lease ${lease_seconds} s; ${name})`;
    throw new Error(`${where}: ${said}`, { cause: error });
  } finally {
    await scene?.close();
  }
}

/** Draws each once before any comes again. */
class Deck {
  readonly #random: Random;
  readonly #all: readonly Fault[];
  #left: Fault[] = [];

  constructor(random: Random, all: readonly Fault[]) {
    this.#random = random;
    this.#all = all;
  }

  draw(): Fault {
    if (this.#left.length === 0) this.#left = [...this.#all];
    return this.#left.splice(this.#random.below(this.#left.length), 1)[0] as Fault;
  }
}

async function oneRound(
  scene: Scene,
  drawn: Fault | Loss,
  random: Random,
  prefix: string,
  what: 'fault' | 'loss',
): Promise<Round> {
  const before = await activeNow(scene);
  const trade = new Trade(scene.front, scene.consumer, scene.customer, scene.ledger, prefix);
  const watch = watchLease(scene, before);
  try {
    trade.start(LANES);
    await inTime(trade.more(2), 'sales before the fault');
    const began_ms = performance.now();
    const settled = what === 'fault' ? afterFault : afterLoss;
    const until_sale_ms = (): number => performance.now() - began_ms;
    const took_ms = await settled({ scene, drawn, random, trade, before, watch, until_sale_ms });
    const after = await activeNow(scene);
    return { fault: drawn.name, until_sale_ms: took_ms, has_changed_hands: after !== before };
  } finally {
    await watch.stop();
    await trade.stop().catch(() => {
      // What went wrong in the sales has been told, or is told by whoever waited for them.
    });
  }
}

interface UnderWay {
  readonly scene: Scene;
  readonly drawn: Fault | Loss;
  readonly random: Random;
  readonly trade: Trade;
  readonly before: Side;
  readonly watch: Watch;
  readonly until_sale_ms: () => number;
}

async function afterFault({ scene, drawn, random, trade, before, watch, until_sale_ms }: UnderWay): Promise<number> {
  const node = scene.nodes[before];
  const { pid } = node;
  const waits = (): number => node.log.split('is the standby now').length;
  const waited = waits();
  await (drawn as Fault).run(scene, random, before);
  await inTime(trade.more(SALES), 'sales after the fault');
  const took_ms = until_sale_ms();
  const takeover = await watch.stop();
  await trade.stop();
  await assertTold(scene);
  const after = await activeNow(scene);
  if (takeover !== undefined && after !== before) {
    assert.equal(lateBytes(scene.door, takeover), 0, 'the node that was replaced said something to its peer');
    await inTime(
      scene.until(async () => node.pid !== pid || waits() > waited),
      'the end of the node that was replaced, or its wait as the standby',
    );
  }
  return took_ms;
}

async function afterLoss({ scene, drawn, trade, watch, until_sale_ms }: UnderWay): Promise<number> {
  const sell = (count: number): Promise<void> => inTime(trade.more(count), 'sales that are lost');
  await (drawn as Loss).run(scene, sell);
  await watch.stop();
  await trade.stop();
  await inTime(assertGivenUp(scene), 'the end of the channel');
  return until_sale_ms();
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
    await inTime(scene.ledger.check(shop, scene.customer), 'a channel without payments under way');
  } finally {
    shop.close();
  }
  for (const [side, published] of Object.entries(scene.published)) {
    assert.deepEqual(
      published.spending(scene.funding),
      [],
      `the ${side} has published a transaction that ends the channel`,
    );
  }
}

/** A node has the lease before it answers commands. */
async function connectToActive(scene: Scene): Promise<Client> {
  for (;;) {
    const side = await activeNow(scene);
    try {
      const client = await connectToNode(scene.nodes[side].socket, { reconnect: false });
      const { pair } = await client.call('getinfo', {});
      if (pair?.state === 'active') return client;
      client.close();
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

interface Watch {
  stop(): Promise<Takeover | undefined>;
}

/** Looks who holds the lease, and notes when it first is another node. */
function watchLease(scene: Scene, before: Side): Watch {
  let is_over = false;
  let takeover: Takeover | undefined;
  const watching = (async () => {
    let known = scene.door.connections.length;
    while (!is_over && takeover === undefined) {
      const connections = scene.door.connections.length;
      const side = await scene.active().catch(() => undefined);
      if (side !== undefined && side !== before) takeover = await noteTakeover(known);
      else if (side === before) known = connections;
      if (takeover === undefined) await new Promise((resolve) => setTimeout(resolve, 10));
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
