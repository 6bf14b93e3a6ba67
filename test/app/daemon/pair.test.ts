/** Two nodes on one database on a server: who works, what the other one answers meanwhile, and how the work changes hands. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { CallError, type Client, connectToNode } from '../../../src/api/client/index.ts';
import type { Daemon } from '../../../src/app/daemon/daemon.ts';
import { ERRORS } from '../../../src/base/errors.ts';
import { PostgresServer, postgresMissing } from '../../support/postgres.ts';
import { TIMEOUT } from '../../support/time-limit.ts';
import { Town, untilAsync } from '../../support/town.ts';

describe('a pair on one database', { ...TIMEOUT, skip: postgresMissing ?? false }, () => {
  let server: PostgresServer;
  let town: Town;
  let wallet: string;
  const dirOf = (name: string): string => join(town.dir, name, 'regtest');
  const socketOf = (name: string): string => join(dirOf(name), 'lightning-rpc');
  const options = (name: string): readonly string[] => [
    `--wallet=${wallet}`,
    `--node-name=${name}`,
    '--lease-seconds=60',
    '--standby',
  ];

  before(async () => {
    server = await PostgresServer.start(['fsync=on']);
    wallet = server.dsn();
    town = await Town.found();
  });
  after(async () => {
    await town.close();
    await server.stop();
  });

  /** Gives a node the seed of the other one. */
  function copySeed(from: string, to: string): void {
    mkdirSync(dirOf(to), { recursive: true });
    copyFileSync(join(dirOf(from), 'seed'), join(dirOf(to), 'seed'));
  }

  async function asked<T>(name: string, ask: (client: Client) => Promise<T>): Promise<T> {
    const client = await connectToNode(socketOf(name), { reconnect: false });
    try {
      return await ask(client);
    } finally {
      client.close();
    }
  }

  /** Starts a standby, and waits until it answers. `active` resolves when it has taken over. */
  async function standBy(name: string): Promise<{ readonly active: Promise<Daemon> }> {
    const active = town.start(name, ...options(name));
    active.catch(() => {
      // Whoever waits for it is told.
    });
    await untilAsync(async () => asked(name, async () => true).catch(() => false));
    return { active };
  }

  it('the second node waits, answers what can be read, and takes over when the first lets go', async () => {
    const front = await town.start('front', ...options('front'));
    const { bolt11 } = await asked('front', (client) =>
      client.call('invoice', { amount_msat: 1000, label: 'coffee', description: 'a cup' }),
    );
    copySeed('front', 'back');
    const { active } = await standBy('back');
    await asked('back', async (back) => {
      const { pair, id } = await back.call('getinfo', {});
      assert.deepEqual([pair?.state, pair?.holder, pair?.node_name], ['standby', 'front', 'back']);
      assert.equal(id, front.keys.node_id);
      const { invoices } = await back.call('listinvoices', {});
      assert.deepEqual(
        invoices.map((invoice) => [invoice.label, invoice.bolt11]),
        [['coffee', bolt11]],
      );
      await assert.rejects(back.call('invoice', { amount_msat: 1, label: 'tea', description: 'x' }), (error) => {
        assert.ok(error instanceof CallError);
        assert.deepEqual([error.code, error.message.includes('front')], [ERRORS.NODE_IS_STANDBY.code, true]);
        return true;
      });
      for (const method of ['listpays', 'listsendpays', 'help', 'listconfigs'] as const) await back.call(method, {});
      await back.call('decode', { string: bolt11 });
    });
    const { pair } = await asked('front', (client) => client.call('getinfo', {}));
    assert.deepEqual([pair?.state, pair?.standbys], ['active', ['back']]);
    assert.equal((await asked('front', (client) => client.call('switchover', {}))).standby, 'back');

    await town.stop(front);
    const back = await active;
    await asked('back', async (client) => {
      assert.equal((await client.call('getinfo', {})).pair?.state, 'active');
      const { created_index } = await client.call('invoice', { amount_msat: 1, label: 'tea', description: 'x' });
      assert.equal(Number(created_index), 2);
    });
    await assert.rejects(
      asked('back', (client) => client.call('switchover', {})),
      (error) => error instanceof CallError && error.code === ERRORS.NO_STANDBY.code,
    );
    await town.stop(back);
  });

  it('a node that is not to wait is told who works', async () => {
    const back = await town.start('back', ...options('back'), '--lease-seconds=1');
    copySeed('front', 'third');
    await assert.rejects(
      town.start('third', `--wallet=${wallet}`, '--lease-seconds=1'),
      /the node back works on this database.*--standby/,
    );
    await town.stop(back);
  });

  it('a standby without the seed is told which file it needs', async () => {
    const back = await town.start('back', ...options('back'));
    await assert.rejects(town.start('fourth', ...options('fourth')), /a standby needs the seed .*copy seed/);
    await town.stop(back);
  });

  it('a database that knows fewer commits than the node is taken for old, and counts on from there', async () => {
    const front = await town.start('front', ...options('front'));
    await asked('front', (client) => client.call('createrune', {}));
    await town.stop(front);
    const [before] = await server.ask('SELECT commit_number FROM lease');
    await server.ask('UPDATE lease SET commit_number = 1');
    await assert.rejects(town.start('front', ...options('front'), '--copied-database=latest'), /lacks commits/);
    const again = await town.start('front', ...options('front'));
    const [now] = await server.ask('SELECT commit_number, is_behind FROM lease');
    assert.ok(BigInt(now?.commit_number as string) > BigInt(before?.commit_number as string));
    assert.equal(String(now?.is_behind), '0');
    // Runes of an old database are forgotten: some may have been revoked since.
    assert.equal((await asked('front', (client) => client.call('showrunes', {}))).runes.length, 0);
    await town.stop(again);
  });
});
