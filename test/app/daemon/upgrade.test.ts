/**
 * The database of an earlier version opens with this one, and its channels go on. test/data/databases/ has one folder for
 * each version, named by its commit: a shop and a customer, with a channel that carries half of a payment, one that the
 * shop has closed alone and one that both are closing, all on one chain.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { connectToNode } from '../../../src/api/client/index.ts';
import type { PlainJsonObject } from '../../../src/api/rpc/json.ts';
import type { Daemon } from '../../../src/app/daemon/daemon.ts';
import type { ChannelId } from '../../../src/base/types/brand.ts';
import { decodeInvoice } from '../../../src/codec/bolt11/native.ts';
import { DATABASE_FILE } from '../../../src/infra/store/file-name.ts';
import { skippedOnServer } from '../../support/test-store.ts';
import { Town, until } from '../../support/town.ts';

const FILE = { skip: skippedOnServer('it opens files that earlier versions have written') };
const DATABASES = join(import.meta.dirname, '../../data/databases');

interface Facts {
  readonly normal: ChannelId;
  readonly closed_alone: ChannelId;
  readonly closed_in_agreement: ChannelId;
  /** 20,000 of 50,000 sat are under way in the normal channel. */
  readonly half_paid: string;
  readonly short_channel_id: string;
  readonly shop: string;
  readonly customer: string;
}

/** Lays the files of an earlier version where nodes of these names look for theirs. */
function unpack(version: string, dir: string): void {
  const read = (name: string): Uint8Array => readFileSync(join(DATABASES, version, name));
  writeFileSync(join(dir, 'blocks'), gunzipSync(read('blocks.gz')));
  for (const node of ['shop', 'customer']) {
    const own = join(dir, node, 'regtest');
    mkdirSync(own, { recursive: true, mode: 0o700 });
    writeFileSync(join(own, 'seed'), read(`${node}.seed`), { mode: 0o600 });
    writeFileSync(join(own, DATABASE_FILE), gunzipSync(read(`${node}.sqlite3.gz`)), { mode: 0o600 });
  }
}

async function ask(daemon: Daemon, method: string, params: PlainJsonObject): Promise<PlainJsonObject> {
  const client = await connectToNode(daemon.rpc_file);
  try {
    return (await client.callAny(method, params)) as PlainJsonObject;
  } finally {
    client.close();
  }
}

for (const version of readdirSync(DATABASES)) {
  describe(`a database of version ${version}`, FILE, () => {
    const facts = JSON.parse(readFileSync(join(DATABASES, version, 'facts.json'), 'utf8')) as Facts;
    let town: Town;
    let shop: Daemon;
    let customer: Daemon;

    before(async () => {
      town = await Town.found((dir) => unpack(version, dir));
      shop = await town.start('shop', '--copied-database=latest');
      customer = await town.start('customer', '--copied-database=latest');
      await town.connect(customer, shop);
    });
    after(() => town.close());

    it('opens, and holds what it held', async () => {
      assert.equal(shop.keys.node_id, facts.shop);
      assert.equal((await shop.invoices.find({ label: 'paid before' }))?.status, 'paid');
      assert.equal((await shop.invoices.find({ label: 'half' }))?.status, 'unpaid');
      assert.equal((await shop.invoices.find({ label: 'open' }))?.status, 'unpaid');
      assert.equal(shop.channels.find(facts.normal)?.state.local_msat, 70_000_000n);
    });

    it('goes on with the payment that was under way, and with new ones', async () => {
      const channel = customer.channels.find(facts.normal);
      await until(() => channel?.state.phase === 'normal' && channel.state.link === 'up');
      const { payment_hash, payment_secret } = decodeInvoice(facts.half_paid);
      await ask(customer, 'sendpay', {
        route: [{ id: facts.shop, channel: facts.short_channel_id, amount_msat: 30_000_000, delay: 100 }],
        payment_hash,
        payment_secret,
        bolt11: facts.half_paid,
        amount_msat: 50_000_000,
        partid: 2,
        groupid: 1,
      });
      for (const partid of [1, 2]) {
        const part = await ask(customer, 'waitsendpay', { payment_hash, partid, groupid: 1 });
        assert.equal(part.status, 'complete');
      }
      assert.equal((await shop.invoices.find({ label: 'half' }))?.status, 'paid');
      const tea = await ask(shop, 'invoice', { amount_msat: 1_000_000, label: 'tea', description: 'new' });
      assert.equal((await ask(customer, 'pay', { bolt11: tea.bolt11 as string })).status, 'complete');
      await until(() => shop.channels.find(facts.normal)?.state.htlcs.length === 0);
      assert.equal(shop.channels.find(facts.normal)?.state.local_msat, 121_000_000n);
    });

    it('ends the channels that were ending', async () => {
      const over = [facts.closed_alone, facts.closed_in_agreement];
      const areOver = (): boolean =>
        [shop, customer].every(({ channels }) => over.every((channel_id) => channels.find(channel_id) === undefined));
      // The shop may take its part of the channel that it closed alone after 144 blocks; 100 more make that final. When
      // either sends what it sends, nothing promises: whatever is pending is mined, until both are done.
      await town.mineUntil(areOver);
      const { closedchannels } = await ask(shop, 'listclosedchannels', {});
      assert.deepEqual(
        (closedchannels as unknown as { channel_id: ChannelId }[]).map(({ channel_id }) => channel_id).sort(),
        over.sort(),
      );
    });

    it('is refused in a sentence by a version that does not know its format', async () => {
      await town.stop(shop);
      const database = new DatabaseSync(join(shop.options.config.network_dir, DATABASE_FILE));
      database.exec('UPDATE schema_version SET version = 9999');
      database.close();
      await assert.rejects(town.start('shop'), {
        name: 'StoreFailure',
        message: /schema version 9999, made by a newer Till.*start the newer Till, or restore a backup made before it/,
      });
    });
  });
}
