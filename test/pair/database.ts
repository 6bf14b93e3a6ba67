/**
 * The database of a pair, and what can happen to it: a server, where it is asked for with a replica behind a way of its own,
 * or on a disk so small that a test can fill it.
 */
import { spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { PostgresServer } from '../../src/app/sandbox/postgres-server.ts';
import { TcpProxy } from './proxy.ts';

/** What stands behind the pair. `replica`: a second server that must have every commit. `small disk`: one that a test fills. */
export type DatabaseKind = 'single' | 'replica' | 'small disk';

/** As much as a new server and some thousand sales need. */
const DISK = '200m';
/** The replica asks for what was written since it was copied. */
const KEEP_WAL = 'wal_keep_size=512MB';
/** On a small disk the log must leave room for the rows, however many sales a fast machine makes. */
const SHORT_WAL = 'max_wal_size=64MB';
const TRY_AGAIN_MS = 20;

/** Whether a disk of our own can be mounted here: by root on Linux, except in most containers. So it is tried. */
export function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const directory = mkdtempSync(join(tmpdir(), 'till-mount-'));
  const { status } = spawnSync('mount', ['-t', 'tmpfs', 'till-test', directory]);
  if (status === 0) run('umount', directory);
  rmdirSync(directory);
  return status === 0;
}

function run(program: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
}

export class Database {
  readonly kind: DatabaseKind;
  /** The way from the replica to the server that it follows. */
  readonly replica_way: TcpProxy;
  readonly #directories: string[] = [];
  readonly #mounted: string | undefined;
  #server: PostgresServer;
  #replica: PostgresServer | undefined;
  #client: Client | undefined;

  /** Makes it and starts it. */
  static async open(kind: DatabaseKind): Promise<Database> {
    const directory = mkdtempSync(join(tmpdir(), 'till-pg-'));
    if (kind === 'small disk') run('mount', '-t', 'tmpfs', '-o', `size=${DISK},mode=755`, 'till-test', directory);
    const database = new Database(kind, directory, await TcpProxy.to(0));
    await database.#server.start();
    if (kind === 'replica') await database.addReplica();
    return database;
  }

