/** What the node needs of its database, wherever it is. */
import type { Log } from '../../base/log.ts';
import type { Clock } from '../../base/types/clock.ts';
import type { Store } from '../../infra/store/store.ts';
import type { Config } from '../config/config.ts';

/** A database that is open. */
export interface Database {
  readonly store: Store;
  /** What tells it from every copy of it. */
  readonly identity: string;
  /** Its file, which others may read; undefined when it has none. */
  readonly file: string | undefined;
  /** Copies it to a new file; answers its size in bytes. Rejects with StoreFailure. */
  copy(destination: string): Promise<number>;
}

/** How a database is opened. */
export interface DatabaseOptions {
  readonly config: Config;
  readonly log: Log;
  readonly clock: Clock;
  /** The database failed: nothing more may be said. */
  readonly onFatal: (message: string) => void;
}
