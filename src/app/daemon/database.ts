/** What the node needs of its database, wherever it is. */
import type { Log } from '../../base/log.ts';
import type { Clock } from '../../base/types/clock.ts';
import type { Store } from '../../infra/store/store.ts';
import type { Outside } from '../../node/backup/database-file.ts';
import type { Config } from '../config/config.ts';

/** A database that is open. */
export interface Database {
  readonly store: Store;
  /** What tells it from every copy of it. */
  readonly identity: string;
  /** Its file, which others may read; undefined when it has none. */
  readonly file: string | undefined;
  /** What is known of a database on a server outside of it; undefined for a file. */
  readonly outside?: Outside | undefined;
  /** The pair that this node is one half of; undefined for a file. */
  readonly pair?: ServerPair | undefined;
  /** Copies it to a new file; answers its size in bytes. Rejects with StoreFailure. */
  copy(destination: string): Promise<number>;
}

/** The nodes that share a database on a server. */
export interface ServerPair {
  /** The name of this node. */
  readonly name: string;
  /** What is wrong with the server's replicas, and what to do. */
  readonly warning: string | undefined;
  /** The names of nodes that wait to take over. Rejects as Store.read does. */
  standbys(): Promise<readonly string[]>;
}

/** What a node has while it waits. */
export interface Waiting {
  readonly read: Store['read'];
  /** The node that works; empty while none does. */
  holder(): string;
  readonly name: string;
  readonly warning: string | undefined;
}

/** Ends what a waiting node answers, because it takes over or because it gives up. */
export type EndWaiting = (takes_over: boolean) => Promise<void>;

/** How a database is opened. */
export interface DatabaseOptions {
  readonly config: Config;
  readonly log: Log;
  readonly clock: Clock;
  /** The database failed: nothing more may be said. */
  readonly onFatal: (message: string, error?: Error) => void;
  /** Answers commands while this node waits, until the function is called that it resolves with. */
  readonly standBy?: ((waiting: Waiting) => Promise<EndWaiting>) | undefined;
  /** Whether this process has just handed over, and another node is to have the lease. */
  readonly has_handed_over?: boolean | undefined;
  /** Ends the waiting. */
  readonly signal?: AbortSignal | undefined;
}
