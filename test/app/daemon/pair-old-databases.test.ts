/**
 * Databases of a server that are older than their node, made so by the programs that do it: a dump that is restored, a copy of
 * the server's files that is put back, a replica that is promoted without the last commits. The node says what is missing,
 * cannot be told that it is the latest, and gives its channels up.
 */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, globSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Client } from 'pg';
import { loadConfig } from '../../../src/app/config/config.ts';
import type { Database } from '../../../src/app/daemon/database.ts';
import { judgePlace } from '../../../src/app/daemon/open.ts';
import { openDatabase } from '../../../src/app/daemon/open-database.ts';
import { findPostgres, type PostgresPrograms, PostgresServer } from '../../../src/app/sandbox/postgres-server.ts';
import type { Log } from '../../../src/base/log.ts';
import { systemClock } from '../../../src/base/types/clock.ts';
import { decodeState, encodeState } from '../../../src/protocol/channel/codec.ts';
import { Database as Servers } from '../../pair/database.ts';
import { usablePair } from '../../protocol/channel/pair.ts';
import { postgresMissing } from '../../support/postgres.ts';
import { TIMEOUT } from '../../support/time-limit.ts';

const root = mkdtempSync(join(tmpdir(), 'till-old-'));
// The server's programs are nobody's where we are root.
chmodSync(root, 0o755);
after(() => rmSync(root, { recursive: true, force: true }));

const { state: CHANNEL } = usablePair().alice;

/** A node of one directory, as far as it knows its database. */
class Node {
  readonly log: string[] = [];
  readonly #directory = mkdtempSync(join(root, 'node-'));

  /** Opens the database and judges it, as a start does. */
  async open(dsn: string, ...options: readonly string[]): Promise<Database> {
    const config = loadConfig([
      '--network=regtest',
      `--lightning-dir=${this.#directory}`,
      `--wallet=${dsn}`,
      '--lease-seconds=1',
      '--embedded-chain=none',
      ...options,
    ]);
    mkdirSync(config.network_dir, { recursive: true });
    const say = (text: string): void => void this.log.push(text);
    const log: Log = { debug: say, info: say, warn: say, error: say };
    const onFatal = (message: string): void => assert.fail(message);
    const database = await openDatabase({ config, log, clock: systemClock, onFatal });
    try {
      await judgePlace(config, log, database.store, database);
      return database;
    } catch (error) {
      await database.store.close();
      throw error;
    }
  }

  /** Works for so many commits, the first of which opens a channel where there is none. */
  async work(dsn: string, commits: number, during: () => Promise<void> = async () => {}): Promise<void> {
    const { store } = await this.open(dsn);
    await store.commit([
      {
        sql: `INSERT INTO channels (channel_id, peer_id, key_id, state, is_closed) VALUES (?, 'peer', 'key', ?, 0)
          ON CONFLICT (channel_id) DO NOTHING`,
        params: [CHANNEL.terms.channel_id, encodeState(CHANNEL)],
      },
    ]);
    await during();
    for (let count = 0; count < commits; count++) {
      await store.commit([
        {
          sql: 'INSERT INTO peers (node_id, address) VALUES (?, ?) ON CONFLICT (node_id) DO UPDATE SET address = excluded.address',
          params: ['peer', String(count)],
        },
      ]);
    }
    await store.close();
  }

  /** The database of before is told of, refused as the latest, and given up. */
  async assertOld(dsn: string): Promise<void> {
    const said = this.log.length;
    await assert.rejects(this.open(dsn, '--copied-database=latest'), /lacks commits.*cannot be the latest/);
    const line = this.log.slice(said).find((text) => text.includes('older than this node'));
    const [, found, known] = /it has (\d+) commits, and (\d+) were durable/.exec(line ?? '') ?? [];
    assert.ok(Number(found) < Number(known), `${found} of ${known}: ${this.log.slice(said).join('\n')}`);
    const { store } = await this.open(dsn);
    const [row] = await store.read('SELECT state FROM channels');
    const { phase, failure } = decodeState(row?.state as string);
    assert.deepEqual([phase, failure?.data_loss], ['failed', true]);
    await store.close();
    const again = this.log.length;
    const later = await this.open(dsn);
    await later.store.close();
    assert.doesNotMatch(this.log.slice(again).join('\n'), /older than/, 'that is judged');
  }
}

