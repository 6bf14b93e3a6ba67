import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PostgresServer, postgresMissing } from '../support/postgres.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { Reader } from './reader.ts';

test('docs/guide/postgresql.md', { skip: postgresMissing ?? false }, async (t) => {
  // The server of the guide: durable, and it asks the node for its password.
  const server = await PostgresServer.start(['fsync=on', 'full_page_writes=on']);
  t.after(() => server.stop());
  const rules = join(server.directory, 'data', 'pg_hba.conf');
  writeFileSync(rules, `local all till scram-sha-256\n${readFileSync(rules, 'utf8')}`);
  await server.ask('SELECT pg_reload_conf()');
  const proxy = await TcpProxy.open(join(server.directory, '.s.PGSQL.5432'));
  t.after(() => proxy.close());
  const reader = new Reader('postgresql', [
    ['signet', 'regtest'],
    ['db.example/till', `127.0.0.1:${proxy.port}/till`],
    ['/var/backups/till', '$HOME/backups'],
  ]);
  t.after(() => reader.close());
  const administrators = async (): Promise<void> => {
    const [, listing = ''] = /```sql\n([\s\S]*?)```/.exec(reader.text) ?? [];
    for (const statement of listing.split(';')) if (statement.trim() !== '') await server.ask(statement);
  };
  await administrators();

  await reader.run('echo choose-a-long-one > ~/db-password && chmod 600 ~/db-password');
  const start =
    'till start --network=signet --wallet=postgres://till@db.example/till --wallet-password-file=~/db-password';
  const node = reader.begin(start);
  await node.says('is up on regtest');
  assert.equal(existsSync(join(reader.home, '.till', 'regtest', 'till.sqlite3')), false);
  assert.match(await reader.outside('till listconfigs wallet'), /"value_str": ?"\.\.\."/);
  await reader.outside('till invoice 1000 before x');
  const { rows } = JSON.parse(await reader.outside('till sql "SELECT label, status FROM invoices"'));
  assert.deepEqual(rows, [['before', 'unpaid']]);
  // A wrong password is refused in words, and the right one is never shown.
  await reader.outside('till stop');
  await node.end();
  const wrong = reader.outside(
    `echo wrong-one > wrong && till start --wallet=postgres://till@127.0.0.1:${proxy.port}/till --wallet-password-file=wrong 2>&1; true`,
  );
  const said = await wrong;
  assert.match(said, /password authentication failed.*check user, password and pg_hba\.conf/);
  assert.doesNotMatch(said, /wrong-one|choose-a-long-one/);

  // Another node, which has run with a file.
  await reader.outside('mv .till with-server && mkdir -p .till/regtest && cp with-server/regtest/seed .till/regtest/');
  await server.ask('DROP DATABASE till');
  await server.ask('DROP ROLE till');
  await administrators();
  await reader.outside('till start --daemon --log-file=log');
  await reader.outside('till invoice 2000 with-a-file x');
  await reader.run('till stop');
  const moved = await reader.run(
    'till move-database --network=signet --from=sqlite3:// --to=postgres://till@db.example/till --wallet-password-file=~/db-password',
  );
  assert.match(moved.stdout, /^moved \d+ rows of \d+ tables, and compared each/);
  assert.ok(existsSync(join(reader.home, '.till', 'regtest', 'till.sqlite3.moved')));
  const options = `wallet=postgres://till@127.0.0.1:${proxy.port}/till\nwallet-password-file=${reader.home}/db-password\n`;
  writeFileSync(join(reader.home, '.till', 'config'), options);
  await reader.outside('till start --daemon --log-file=log');
  await reader.outside('till invoice 3000 on-the-server x');
  const labels = async (): Promise<string> => await reader.outside('till -F listinvoices | grep label=');
  assert.equal(await labels(), 'invoices[0].label=with-a-file\ninvoices[1].label=on-the-server\n');

  await reader.run('till stop');
  writeFileSync(join(reader.home, '.till', 'config'), '');
  await reader.run(
    'till move-database --network=signet --from=postgres://till@db.example/till --to=sqlite3:// --wallet-password-file=~/db-password',
  );
  await reader.outside('till start --daemon --log-file=log');
  assert.equal(await labels(), 'invoices[0].label=with-a-file\ninvoices[1].label=on-the-server\n');
  await reader.outside('till stop');

  // A backup of a server is a file that a node starts from. The first node's database was dropped: it goes there again.
  await reader.outside('mv .till with-file && mkdir -p .till/regtest && cp with-file/regtest/seed .till/regtest/');
  await server.ask('DROP DATABASE till');
  await server.ask('DROP ROLE till');
  await administrators();
  appendFileSync(join(reader.home, '.till', 'config'), options);
  await reader.outside('till start --daemon --log-file=log');
  await reader.outside('till invoice 4000 kept x');
  mkdirSync(join(reader.home, 'backups'));
  await reader.run('till backup /var/backups/till/monday.sqlite3');
  await reader.outside('till stop && rm .till/config && cp backups/monday.sqlite3 .till/regtest/till.sqlite3');
  await reader.outside('till start --daemon --log-file=log');
  assert.equal(await labels(), 'invoices[0].label=kept\n');
  reader.assertAllFollowed();
});
