/** What becomes of units when the server, or the wire to it, fails: on a server of this test's own, over a wire that it cuts. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { nextNumber } from '../../../../src/infra/store/counters.ts';
import type { StoreFailure } from '../../../../src/infra/store/failure.ts';
import { PostgresHome, PostgresStore } from '../../../../src/infra/store/postgres/postgres-store.ts';
import { parseTarget } from '../../../../src/infra/store/postgres/target.ts';
import type { CommittedGroup } from '../../../../src/infra/store/postgres/writer.ts';
import type { UnitResult, Write } from '../../../../src/infra/store/store.ts';
import { Random } from '../../../sim/random.ts';
import { asHolder } from '../../../support/holder.ts';
import { PostgresServer, postgresMissing } from '../../../support/postgres.ts';
import { type Fate, TcpProxy } from '../../../support/tcp-proxy.ts';
import { TIMEOUT } from '../../../support/time-limit.ts';
import { CONTRACT_MIGRATIONS } from '../schema.ts';

/** Cuts on each side of the commit; `TILL_POSTGRES_ROUNDS` makes them more. */
const ROUNDS = Number(process.env.TILL_POSTGRES_ROUNDS ?? 8);

describe('a store whose server fails', { ...TIMEOUT, skip: postgresMissing ?? false }, () => {
  let server: PostgresServer;
  let proxy: TcpProxy;
  let store: PostgresStore;
  let committed: CommittedGroup[];
  let failed: PromiseWithResolvers<StoreFailure>;
  let schemas = 0;

  before(async () => {
    // What is written here must be there after a kill -9, which only asks that the system lives.
    server = await PostgresServer.start(['fsync=off', 'full_page_writes=off', 'log_lock_waits=on']);
    proxy = await TcpProxy.open(join(server.directory, '.s.PGSQL.5432'));
  });
  after(async () => {
    await proxy.close();
    await server.stop();
  });

  async function open(): Promise<void> {
    const schema = `s${++schemas}`;
    await server.ask(`CREATE SCHEMA ${schema}`);
    committed = [];
    failed = Promise.withResolvers();
    const home = await PostgresHome.open({
      target: parseTarget(server.dsn(schema, `host=127.0.0.1&port=${proxy.port}&sslmode=disable`)),
      must_be_durable: false,
      timeout_seconds: 60,
    });
    store = await PostgresStore.open(home, {
      ...asHolder('test'),
      migrations: CONTRACT_MIGRATIONS,
      onFailure: failed.resolve,
      onCommitted: (group) => void committed.push(group),
    });
  }

  afterEach(async () => {
    proxy.onRequest = () => 'pass';
    proxy.onReply = () => 'pass';
    await store.close();
  });

  const add = (name: string): Write[] => [
    { sql: "UPDATE counters SET value = value + 1 WHERE name = 'units'", params: [] },
    {
      sql: `INSERT INTO things (id, name) VALUES (${nextNumber('things')}, ?) ON CONFLICT DO NOTHING RETURNING id`,
      params: [name],
      stop_if_no_row: true,
    },
  ];
  /** Commits; rejects when the store fails instead. */
  const commit = (unit: readonly Write[]): Promise<UnitResult> =>
    Promise.race([store.commit(unit), failed.promise.then((failure) => Promise.reject(failure))]);
  const idOf = (result: UnitResult): unknown => (result.committed ? result.rows[1]?.[0]?.id : undefined);

  async function assertAllThere(count: number): Promise<void> {
    const rows = await store.read('SELECT id, name FROM things ORDER BY id');
    assert.deepEqual(
      rows.map(({ id, name }) => [id, name]),
      Array.from({ length: count }, (_, index) => [BigInt(index + 1), `t${index + 1}`]),
    );
    const numbers = committed.map(({ commit_number }) => commit_number);
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => (numbers[0] as bigint) + BigInt(index)),
    );
  }

  it('finds out whether a commit took effect whose request or answer was lost, and runs nothing twice', async () => {
    await open();
    const seed = Number(process.env.TILL_SEED ?? 7);
    const random = new Random(seed);
    for (let round = 1; round <= ROUNDS; round++) {
      const is_request = random.below(2) === 0;
      // The first piece is the group, the second its commit.
      let left = random.below(2) + 1;
      const judge = (): Fate => (--left === 0 ? 'cut' : 'pass');
      if (is_request) proxy.onRequest = judge;
      else proxy.onReply = judge;
      const result = await commit(add(`t${round}`));
      proxy.onRequest = () => 'pass';
      proxy.onReply = () => 'pass';
      assert.equal(idOf(result), BigInt(round), `round ${round} of seed ${seed}`);
    }
    await assertAllThere(ROUNDS);
  });

  it('frees the rows of half a group that a silent wire left behind', async () => {
    await open();
    await commit(add('t1'));
    proxy.onRequest = (bytes) => {
      proxy.onRequest = () => 'pass';
      return bytes.length > 0 ? 'half' : 'pass';
    };
    assert.equal(idOf(await commit(add('t2'))), 2n);
    await assertAllThere(2);
  });

  it('goes on after its backend was ended, or its statement was cancelled', async () => {
    await open();
    const backend = "FROM pg_stat_activity WHERE application_name = 'till-writer'";
    await commit(add('t1'));
    await server.ask(`SELECT pg_terminate_backend(pid, 5000) ${backend}`);
    assert.equal(idOf(await commit(add('t2'))), 2n);
    await server.ask(`CREATE TABLE s${schemas}.flags (flag BIGINT)`);
    const sleep = 'SELECT CAST(pg_sleep(CASE WHEN EXISTS (SELECT 1 FROM flags) THEN 0 ELSE 600 END) AS TEXT) AS slept';
    const waiting = commit([...add('t3'), { sql: sleep, params: [] }]);
    await server.until(`SELECT 1 ${backend} AND wait_event = 'PgSleep'`);
    await server.ask(`INSERT INTO s${schemas}.flags VALUES (1)`);
    await server.ask(`SELECT pg_cancel_backend(pid) ${backend}`);
    assert.equal(idOf(await waiting), 3n);
    await assertAllThere(3);
  });

  it('goes on after the server was killed and has started again', async () => {
    await open();
    await commit(add('t1'));
    const under_way = commit(add('t2'));
    await server.kill('SIGKILL');
    await server.up();
    assert.equal(idOf(await under_way), 2n);
    await assertAllThere(2);
  });

  it('says nothing of a commit that was cancelled while it waited for a synchronous replica', async () => {
    await open();
    await commit(add('t1'));
    await server.ask("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    await server.ask('SELECT pg_reload_conf()');
    try {
      // The server's processes read the setting when they come to it: what is committed before that is told.
      let told = 1;
      const commitOn = async (): Promise<never> => {
        for (;;) {
          await store.commit(add(`t${told + 1}`));
          told++;
        }
      };
      void commitOn();
      await server.until(
        "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'till-writer' AND wait_event = 'SyncRep'",
      );
      assert.match((await failed.promise).message, /a replica does not have it: canceling wait for synchronous/);
      // The server has one that was not told all the same: that is why nothing may be said either way.
      const rows = await server.ask(`SELECT name FROM s${schemas}.things ORDER BY id`);
      assert.deepEqual(
        rows.map(({ name }) => name),
        Array.from({ length: told + 1 }, (_, index) => `t${index + 1}`),
      );
    } finally {
      await server.ask('ALTER SYSTEM RESET synchronous_standby_names');
      await server.ask('SELECT pg_reload_conf()');
    }
  });

  it('ends when somebody else has taken the lease', async () => {
    await open();
    await commit(add('t1'));
    await server.ask(`UPDATE s${schemas}.lease SET epoch = epoch + 1, run = 'other'`);
    void store.commit(add('t2'));
    assert.match((await failed.promise).message, /another node has taken over the database/);
    assert.deepEqual(await server.ask(`SELECT name FROM s${schemas}.things`), [{ name: 't1' }]);
  });

  it('ends when the database has gone back behind what it told', async () => {
    await open();
    await commit(add('t1'));
    await server.ask(`UPDATE s${schemas}.lease SET commit_number = commit_number - 1`);
    const backend = "FROM pg_stat_activity WHERE application_name = 'till-writer'";
    await server.ask(`SELECT pg_terminate_backend(pid, 5000) ${backend}`);
    void store.commit(add('t2'));
    assert.match((await failed.promise).message, /the database is older than what it has told this node/);
  });
});

describe('a writer that is not alone', { ...TIMEOUT, skip: postgresMissing ?? false }, () => {
  it('is refused with the name of the node that is at work, and takes over from one that is gone', async () => {
    const server = await PostgresServer.start();
    try {
      const target = parseTarget(server.dsn());
      const openAs = async (holder: string): Promise<PostgresStore> =>
        PostgresStore.open(await PostgresHome.open({ target, must_be_durable: false }), {
          ...asHolder(holder),
          migrations: CONTRACT_MIGRATIONS,
          onFailure: () => {},
        });
      const first = await openAs('shop-a');
      await assert.rejects(openAs('shop-b'), {
        name: 'StoreFailure',
        message: /another node writes this database: shop-a/,
      });
      await server.ask(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'till-writer'",
      );
      const second = await openAs('shop-b');
      assert.equal((await second.commit([])).committed, true);
      await first.close();
      await second.close();
    } finally {
      await server.stop();
    }
  });
});