  private constructor(kind: DatabaseKind, directory: string, replica_way: TcpProxy) {
    this.kind = kind;
    this.replica_way = replica_way;
    this.#mounted = kind === 'small disk' ? directory : undefined;
    // A test that is ended from outside must not leave a disk behind.
    if (this.#mounted !== undefined) process.once('exit', () => this.#unmount());
    this.#directories.push(directory);
    const log = { single: [], replica: [KEEP_WAL], 'small disk': [SHORT_WAL] };
    this.#server = PostgresServer.create({ directory, settings: log[kind] });
  }

  /** The server that takes writes. */
  get server(): PostgresServer {
    return this.#server;
  }

  /** The second one. Throws when there is none. */
  get replica(): PostgresServer {
    if (this.#replica === undefined) throw new Error('this database has no replica');
    return this.#replica;
  }

  /** Asks the server itself, past the ways of the nodes. Rejects when it cannot be reached. */
  async sql(text: string): Promise<readonly Record<string, unknown>[]> {
    const client = await this.#connected();
    try {
      return (await client.query(text)).rows as Record<string, unknown>[];
    } catch (error) {
      if ((error as { code?: string }).code === undefined || this.#client !== client) this.#hangUp();
      throw error;
    }
  }

  /** Asks until it is answered, with at least one row: for a server that is starting. */
  async until(text: string): Promise<void> {
    for (;;) {
      const rows = await this.sql(text).catch(() => []);
      if (rows.length > 0) return;
      await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
    }
  }

  /** Copies the running server, and has the copy follow it. From then on every commit waits until it has it. */
  async addReplica(): Promise<void> {
    const directory = mkdtempSync(join(tmpdir(), 'till-pg-'));
    this.#directories.push(directory);
    this.replica_way.clear();
    this.replica_way.retarget(this.#server.socket);
    // The server's own interface for copies; its program for that is not in every package.
    await this.sql("SELECT pg_backup_start('till', true)");
    const data = join(directory, 'data');
    copyTree(this.#server.data, data);
    for (const file of ['postmaster.pid', 'postmaster.opts', 'pg_wal']) {
      rmSync(join(data, file), { recursive: true, force: true });
    }
    const [stopped] = await this.sql('SELECT labelfile FROM pg_backup_stop(false)');
    const { uid, gid } = statSync(data);
    mkdirSync(join(data, 'pg_wal', 'archive_status'), { recursive: true, mode: 0o700 });
    writeFileSync(join(data, 'backup_label'), stopped?.labelfile as string);
    writeFileSync(join(data, 'standby.signal'), '');
    for (const file of ['pg_wal', 'pg_wal/archive_status', 'backup_label', 'standby.signal']) {
      chownSync(join(data, file), uid, gid);
    }
    const from = `host=127.0.0.1 port=${this.replica_way.port} user=till application_name=replica`;
    const replica = PostgresServer.create({ directory, settings: [KEEP_WAL, `primary_conninfo=${from}`] });
    await replica.start();
    this.#replica = replica;
    await this.until("SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'");
    await this.setSynchronous(true);
  }

  /** Whether commits wait for the replica. */
  async setSynchronous(is_synchronous: boolean): Promise<void> {
    const what = is_synchronous ? "SET synchronous_standby_names = '*'" : 'RESET synchronous_standby_names';
    await this.sql(`ALTER SYSTEM ${what}`);
    await this.sql('SELECT pg_reload_conf()');
    await this.until(`SELECT 1 WHERE (current_setting('synchronous_standby_names') = '*') = ${is_synchronous}`);
  }

  /** The server is lost with its disk, and the replica takes its place with what it has. The ways must be led to it. */
  async promote(): Promise<void> {
    const promoted = this.replica;
    await this.#server.end('SIGKILL');
    this.#hangUp();
    this.#server = promoted;
    this.#replica = undefined;
    await this.until('SELECT pg_promote(true, 60)');
    await this.until('SELECT 1 WHERE NOT pg_is_in_recovery()');
  }

  /** Copies the server's files while it is stopped; answers what puts the server back to them. */
  async snapshot(): Promise<() => Promise<void>> {
    const kept = mkdtempSync(join(tmpdir(), 'till-pg-'));
    this.#directories.push(kept);
    const { server } = this;
    await server.end('SIGINT');
    copyTree(server.data, join(kept, 'data'));
    await server.start();
    return async () => {
      await server.end('SIGKILL');
      rmSync(server.data, { recursive: true });
      copyTree(join(kept, 'data'), server.data);
      await server.start();
    };
  }

  /** Dumps every table as it is now; answers what restores them, as pg_restore --clean does. */
  async dump(): Promise<() => Promise<void>> {
    // The lease comes first, as in each group of a node: two that lock tables in turns would wait for each other.
    const rows = await this.sql(
      "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename <> 'lease', tablename",
    );
    const tables = rows.map(({ tablename }) => tablename as string);
    const inOne = (statements: readonly string[]): Promise<unknown> =>
      this.sql(['BEGIN ISOLATION LEVEL REPEATABLE READ', ...statements, 'COMMIT'].join(';'));
    await inOne([
      'DROP SCHEMA IF EXISTS dump CASCADE',
      'CREATE SCHEMA dump',
      ...tables.map((table) => `CREATE TABLE dump.${table} AS TABLE public.${table}`),
    ]);
    return async () => {
      // Whoever restores a dump has the tables to himself: nothing is written between the rows of before and of now.
      const all = tables.map((table) => `public.${table}`).join(', ');
      const restore = tables.map((table) => `INSERT INTO public.${table} OVERRIDING SYSTEM VALUE TABLE dump.${table}`);
      await inOne([`LOCK TABLE ${all} IN ACCESS EXCLUSIVE MODE`, `TRUNCATE ${all} CASCADE`, ...restore]);
    };
  }

  /** Fills the disk to its last byte; answers what frees it. Only on a small disk. */
  fillDisk(): () => void {
    if (this.#mounted === undefined) throw new Error('the disk of this database is not its own');
    const file = join(this.#mounted, 'filler');
    const { bavail, bsize } = statfsSync(this.#mounted);
    try {
      writeFileSync(file, Buffer.alloc(bavail * bsize));
    } catch (error) {
      // The server was quicker with the last of it.
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
    return () => rmSync(file);
  }

  /** Ends all servers, and leaves nothing behind. */
  async close(): Promise<void> {
    this.#hangUp();
    await Promise.all([this.#server.end('SIGQUIT'), this.#replica?.end('SIGQUIT')]);
    await this.replica_way.close();
    this.#unmount();
    for (const each of this.#directories) rmSync(each, { recursive: true, force: true });
  }

  #unmount(): void {
    if (this.#mounted !== undefined) spawnSync('umount', ['-l', this.#mounted]);
  }

  async #connected(): Promise<Client> {
    if (this.#client !== undefined) return this.#client;
    const client = new Client({ host: this.#server.directory, user: 'till', database: 'postgres' });
    // A server that is killed meanwhile says so here too; whoever asked hears of it by the answer that does not come.
    client.on('error', () => {
      if (this.#client === client) this.#hangUp();
    });
    try {
      await client.connect();
    } catch (error) {
      destroy(client);
      throw error;
    }
    // Two that asked at once have a connection each: one is kept.
    if (this.#client !== undefined) {
      destroy(client);
      return this.#client;
    }
    this.#client = client;
    return client;
  }

  #hangUp(): void {
    const client = this.#client;
    this.#client = undefined;
    if (client !== undefined) destroy(client);
  }
}

/** Ends a connection whatever its other end does: one that waits for a server that hangs would keep the process alive. */
function destroy(client: Client): void {
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
}

/** Copies a directory with its owners; files that go away meanwhile are left out, as they are from a server's copy of itself. */
function copyTree(from: string, to: string): void {
  const { stderr } = spawnSync('cp', ['-a', from, to], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
  const wrong = stderr.split('\n').filter((line) => line !== '' && !line.includes('No such file or directory'));
  if (wrong.length > 0) throw new Error(`cp -a ${from} ${to}: ${wrong[0]}`);
}
