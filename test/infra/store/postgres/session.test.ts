/** What a server must be before Till trusts it, and who may log in. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { PostgresHome } from '../../../../src/infra/store/postgres/postgres-store.ts';
import { parseTarget } from '../../../../src/infra/store/postgres/target.ts';
import { PostgresServer, postgresMissing } from '../../../support/postgres.ts';
import { TIMEOUT } from '../../../support/time-limit.ts';

describe('a server', { ...TIMEOUT, skip: postgresMissing ?? false }, () => {
  let server: PostgresServer;

  before(async () => {
    server = await PostgresServer.start();
    await server.ask("CREATE ROLE till LOGIN PASSWORD 'geheim'");
    await server.ask("CREATE DATABASE other ENCODING 'SQL_ASCII' TEMPLATE template0");
    const rules = join(server.directory, 'data', 'pg_hba.conf');
    writeFileSync(rules, `local all till scram-sha-256\n${readFileSync(rules, 'utf8')}`);
    await server.ask('SELECT pg_reload_conf()');
    // The server reads its rules when it comes to it: until then it lets everybody in.
    for (let isLetIn = true; isLetIn; ) {
      isLetIn = await open(as('till', 'falsch')).then(
        () => true,
        () => false,
      );
    }
  });
  after(() => server.stop());

  const open = async (dsn: string, must_be_durable = false): Promise<void> => {
    const home = await PostgresHome.open({ target: parseTarget(dsn), must_be_durable });
    await home.close();
  };
  const as = (user: string, password: string): string =>
    `postgres://${user}:${password}@/postgres?host=${encodeURIComponent(server.directory)}`;

  it('is refused while a power cut could lose what it has answered', async () => {
    await assert.rejects(open(server.dsn(), true), {
      name: 'StoreFailure',
      message: /fsync is off and full_page_writes is off: both must be on/,
    });
    await open(server.dsn());
  });

  it('is refused when it cannot keep every text', async () => {
    await assert.rejects(
      open(server.dsn().replace('/postgres?', '/other?')),
      /its encoding is SQL_ASCII: create it with/,
    );
  });

  it('lets in who has the password, and nobody learns it from an error', async () => {
    await open(as('till', 'geheim'));
    for (const password of ['falsch', 'geheim2']) {
      const refused = await open(as('till', password)).catch((error: Error) => error);
      assert.ok(refused instanceof Error);
      assert.match(refused.message, /password authentication failed.*check user, password and pg_hba\.conf/);
      assert.doesNotMatch(`${refused.message} ${refused.stack}`, /falsch|geheim/);
    }
    const none = `postgres://till@/postgres?host=${encodeURIComponent(server.directory)}`;
    await assert.rejects(open(none), /the server asks for a password: give it in wallet-password-file/);
  });

  it('is told apart from one that is not there, and from a database that is not there', async () => {
    await assert.rejects(open('postgres://till@127.0.0.1:1/till?sslmode=disable'), /ECONNREFUSED/);
    await assert.rejects(
      open(server.dsn().replace('/postgres?', '/nowhere?')),
      /does not exist .*create it first: createdb/,
    );
  });

  it('overrules what the role was set to, where that would lose commits or hide a warning', async () => {
    await server.ask('ALTER ROLE admin SET synchronous_commit = off');
    await server.ask('ALTER ROLE admin SET client_min_messages = error');
    const home = await PostgresHome.open({ target: parseTarget(server.dsn()), must_be_durable: false });
    const session = await home.session('writer');
    const [row] = await session.query(
      "SELECT current_setting('synchronous_commit') AS commit, current_setting('client_min_messages') AS notices",
    );
    assert.deepEqual({ ...row }, { commit: 'on', notices: 'warning' });
    await session.end();
    await home.close();
  });
});
