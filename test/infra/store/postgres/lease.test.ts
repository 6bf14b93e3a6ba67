/** The row of the lease: who does not hold it commits nothing, and who takes it waits for nobody that hangs. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { Client } from 'pg';
import { secureRandomBytes } from '../../../../src/base/crypto/random.ts';
import type { StoreFailure } from '../../../../src/infra/store/failure.ts';
import { LeaseLostError, readLease, takeLease } from '../../../../src/infra/store/postgres/lease-row.ts';
import { PostgresHome, PostgresStore } from '../../../../src/infra/store/postgres/postgres-store.ts';
import { parseTarget } from '../../../../src/infra/store/postgres/target.ts';
import { asHolder } from '../../../support/holder.ts';
import { PostgresServer, postgresMissing } from '../../../support/postgres.ts';
import { TIMEOUT } from '../../../support/time-limit.ts';
import { CONTRACT_MIGRATIONS } from '../schema.ts';

const ADD = [{ sql: "INSERT INTO things (id, name) VALUES (1, 'one')", params: [] }];

describe('the lease of a database', { ...TIMEOUT, skip: postgresMissing ?? false }, () => {
  let server: PostgresServer;
  let count = 0;
  let schema: string;
  before(async () => {
    server = await PostgresServer.start();
  });
  after(() => server.stop());
  beforeEach(async () => {
    schema = `lease${++count}`;
    await server.ask(`CREATE SCHEMA ${schema}`);
  });

  const homeOf = () => PostgresHome.open({ target: parseTarget(server.dsn(schema)), must_be_durable: false });

  async function openStore(): Promise<{ readonly store: PostgresStore; readonly failed: Promise<StoreFailure> }> {
    const failed = Promise.withResolvers<StoreFailure>();
    const store = await PostgresStore.open(await homeOf(), {
      ...asHolder('front'),
      migrations: CONTRACT_MIGRATIONS,
      onFailure: failed.resolve,
    });
    return { store, failed: failed.promise };
  }

  /** A connection of somebody else. */
  async function stranger(): Promise<Client> {
    const client = new Client({ host: server.directory, user: 'admin', database: 'postgres', password: '' });
    client.on('error', () => {
      // Its end is what some tests want.
    });
    await client.connect();
    await client.query(`SET search_path = ${schema}`);
    return client;
  }

  it('a writer whose epoch is over commits nothing, and fails', async () => {
    const { store, failed } = await openStore();
    await server.ask(`UPDATE ${schema}.lease SET epoch = epoch + 1`);
    void store.commit(ADD);
    assert.ok((await failed) instanceof LeaseLostError);
    assert.deepEqual(await server.ask(`SELECT id FROM ${schema}.things`), []);
    await store.close();
  });

  it('a group holds the row from its beginning to its end: nobody takes over in between', async () => {
    const { store } = await openStore();
    const [blocker, taker] = [await stranger(), await stranger()];
    await blocker.query('BEGIN');
    await blocker.query('LOCK TABLE things IN ACCESS EXCLUSIVE MODE');
    const committing = store.commit(ADD);
    // The group has begun, and waits for the table.
    for (;;) {
      const { rows } = await taker.query("SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'things'::regclass");
      if (rows.length > 0) break;
    }
    await taker.query("SET lock_timeout = '100ms'");
    await assert.rejects(taker.query('UPDATE lease SET epoch = epoch + 1'), { code: '55P03' });
    await blocker.query('ROLLBACK');
    assert.equal((await committing).committed, true);
    await Promise.all([blocker.end(), taker.end()]);
    await store.close();
  });

  it('whoever reads the row sees whether the connection of its holder is there', async () => {
    const home = await homeOf();
    const watching = await home.session('reader');
    const { store } = await openStore();
    await store.close();
    const session = await home.session('writer');
    const seen = await readLease(watching);
    assert.equal(seen.is_connected, false, 'its holder has let go and ended its connection');
    await takeLease(session, seen, asHolder('back').taker, secureRandomBytes);
    assert.equal((await readLease(watching)).is_connected, true);
    session.destroy();
    while ((await readLease(watching)).is_connected);
    await watching.end();
    await home.close();
  });

  it('a holder that hangs in a transaction is ended by who takes over', async () => {
    const { store } = await openStore();
    await store.close();
    const hanging = await stranger();
    await hanging.query('BEGIN');
    await hanging.query(`UPDATE lease SET holder = 'front', backend_pid = pg_backend_pid(),
      backend_start = (SELECT backend_start::text FROM pg_stat_activity WHERE pid = pg_backend_pid())`);
    await hanging.query('COMMIT');
    await hanging.query('BEGIN');
    await hanging.query('UPDATE lease SET commit_number = commit_number + 1');
    const home = await homeOf();
    const session = await home.session('writer');
    const taker = { holder: 'back', directory: 'back', known_commit: 0n };
    const { held } = await takeLease(session, await readLease(session), taker, secureRandomBytes);
    assert.ok(held.epoch > 0n);
    await session.end();
    await home.close();
    await hanging.end().catch(() => {
      // It was ended.
    });
  });

  it('after a lost connection the epoch is another, so that nothing of the old one can come any more', async () => {
    const { store } = await openStore();
    const { epoch } = store.held;
    await server.ask(
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid = (SELECT backend_pid FROM ${schema}.lease)`,
    );
    assert.equal((await store.commit(ADD)).committed, true);
    assert.ok(store.held.epoch > epoch);
    const [row] = await server.ask(`SELECT epoch FROM ${schema}.lease`);
    assert.equal(BigInt(row?.epoch as string), store.held.epoch);
    await store.close();
  });

  it('a Till that is too old for the database leaves the lease as it is, whoever held it', async () => {
    const { store } = await openStore();
    await store.close();
    const home = await homeOf();
    const watching = await home.session('reader');
    const seen = await readLease(watching);
    const older = { ...asHolder('back'), migrations: [], onFailure: assert.fail };
    for (const options of [older, { ...older, seen, session: await home.session('writer') }]) {
      await assert.rejects(PostgresStore.open(home, options), /made by a newer Till/);
    }
    const { epoch, holder } = await readLease(watching);
    assert.deepEqual([epoch, holder], [seen.epoch, seen.holder]);
    await watching.end();
    await home.close();
  });

  it('a database with fewer commits than the taker has heard of is marked, and counts on from there', async () => {
    const { store } = await openStore();
    await store.commit(ADD);
    await store.close();
    const again = await PostgresStore.open(await homeOf(), {
      ...asHolder('front'),
      taker: { holder: 'front', directory: 'front', known_commit: 70n },
      migrations: CONTRACT_MIGRATIONS,
      onFailure: (error) => assert.fail(error),
    });
    assert.equal(again.found.is_behind, true);
    assert.equal(again.held.commit_number, 70n);
    await again.close();
    // A crash before its channels were given up does not hide it.
    const { store: third } = await openStore();
    assert.equal(third.found.is_behind, true);
    await third.close();
  });
});