/** Programs that dump and restore, of the same version as a server's. */
function findDumper(): (PostgresPrograms & { readonly pg_dump: string; readonly pg_restore: string }) | undefined {
  const packaged = (() => {
    try {
      return [dirname(findPostgres().postgres)];
    } catch {
      return [];
    }
  })();
  const has = (place: string) =>
    ['initdb', 'postgres', 'pg_dump', 'pg_restore'].every((name) => existsSync(join(place, name)));
  const place = [...packaged, ...globSync('/usr/lib/postgresql/*/bin')].find(has);
  if (place === undefined) return undefined;
  const at = (name: string): string => join(place, name);
  return {
    initdb: at('initdb'),
    postgres: at('postgres'),
    pg_basebackup: undefined,
    pg_dump: at('pg_dump'),
    pg_restore: at('pg_restore'),
  };
}

const dumper = findDumper();

describe('a database of a server that is older than its node', { ...TIMEOUT, skip: postgresMissing ?? false }, () => {
  const NO_DUMPER = { skip: dumper === undefined ? 'pg_dump and pg_restore are not here' : false };
  /** On a server of its own, with a dump that lacks the last commits. */
  async function withDump(
    run: (the: { server: PostgresServer; node: Node; dump: string }) => Promise<void>,
  ): Promise<void> {
    const directory = mkdtempSync(join(tmpdir(), 'till-pg-'));
    const server = PostgresServer.create({ directory, programs: dumper as PostgresPrograms });
    try {
      await server.start();
      const node = new Node();
      const dump = join(directory, 'dump');
      await node.work(server.dsn, 5, async () => {
        server.run(dumper?.pg_dump as string, ['-h', directory, '-U', 'till', '-Fc', '-f', dump, 'postgres']);
      });
      await run({ server, node, dump });
    } finally {
      await server.end('SIGQUIT');
      rmSync(directory, { recursive: true, force: true });
    }
  }
  const restoreInto = (server: PostgresServer, database: string, dump: string, ...options: readonly string[]) =>
    server.run(dumper?.pg_restore as string, ['-h', server.directory, '-U', 'till', '-d', database, ...options, dump]);

  it('restored from a dump, over the database that was there', NO_DUMPER, async () => {
    await withDump(async ({ server, node, dump }) => {
      restoreInto(server, 'postgres', dump, '--clean', '--if-exists', '--single-transaction');
      await node.assertOld(server.dsn);
    });
  });

  it('restored from a dump, into another database', NO_DUMPER, async () => {
    await withDump(async ({ server, node, dump }) => {
      const client = new Client({ host: server.directory, user: 'till', database: 'postgres' });
      await client.connect();
      await client.query('CREATE DATABASE restored');
      await client.end();
      restoreInto(server, 'restored', dump);
      await node.assertOld(server.dsn.replace('///postgres', '///restored'));
    });
  });

  it("put back with the server's files as they were", async () => {
    const servers = await Servers.open('single');
    try {
      const node = new Node();
      await node.work(servers.server.dsn, 1);
      const goBack = await servers.snapshot();
      await node.work(servers.server.dsn, 5);
      await goBack();
      await node.assertOld(servers.server.dsn);
    } finally {
      await servers.close();
    }
  });

  it('on a replica that was promoted before it had the last commits', async () => {
    const servers = await Servers.open('replica');
    try {
      const node = new Node();
      await node.work(servers.server.dsn, 1);
      await servers.setSynchronous(false);
      await node.work(servers.server.dsn, 5, async () => servers.replica_way.set('swallow'));
      await servers.promote();
      await node.assertOld(servers.server.dsn);
    } finally {
      await servers.close();
    }
  });
});
