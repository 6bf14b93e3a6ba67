/**
 * What a process runs on, made so that it can die: a disk that writes only when it is told to, a clock whose timers end
 * with the process, and a chain that it cannot reach any more afterwards.
 */

import type { Clock } from '../../src/base/types/clock.ts';
import type { ChainBackend } from '../../src/infra/chain/backend.ts';
import type { EmbeddedChain } from '../../src/infra/chain/embedded/embedded-chain.ts';
import type { Row, SqlValue, Store, UnitResult, Write } from '../../src/infra/store/store.ts';
import { skippedOnServer, testStore } from '../support/test-store.ts';

/** What a dead process waits for: this does not come. */
export function never<T>(): Promise<T> {
  return new Promise(() => {});
}

/**
 * Why no simulation runs on a server: what a machine does is counted in turns of the event loop, so that a seed replays it, and
 * an answer of a server takes as many as it takes. `test/pair/` has the storms of nodes on one.
 */
export const SIMULATED = { skip: skippedOnServer('a simulation counts the turns of the event loop, and replays them') };

interface WaitingUnit {
  readonly unit: readonly Write[];
  readonly resolve: (result: UnitResult) => void;
}

/** One process, from its start to its end. */
export class Life {
  isOver = false;
  /** Units that were handed over and are not durable. */
  waiting: WaitingUnit[] = [];
}

/** The disk of a machine. It outlives every process. */
export class Disk {
  readonly #store = testStore({
    onFailure: (error) => {
      throw error;
    },
  });

  /** What one process sees of it. Units become durable by `write` alone. */
  mount(life: Life): Store {
    return {
      commit: (unit) =>
        new Promise((resolve) => {
          if (!life.isOver) life.waiting.push({ unit, resolve });
        }),
      read: async (sql, params) => {
        const rows = await this.#store.read(sql, params);
        return life.isOver ? await never() : rows;
      },
      fence: () => undefined,
      close: async () => {},
    };
  }

  /** Makes the oldest units durable, as many as are asked for, and says so to the process. */
  async write(life: Life, count: number): Promise<void> {
    const units = life.waiting.splice(0, count);
    const results = await this.#commit(units);
    for (const [index, { resolve }] of units.entries()) resolve(results[index] as UnitResult);
  }

  /** The process ends: so many units still reach the disk, of which it never hears, and the rest is lost. */
  async die(life: Life, count: number): Promise<void> {
    life.isOver = true;
    await this.#commit(life.waiting.splice(0, count));
    life.waiting = [];
  }

  #commit(units: readonly WaitingUnit[]): Promise<readonly UnitResult[]> {
    return Promise.all(units.map(({ unit }) => this.#store.commit(unit)));
  }

  /** A disk with the same on it: a backup from this moment. */
  async copy(): Promise<Disk> {
    const copy = new Disk();
    for (const { name } of await this.read("SELECT name FROM sqlite_master WHERE type = 'table'")) {
      const rows = await this.read(`SELECT * FROM ${name}`);
      const inserts = rows.map((row) => {
        const places = Object.keys(row).map(() => '?');
        return {
          sql: `INSERT INTO ${name} (${Object.keys(row)}) VALUES (${places})`,
          params: Object.values(row),
        };
      });
      await copy.#store.commit([{ sql: `DELETE FROM ${name}`, params: [] }, ...inserts]);
    }
    return copy;
  }

  /** What is durable. */
  read(sql: string, params: readonly SqlValue[] = []): Promise<readonly Row[]> {
    return this.#store.read(sql, params);
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}

/** The clock of a process: no timer rings for the dead. */
export function clockOf(life: Life, clock: Clock): Clock {
  return {
    nowSeconds: () => clock.nowSeconds(),
    monotonicMs: () => clock.monotonicMs(),
    after: (delay_ms, callback) =>
      clock.after(delay_ms, () => {
        if (!life.isOver) callback();
      }),
  };
}

/** The chain as a process reaches it, so many blocks late. `onSent` is called with everything that it broadcasts. */
export function chainOf(
  life: Life,
  chain: EmbeddedChain,
  lagBlocks: () => number,
  onSent: (transactions: readonly Uint8Array[]) => void,
): ChainBackend {
  return {
    open: async () => {},
    close: async () => {},
    tip: async () => {
      const { height } = await chain.tip();
      const seen = height - lagBlocks();
      return { height: seen, hash: (await chain.blockHash(seen)) ?? '' };
    },
    blockHash: async (height) => {
      const tip = await chain.tip();
      return height > tip.height - lagBlocks() ? undefined : await chain.blockHash(height);
    },
    block: (hash) => chain.block(hash),
    broadcast: async (transactions) => {
      if (life.isOver) return await never();
      onSent(transactions);
      return await chain.broadcast(transactions);
    },
    feeratePerKw: () => chain.feeratePerKw(),
    unspent: (outpoint) => chain.unspent(outpoint),
    mempoolTransaction: (txid) => chain.mempoolTransaction(txid),
    onNews: (listener) =>
      chain.onNews(() => {
        if (!life.isOver) listener();
      }),
  };
}
