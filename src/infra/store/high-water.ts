/**
 * The number of the last commit that this node heard of, in a file of its own directory, outside the database. A database
 * that knows fewer commits is an older one: a dump or a snapshot that was restored, or a replica that was promoted before
 * it had everything. What the database says of itself cannot tell that, because it went back with the data.
 *
 * The file is written without fsync, before anything is said of the commit: a process that is killed loses nothing of it,
 * and a machine that loses its power may lose the last second, in which case less is known and nothing wrong.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { StoreFailure } from './failure.ts';
import { writeWhole } from './whole-file.ts';

/** The name of the file in the node's directory. */
export const COMMITS_FILE = 'till.commits';

const NUMBER_WIDTH = 20;

export class HighWater {
  readonly #fd: number;
  readonly #database: string;
  #number: bigint;
  #is_synced = true;

  /**
   * Opens the file of a directory, or begins one. `database` names the database that is counted by its kind and by what only
   * its copies share, as in `sqlite-9f`. The number of another one says nothing, and counting begins again. Throws StoreFailure when the file cannot be read or written.
   */
  static open(directory: string, database: string): HighWater {
    const number = HighWater.read(directory, database);
    const path = join(directory, COMMITS_FILE);
    return orFailure(path, () => {
      // Whole first: later writes change the file in place.
      writeWhole(path, lineOf(database, number));
      return new HighWater(openSync(path, 'r+'), database, number);
    });
  }

  /** The number alone, for who writes nothing; 0 when there is none of this database. Throws StoreFailure as `open` does. */
  static read(directory: string, database: string): bigint {
    const path = join(directory, COMMITS_FILE);
    return orFailure(path, () => {
      const known = existsSync(path) ? parse(readFileSync(path, 'latin1')) : undefined;
      if (known === 'damaged') {
        throw new StoreFailure(
          `${path} is damaged, so nobody knows whether the database has all that this node committed: move the file away ` +
            'and start once with --copied-database=latest if the database was never restored, else with --copied-database=old',
        );
      }
      return known !== undefined && isSame(known.database, database) ? known.number : 0n;
    });
  }

  private constructor(fd: number, database: string, number: bigint) {
    this.#fd = fd;
    this.#database = database;
    this.#number = number;
  }

  /** The highest commit that this node has heard of; 0 when it has heard of none. */
  get number(): bigint {
    return this.#number;
  }

  /** A commit is durable. Throws what the file system says: then nothing may be said of it. */
  raise(number: bigint): void {
    if (number <= this.#number) return;
    this.#number = number;
    this.#is_synced = false;
    writeSync(this.#fd, lineOf(this.#database, number), 0, 'latin1');
  }

  /** Makes the number safe against a loss of power. Throws what the file system says. */
  sync(): void {
    if (this.#is_synced) return;
    fsyncSync(this.#fd);
    this.#is_synced = true;
  }

  close(): void {
    this.sync();
    closeSync(this.#fd);
  }
}

function orFailure<T>(path: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof StoreFailure) throw error;
    throw new StoreFailure(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Earlier versions wrote the server between the kind and the random name. */
function isSame(known: string, database: string): boolean {
  if (known === database) return true;
  const [kind, ...name] = database.split('-');
  return name.length > 0 && known.startsWith(`${kind}-`) && known.endsWith(`-${name.join('-')}`);
}

/** Always of the same length for one database, so that it can be written in place. */
function lineOf(database: string, number: bigint): string {
  const text = `${database} ${String(number).padStart(NUMBER_WIDTH, '0')}`;
  return `${text} ${crc32(text).toString(16).padStart(8, '0')}\n`;
}

function parse(line: string): { readonly database: string; readonly number: bigint } | 'damaged' {
  const [, database, number] = /^(\S+) (\d{20}) [0-9a-f]{8}\n$/.exec(line) ?? [];
  if (database === undefined || number === undefined || lineOf(database, BigInt(number)) !== line) return 'damaged';
  return { database, number: BigInt(number) };
}
