/** The role that docs/guide/postgresql.md has the operator create is enough for all that a node and a pair do, and is no more. */
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Client } from 'pg';
import { connectToNode, type Client as NodeClient } from '../../../src/api/client/index.ts';
import type { Daemon } from '../../../src/app/daemon/daemon.ts';
import { moveToFile, moveToServer } from '../../../src/app/daemon/move-database.ts';
import { secureRandomBytes } from '../../../src/base/crypto/random.ts';
import { readLease, takeLease } from '../../../src/infra/store/postgres/lease-row.ts';
import { PostgresHome } from '../../../src/infra/store/postgres/postgres-store.ts';
import { parseTarget } from '../../../src/infra/store/postgres/target.ts';
import { asHolder } from '../../support/holder.ts';
import { PostgresServer, postgresMissing } from '../../support/postgres.ts';
import { TIMEOUT } from '../../support/time-limit.ts';
import { Town, untilAsync } from '../../support/town.ts';

const GUIDE = join(import.meta.dirname, '../../../docs/guide/postgresql.md');

/** What the guide tells the administrator of the server to run. */
function guidedStatements(): readonly string[] {
  const [, block = ''] = /```sql\n([^`]*)```/.exec(readFileSync(GUIDE, 'utf8')) ?? [];
  return block
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}

describe('the role of the guide', { ...TIMEOUT, skip: postgresMissing ?? false }, () => {
  let server: PostgresServer;
  let town: Town;
  let wallet: string;

  before(async () => {
    server = await PostgresServer.start(['fsync=on']);
    // One by one: a database is not made within a transaction.
    for (const statement of guidedStatements()) await server.ask(statement);
    wallet = `postgres://till@/till?host=${encodeURIComponent(server.directory)}`;
    town = await Town.found();
  });
  after(async () => {
    await town.close();
    await server.stop();
  });

  const options = (name: string): readonly string[] => [
    `--wallet=${wallet}`,
    `--node-name=${name}`,
    '--lease-seconds=60',
    '--standby',
  ];
  const dirOf = (name: string): string => join(town.dir, name, 'regtest');

  async function asked<T>(name: string, ask: (client: NodeClient) => Promise<T>): Promise<T> {
    const client = await connectToNode(join(dirOf(name), 'lightning-rpc'), { reconnect: false });
    try {
      return await ask(client);
    } finally {
      client.close();
    }
  }

  it('has no right on the server but to its own database, which nobody else has', async () => {
    const [role] = await server.ask(
      `SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls,
          (SELECT count(*)::int FROM pg_auth_members WHERE member = pg_roles.oid) AS memberships
        FROM pg_roles WHERE rolname = 'till'`,
    );
    assert.deepEqual(
      { ...role },
      {
        rolsuper: false,
        rolcreatedb: false,
        rolcreaterole: false,
        rolreplication: false,
        rolbypassrls: false,
        memberships: 0,
      },
    );
    await server.ask('CREATE ROLE stranger LOGIN');
    const stranger = new Client({ host: server.directory, user: 'stranger', database: 'till', password: '' });
    await assert.rejects(stranger.connect(), /permission denied for database/);
  });

  it('is enough for a node, its backup and its queries, and for a standby that takes over', async () => {
    const front = await town.start('front', ...options('front'));
    await asked('front', async (client) => {
      await client.call('invoice', { amount_msat: 1000, label: 'coffee', description: 'a cup' });
      const { rows } = await client.call('sql', { query: 'SELECT label FROM invoices' });
      assert.deepEqual(rows, [['coffee']]);
      const destination = join(town.dir, 'copy.sqlite3');
      await client.call('backup', { destination });
      assert.ok(existsSync(destination));
    });
    mkdirSync(dirOf('back'), { recursive: true });
    copyFileSync(join(dirOf('front'), 'seed'), join(dirOf('back'), 'seed'));
    const taking: Promise<Daemon> = town.start('back', ...options('back'));
    await untilAsync(async () => {
      const { pair } = await asked('front', (client) => client.call('getinfo', {}));
      return pair?.standbys?.length === 1;
    });
    await town.stop(front);
    const back = await taking;
    await asked('back', async (client) => {
      const { invoices } = await client.call('listinvoices', {});
      assert.deepEqual(
        invoices.map(({ label }) => label),
        ['coffee'],
      );
      await client.call('invoice', { amount_msat: 1000, label: 'tea', description: 'a pot' });
    });
    await town.stop(back);
  });

  it('is enough to end the connection of a holder that hangs', async () => {
    const home = await PostgresHome.open({ target: parseTarget(wallet) });
    const [hanging, taking] = [await home.session('writer'), await home.session('writer')];
    await takeLease(hanging, await readLease(taking), asHolder('front').taker, secureRandomBytes);
    // In one packet: the server would end it by itself a moment after the first of them.
    const statements = ['BEGIN', 'UPDATE lease SET commit_number = commit_number'];
    await hanging.run(statements.map((sql) => ({ sql, params: [] })));
    const { held } = await takeLease(taking, await readLease(taking), asHolder('back').taker, secureRandomBytes);
    assert.equal(held.epoch, (await readLease(taking)).epoch);
    await taking.query("UPDATE lease SET holder = ''");
    await taking.end();
    hanging.destroy();
    await home.close();
  });

  it('is enough to move the database to a file, and back', async () => {
    // Who moves it has worked on it last.
    await town.stop(await town.start('back', ...options('back')));
    const move = { directory: dirOf('back'), target: parseTarget(wallet), say: () => {} };
    await moveToFile(move);
    const database = new Client({ host: server.directory, user: 'admin', database: 'till', password: '' });
    await database.connect();
    const { rows } = await database.query("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'");
    assert.deepEqual(rows, [{ tableowner: 'till' }]);
    await database.end();
    await server.ask('DROP DATABASE till');
    for (const statement of guidedStatements()) if (/DATABASE/.test(statement)) await server.ask(statement);
    await moveToServer(move);
    const back = await town.start('back', ...options('back'));
    const { invoices } = await asked('back', (client) => client.call('listinvoices', {}));
    assert.deepEqual(
      invoices.map(({ label }) => label),
      ['coffee', 'tea'],
    );
    await town.stop(back);
  });
});
