import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PostgresServer, postgresMissing } from '../support/postgres.ts';
import { Reader } from './reader.ts';

test('docs/guide/pair.md', { skip: postgresMissing ?? false }, async (t) => {
  const server = await PostgresServer.start(['fsync=on', 'full_page_writes=on']);
  t.after(() => server.stop());
  const reader = new Reader('pair', [['postgres://till@127.0.0.1:5432/till', `'${server.dsn()}'`]]);
  t.after(() => reader.close());

  const wallet = '--wallet=postgres://till@127.0.0.1:5432/till';
  await reader.run(
    `till start --lightning-dir=front ${wallet} --standby --node-name=front --daemon --log-file=front.log`,
  );
  await reader.outside('till --lightning-dir=front invoice 1000 coffee x');
  await reader.run('mkdir -p -m 700 back/regtest');
  await reader.run('cp front/regtest/seed back/regtest/seed');
  await reader.run(`till start --lightning-dir=back ${wallet} --standby --node-name=back --daemon --log-file=back.log`);
  const info = JSON.parse((await reader.run('till --lightning-dir=back getinfo')).stdout);
  assert.deepEqual([info.pair.state, info.pair.holder], ['standby', 'front']);
  // What a standby refuses, and what it answers.
  assert.match(await reader.outside('till --lightning-dir=back invoice 1 tea x; true'), /3601/);
  assert.match(await reader.outside('till --lightning-dir=back listinvoices'), /"coffee"/);
  assert.match((await reader.run('till --lightning-dir=front switchover')).stdout, /"standby": ?"back"/);
  const state = (side: string) => `till --lightning-dir=${side} getinfo 2>/dev/null`;
  await reader.until(state('back'), (text) => text.includes('"active"'));
  await reader.until(state('front'), (text) => text.includes('"standby"'));
  assert.match(await reader.outside('till --lightning-dir=back listinvoices'), /"coffee"/);
  reader.assertAllFollowed();
});
