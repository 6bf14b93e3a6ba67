/** Builds the layer of infrastructure: the database, the source of blocks, and what says where the last run ended. */
import { mkdirSync } from 'node:fs';
import { secureRandomBytes } from '../../base/crypto/random.ts';
import type { Log } from '../../base/log.ts';
import { type Clock, systemClock } from '../../base/types/clock.ts';
import { ChainFollower } from '../../infra/chain/follower.ts';
import type { BlockRef } from '../../infra/chain/source.ts';
import { WatchedStore } from '../../infra/store/watched-store.ts';
import { markRun } from '../../node/backup/run-mark.ts';
import type { Config } from '../config/config.ts';
import { LiveConfig } from '../config/live-config.ts';
import { chooseChain } from './chain-source.ts';
import { readOlderBlocks, readTip } from './chain-tip.ts';
import type { Database, DatabaseOptions } from './database.ts';
import type { Part } from './lifecycle.ts';
import { judgePlace } from './open.ts';
import { openDatabase } from './open-database.ts';
import type { Unattended } from './unattended.ts';

/** What every layer is built on. */
export interface Base {
  readonly config: Config;
  /** Changes what in `config` may change while the node runs. */
  readonly options: LiveConfig;
  readonly log: Log;
  readonly clock: Clock;
  readonly unattended: Unattended;
}

/** Where the chain was when this run began. */
export interface ResumePoint {
  /** Whether an earlier run followed the chain. */
  readonly isFirstRun: boolean;
  /** The last block that is known: the next one is the first to be seen. */
  readonly tip: BlockRef;
}

/** The database and the chain, and how to stop them. */
export interface Infra extends Base {
  readonly store: WatchedStore;
  /** Where the store keeps its rows. */
  readonly database: Database;
  readonly chain: ChainFollower;
  /** Whether the outputs of all channels in the network can be looked up: not by asking somebody else's server. */
  readonly can_check_outputs: boolean;
  /** Mines on the embedded chain; undefined elsewhere. */
  readonly mine: ((count: number, script_pubkey: string) => Promise<unknown>) | undefined;
  /** Where blocks come from, for people, with the height that was there at the start. */
  source(): string;
  /** Known once the chain has started. Throws before that. */
  resumePoint(): ResumePoint;
  readonly parts: readonly Part[];
}

/** Rejects with a typed error whose sentence is for the operator, and leaves nothing open then. */
export async function buildInfra(
  {
    config,
    log,
    clock = systemClock,
    onFatal,
    standBy,
    has_handed_over,
    signal,
  }: {
    config: Config;
    log: Log;
    clock?: Clock | undefined;
    onFatal: DatabaseOptions['onFatal'];
    standBy?: DatabaseOptions['standBy'];
    has_handed_over?: boolean | undefined;
    signal?: AbortSignal | undefined;
  },
  unattended: Unattended,
): Promise<Infra> {
  mkdirSync(config.network_dir, { recursive: true, mode: 0o700 });
  const database = await openDatabase({ config, log, clock, onFatal, standBy, has_handed_over, signal });
  const store = new WatchedStore(database.store);
  try {
    await judgePlace(config, log, store, database);
    const { kind, name, backend, mine } = chooseChain(config, clock);
    const height = async (): Promise<number> => (await backend.tip().catch(() => chain.tip())).height;
    const chain = new ChainFollower(backend, {
      clock,
      poll_ms: config.values['chain-poll-seconds'] * 1000,
      max_tip_age_seconds: config.values['max-tip-age'],
      fence: () => store.fence(),
      onHealth: (problem) =>
        problem === undefined ? log.info('the source of blocks answers again') : log.warn(problem),
    });
    let resume: ResumePoint | undefined;
    let source = name;
    const parts: readonly Part[] = [
      { name: 'database', stop: () => closeStore(store, database, config, log) },
      {
        name: 'chain',
        async start() {
          const from = await readTip(store);
          const memory = { older: await readOlderBlocks(store, from), believe_from: config.values.rescan };
          // It may wait for a source that does not run yet.
          const stopWaiting = (): void => void chain.stop();
          signal?.addEventListener('abort', stopWaiting, { once: true });
          resume = { isFirstRun: from === undefined, tip: await chain.start(from, memory) };
          signal?.removeEventListener('abort', stopWaiting);
          source = `${name}, best block ${await height()}`;
          log.info(`blocks come from ${source}`);
        },
        stop: () => chain.stop(),
      },
    ];
    return {
      config,
      options: new LiveConfig(config),
      log,
      clock,
      unattended,
      store,
      database,
      chain,
      can_check_outputs: kind !== 'esplora',
      mine,
      parts,
      source: () => source,
      resumePoint() {
        if (resume === undefined) throw new Error('the chain has not started yet');
        return resume;
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/**
 * A copy that was made while the node ran is older than what it leaves: the mark of this run says so. On a server the number
 * of commits says it.
 */
async function closeStore(store: WatchedStore, database: Database, config: Config, log: Log): Promise<void> {
  if (database.outside === undefined) {
    const marked = markRun(store, config.network_dir, secureRandomBytes);
    await marked.catch((error: Error) =>
      log.warn(`could not record in the database that this run is over: ${error.message}`),
    );
  }
  await store.close();
}
