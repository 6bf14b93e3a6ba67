/** What can happen to the servers of a pair: they are killed, stopped and filled, their statements ended, a replica promoted. */
import { type Fault, happens, pause } from './fault.ts';
import type { Scene } from './scene.ts';

const WRITER = 'SELECT backend_pid FROM lease';
const OF_WRITER = `FROM pg_stat_activity WHERE pid = (${WRITER})`;
function occurrences(scene: Scene, text: string): number {
  return Object.values(scene.nodes).reduce((count, { log }) => count + log.split(text).length - 1, 0);
}

export const DATABASE_FAULTS: readonly Fault[] = [
  {
    name: 'the server is killed, and starts again',
    async run(scene, random) {
      const { server } = scene.database;
      await server.end('SIGKILL');
      await pause(random.below(1500));
      await server.start();
    },
  },
  {
    name: 'the server is stopped at once, and starts again',
    async run(scene) {
      const { server } = scene.database;
      await server.end('SIGQUIT');
      await server.start();
    },
  },
  {
    name: 'the writer of the server hangs',
    async run(scene, random) {
      let pid = 0;
      await happens('a writer to stop', async () => {
        const [row] = await scene.sql(`SELECT pid ${OF_WRITER}`);
        pid = Number(row?.pid);
        return row !== undefined && tell(pid, 'SIGSTOP');
      });
      await pause(500 + random.below(5000));
      tell(pid, 'SIGCONT');
    },
  },
  {
    name: 'the writer is ended by the server',
    async run(scene, random) {
      for (let end = 0; end < 5; end++) {
        await scene.sql(`SELECT pg_terminate_backend(pid) ${OF_WRITER}`);
        await pause(random.below(300));
      }
    },
  },
  {
    name: 'statements of the writer are cancelled by the server',
    async run(scene, random) {
      for (let cancel = 0; cancel < 20; cancel++) {
        await scene.sql(`SELECT pg_cancel_backend(pid) ${OF_WRITER}`);
        await pause(random.below(60));
      }
    },
  },
  {
    name: 'the disk of the server is full, and is freed',
    needs: 'small disk',
    async run(scene, random) {
      const { database } = scene;
      const full = 'SQLSTATE 53100';
      const before = occurrences(scene, full);
      const free = database.fillDisk();
      try {
        // It may also take the whole server down, which then cannot start either.
        await happens('a disk that is too full to write', async () => {
          return database.server.pid === undefined || occurrences(scene, full) > before;
        });
        await pause(random.below(2000));
      } finally {
        free();
      }
      if (database.server.pid === undefined) await database.server.start();
    },
  },
  {
    name: 'the way to the replica is cut, and swallows everything',
    needs: 'replica',
    async run(scene, random) {
      scene.database.replica_way.set(random.pick(['refuse', 'swallow']));
      await pause(1000 + random.below(4000));
      scene.database.replica_way.clear();
    },
  },
  {
    name: 'a commit that waits for the replica is cancelled, or its connection ended',
    needs: 'replica',
    async run(scene, random) {
      const way = scene.database.replica_way;
      way.set('refuse');
      const what = random.pick(['pg_cancel_backend', 'pg_terminate_backend']);
      const waiting = "FROM pg_stat_activity WHERE application_name = 'till-writer' AND wait_event = 'SyncRep'";
      await happens('a commit that waits for the replica', async () => {
        return (await scene.sql(`SELECT ${what}(pid) ${waiting}`)).length > 0;
      });
      await pause(random.below(1500));
      way.clear();
    },
  },
  {
    name: 'the replica is killed, and starts again',
    needs: 'replica',
    async run(scene, random) {
      const { replica } = scene.database;
      await replica.end('SIGKILL');
      await pause(random.below(3000));
      await replica.start();
    },
  },
  {
    name: 'the server is lost, and its replica takes its place',
    needs: 'replica',
    async run(scene) {
      await scene.database.promote();
      scene.leadToServer();
      // Commits wait for a replica: the new server gets one.
      await scene.database.addReplica();
    },
  },
];

/** Sends a process of the server a signal; false when it has ended. */
function tell(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
