/** The events of a whole node: a payment, a channel from its opening to its end, and the warning that nothing is left. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectToNode } from '../../../src/api/client/index.ts';
import { Town } from '../../support/town.ts';

test('a node tells of its channels and payments, and when it can receive nothing any more', async () => {
  const town = await Town.found();
  try {
    const shop = await town.start('shop');
    const customer = await town.start('customer');
    await town.fund(customer);
    await town.connect(customer, shop);
    await town.open(customer, shop, 1_000_000);
    const client = await connectToNode(shop.rpc_file);
    const payer = await connectToNode(customer.rpc_file);
    const { bolt11 } = await client.call('invoice', { amount_msat: 1_000_000, label: 'tea', description: 'tea' });
    await payer.call('pay', { bolt11 });
    await town.mine(1);
    const [channel] = (await payer.call('listpeerchannels', {})).channels;
    await payer.call('close', { id: channel?.channel_id as string });
    const waiting = client.call('waitevent', { types: ['warning.no_inbound'] });
    await town.mine(1);
    const { type, data } = await waiting;
    assert.deepEqual([type, data], ['warning.no_inbound', { receivable_msat: 0 }]);
    const { events } = await client.call('listevents', { types: ['invoice', 'channel', 'warning.no_inbound'] });
    assert.deepEqual(
      events.map((event) => [event.type, event.label]),
      [
        ['channel.opened', undefined],
        ['invoice.created', 'tea'],
        ['invoice.paid', 'tea'],
        ['channel.closing', undefined],
        ['warning.no_inbound', undefined],
      ],
    );
    const { events: short } = await client.call('listevents', { types: ['warning.reserve_short'] });
    const [{ held_sat }] = short.map(({ data }) => data) as [{ held_sat: number }];
    assert.equal(held_sat, 0, 'the wallet of the shop is empty');
    client.close();
    payer.close();
  } finally {
    await town.close();
  }
});
