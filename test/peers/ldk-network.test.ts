/** A payment through a node of another implementation: its channels are known from gossip alone. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { connectToNode } from '../../src/api/client/index.ts';
import { loadConfig } from '../../src/app/config/config.ts';
import { Daemon } from '../../src/app/daemon/daemon.ts';
import { walletOption } from '../support/test-store.ts';
import { TIMEOUT } from '../support/time-limit.ts';
import { TRUSTS_PEERS, untilAsync } from '../support/town.ts';
import { Arena } from './arena.ts';

test('Till pays a node that it has no channel with, through LDK, by the map of the network', TIMEOUT, async (t) => {
  const arena = await Arena.open(t);
  const shop = await arena.startTill();
  const ignore = (): void => {};
  const customer = await Daemon.start({
    config: loadConfig([
      TRUSTS_PEERS,
      `--lightning-dir=${join(arena.dir, 'customer')}`,
      ...(await walletOption(join(arena.dir, 'customer'))),
      `--embedded-chain=${join(arena.dir, 'chain')}`,
    ]),
    clock: arena.clock,
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    onFatal: (message) => {
      throw new Error(message);
    },
    onStop: ignore,
  });
  t.after(() => customer.stop());
  const mine = async (count: number): Promise<void> => {
    await arena.mine(count);
    await customer.chain.refresh();
  };
  const hub = await arena.startLdk('hub');
  await arena.connect(hub);
  await hub.ask('connect', customer.keys.node_id, customer.bindings[0]?.port as number);
  await arena.until(() => customer.peers.list().length === 1);
  await arena.open(hub, shop.keys.node_id, 1_000_000n, 0n, true);
  await mine(6);
  await arena.open(hub, customer.keys.node_id, 1_000_000n, 600_000_000n, true);
  await mine(6);
  const isAnnounced = (daemon: Daemon): boolean =>
    daemon.channels.list().some(({ state }) => state.local_announcement && state.remote_announcement);
  await arena.until(() => isAnnounced(shop) && isAnnounced(customer));
  // Both channels, and the direction of LDK's that leads to the shop.
  const client = await connectToNode(customer.rpc_file);
  t.after(() => client.close());
  const leading = async () =>
    (await client.call('listchannels', { destination: shop.keys.node_id })).channels as readonly { source: string }[];
  await untilAsync(async () => (await leading()).some(({ source }) => source === hub.node_id));

  const asked = { amount_msat: 100_000_000, riskfactor: 1 };
  const { route } = await client.call('getroute', { id: shop.keys.node_id, cltv: 42, ...asked });
  assert.deepEqual(
    route.map(({ id }) => id),
    [hub.node_id, shop.keys.node_id],
  );
  const first = await arena.invoice('by getroute', 100_000_000n);
  const { payment_secret } = (await client.callAny('decode', { string: first.bolt11 })) as { payment_secret: string };
  await client.callAny('sendpay', { route, payment_hash: first.payment_hash, payment_secret });
  const sent = await client.call('waitsendpay', { payment_hash: first.payment_hash });
  assert.equal(sent.status, 'complete');

  const second = await arena.invoice('by getroutes', 50_000_000n);
  const found = await client.call('getroutes', {
    source: customer.keys.node_id,
    destination: shop.keys.node_id,
    amount_msat: 50_000_000,
    layers: ['auto.localchans'],
    maxfee_msat: 1_000_000,
    final_cltv: 42,
  });
  const secret = (await client.callAny('decode', { string: second.bolt11 })) as { payment_secret: string };
  await client.callAny('sendpay', {
    route: found.routes[0]?.path as never,
    payment_hash: second.payment_hash,
    payment_secret: secret.payment_secret,
  });
  assert.equal((await client.call('waitsendpay', { payment_hash: second.payment_hash })).status, 'complete');

  const third = await arena.invoice('by pay', 20_000_000n);
  const paid = await client.call('pay', { bolt11: third.bolt11, maxfee: 5_000_000 });
  assert.equal(paid.status, 'complete');
  for (const label of ['by getroute', 'by getroutes', 'by pay']) {
    assert.equal((await shop.invoices.find({ label }))?.status, 'paid', label);
  }
  assert.deepEqual(arena.complaints, []);
});
