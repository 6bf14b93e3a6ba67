/** What can happen to a pair: each fault does its harm, undoes it, and says which node must work afterwards, if it can. */
import type { Random } from '../sim/random.ts';
import type { Scene, Side } from './scene.ts';

export interface Fault {
  readonly name: string;
  /** Does it, while sales go on. Resolves when all is as before, but for what the pair has to do by itself. */
  run(scene: Scene, random: Random, active: Side): Promise<void>;
}

const other = (side: Side): Side => (side === 'front' ? 'back' : 'front');

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Stops the process for so long, and lets it go on: its sockets are as it left them. */
function freeze(ms: number): Fault['run'] {
  return async (scene, _random, active) => {
    const node = scene.nodes[active];
    node.signal('SIGSTOP');
    await pause(ms);
    node.signal('SIGCONT');
  };
}

const WRITER = `SELECT backend_pid FROM lease`;

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
  {
    name: 'the server is killed, and starts again',
    async run(scene, random) {
      await scene.server.end('SIGKILL');
      await pause(random.below(1500));
      await scene.server.start();
    },
  },
  {
    name: 'the server is stopped at once, and starts again',
    async run(scene) {
      await scene.server.end('SIGQUIT');
      await scene.server.start();
    },
  },
  { name: 'the active node is stopped for one second', run: freeze(1000) },
  { name: 'the active node is stopped for five seconds', run: freeze(5000) },
  { name: 'the active node is stopped for a minute', run: freeze(60_000) },
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
      scene.ways[active].cutAfter(1 + random.below(4000));
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
    name: 'the writer is ended by the server',
    async run(scene, random) {
      for (let end = 0; end < 5; end++) {
        await scene.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = (${WRITER})`);
        await pause(random.below(300));
      }
    },
  },
  {
    name: 'statements of the writer are cancelled by the server',
    async run(scene, random) {
      for (let cancel = 0; cancel < 20; cancel++) {
        await scene.sql(`SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid = (${WRITER})`);
        await pause(random.below(60));
      }
    },
  },
  {
    name: 'the lease is given away by hand: both nodes believe that they work',
    async run(scene) {
      await scene.sql("UPDATE lease SET holder = ''");
    },
  },
  {
    name: 'the work is handed over',
    async run(scene) {
      await scene.front
        .ask('switchover', {}, { signal: AbortSignal.timeout(20_000), is_repeatable: false })
        .catch(() => {
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
];
