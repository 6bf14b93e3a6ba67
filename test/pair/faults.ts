/**
 * What can happen to a pair that loses nothing by it: each fault does its harm and undoes it; behind it sales go on, and
 * the ledger agrees. Losses of commits, which give channels up, are in losses.ts.
 */
import { DATABASE_FAULTS } from './database-faults.ts';
import { type Fault, happens, other, pause } from './fault.ts';
import { HOUR_MS, type Side } from './scene.ts';

/** Stops processes for so long, and lets them go on: their sockets are as they left them. */
function freeze(ms: number, whom: (active: Side) => readonly Side[]): Fault['run'] {
  return async (scene, _random, active) => {
    const nodes = whom(active).map((side) => scene.nodes[side]);
    for (const node of nodes) node.signal('SIGSTOP');
    await pause(ms);
    for (const node of nodes) node.signal('SIGCONT');
  };
}

const theActive = (active: Side): readonly Side[] => [active];
const theStandby = (active: Side): readonly Side[] => [other(active)];
const both = (): readonly Side[] => ['front', 'back'];

export const FAULTS: readonly Fault[] = [
  {
    name: 'the active node is killed',
    async run(scene, _random, active) {
      scene.nodes[active].signal('SIGKILL');
    },
  },
  {
    name: 'the standby is killed',
    async run(scene, _random, active) {
      scene.nodes[other(active)].signal('SIGKILL');
    },
  },
  {
    name: 'both nodes are killed',
    async run(scene) {
      for (const node of Object.values(scene.nodes)) node.signal('SIGKILL');
    },
  },
  { name: 'the active node is stopped for one second', run: freeze(1000, theActive) },
  { name: 'the active node is stopped for five seconds', run: freeze(5000, theActive) },
  { name: 'the active node is stopped for a minute', run: freeze(60_000, theActive) },
  { name: 'the standby is stopped for five seconds', run: freeze(5000, theStandby) },
  { name: 'both nodes are stopped for five seconds', run: freeze(5000, both) },
  {
    name: 'the clocks of both nodes are set',
    async run(scene, random) {
      for (let set = 0; set < 4; set++) {
        scene.setClock(random.pick(both()), random.pick([-HOUR_MS, 0, HOUR_MS]));
        await pause(random.below(500));
      }
      scene.setClock('front', 0);
      scene.setClock('back', HOUR_MS);
    },
  },
  {
    name: 'the way to the database is cut',
    async run(scene, random, active) {
      for (let cut = 0; cut < 3; cut++) {
        scene.ways[active].cut();
        await pause(random.below(400));
      }
    },
  },
  {
    name: 'the way to the database is cut in the middle of a packet',
    async run(scene, random, active) {
      scene.ways[active].cutAfter('said', 1 + random.below(4000));
      await pause(500 + random.below(500));
      scene.ways[active].clear();
    },
  },
  {
    name: 'the way to the database is cut in the middle of an answer',
    async run(scene, random, active) {
      scene.ways[active].cutAfter('answered', 1 + random.below(2000));
      await pause(500 + random.below(500));
      scene.ways[active].clear();
    },
  },
  {
    name: 'the way to the database swallows everything',
    async run(scene, random, active) {
      scene.ways[active].set('swallow');
      await pause(500 + random.below(6000));
      scene.ways[active].clear();
    },
  },
  {
    name: 'the way to the database swallows the answers',
    async run(scene, random, active) {
      scene.ways[active].set('swallow answers');
      await pause(500 + random.below(6000));
      scene.ways[active].clear();
    },
  },
  {
    name: 'the way to the database is refused',
    async run(scene, random, active) {
      scene.ways[active].set('refuse');
      await pause(200 + random.below(6000));
      scene.ways[active].clear();
    },
  },
  {
    name: 'the way to the database is slow',
    async run(scene, random, active) {
      scene.ways[active].delay(20 + random.below(100));
      await pause(2000);
      scene.ways[active].clear();
    },
  },
  {
    name: 'the way of the standby to the database swallows everything',
    async run(scene, random, active) {
      scene.ways[other(active)].set('swallow');
      await pause(500 + random.below(4000));
      scene.ways[other(active)].clear();
    },
  },
  {
    name: 'no node reaches the database',
    async run(scene, random) {
      const ways = Object.values(scene.ways);
      for (const way of ways) way.set(random.pick(['swallow', 'refuse']));
      await pause(500 + random.below(6000));
      for (const way of ways) way.clear();
    },
  },
  {
    name: 'the lease is given away by hand: both nodes believe that they work',
    async run(scene) {
      await scene.sql("UPDATE lease SET holder = ''");
    },
  },
  {
    name: 'a copy of the active node is started beside it: both take the lease for their own',
    async run(scene, random, active) {
      const epoch = async (): Promise<bigint> =>
        BigInt((await scene.sql('SELECT epoch FROM lease'))[0]?.epoch as string);
      const before = await epoch();
      const twin = scene.twin(active);
      void twin.start();
      await happens('the copy takes the lease', async () => (await epoch()) > before);
      await pause(random.below(2000));
      await twin.stop('SIGKILL');
    },
  },
  {
    name: 'the work is handed over',
    async run(scene) {
      const signal = AbortSignal.timeout(20_000);
      await scene.front.ask('switchover', {}, { signal, is_repeatable: false }).catch(() => {
        // Whoever asks while the pair changes hands may lose its connection.
      });
    },
  },
  {
    name: 'the way to the customer is cut',
    async run(scene, random) {
      scene.door.cut();
      await pause(random.below(500));
      scene.door.cut();
    },
  },
  {
    name: 'the way to the customer is cut in the middle of a message',
    async run(scene, random) {
      scene.door.cutAfter(random.pick(['said', 'answered']), 1 + random.below(2000));
      await pause(500);
      scene.door.clear();
    },
  },
  {
    name: 'the way to the customer swallows everything',
    async run(scene, random) {
      scene.door.set('swallow');
      await pause(500 + random.below(2500));
      scene.door.clear();
    },
  },
  ...DATABASE_FAULTS,
];
