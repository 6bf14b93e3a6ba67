import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
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
  mkdirSync(join(reader.home, 'backups'));
  await reader.run('till backup /var/backups/till/monday.sqlite3');
  const backup = new DatabaseSync(join(reader.home, 'backups', 'monday.sqlite3'), { readOnly: true });
  assert.deepEqual({ ...backup.prepare('SELECT label FROM invoices').get() }, { label: 'before' });
  assert.deepEqual({ ...backup.prepare('SELECT is_copy FROM database_file').get() }, { is_copy: 1 });
  backup.close();
  await reader.outside('till stop');
  await node.end();

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

  await reader.run('till stop');
  writeFileSync(join(reader.home, '.till', 'config'), '');
  await reader.run(
    'till move-database --network=signet --from=postgres://till@db.example/till --to=sqlite3:// --wallet-password-file=~/db-password',
  );
  const back = new DatabaseSync(join(reader.home, '.till', 'regtest', 'till.sqlite3'), { readOnly: true });
  assert.deepEqual(
    back
      .prepare('SELECT label FROM invoices ORDER BY created_index')
      .all()
      .map(({ label }) => label),
    ['with-a-file', 'on-the-server'],
  );
  back.close();
  reader.assertAllFollowed();
});
