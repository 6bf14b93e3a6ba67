import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { decodeInvoice } from '../../src/codec/bolt11/index.ts';
import { Neighbour } from './neighbour.ts';
import { Reader } from './reader.ts';

test('docs/guide/events-and-webhooks.md', async (t) => {
  const ids: unknown[] = [];
  const receiver = createServer((request, response) => {
    ids.push(request.headers['webhook-id']);
    response.writeHead(204).end();
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  t.after(() => receiver.close());
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hooks/till`;
  const reader = new Reader('events-and-webhooks', [
    ['https://shop.example/hooks/till', url],
    ['after=17', 'after=0'],
  ]);
  t.after(() => reader.close());
  const neighbour = await Neighbour.movesIn(reader);
  t.after(() => neighbour.close());

  const start = 'till start --webhook-allow-private=127.0.0.1 --webhook-allow-private=shop.lan';
  assert.ok(reader.text.includes(start));
  await reader.outside(`${start} --daemon --log-file=log --invoices-onchain-fallback`);
  const { bolt11 } = JSON.parse(await reader.outside('till invoice 20000sat order-17 x'));
  await neighbour.mine(reader, 1, decodeInvoice(bolt11).fallbacks[0] as string);
  await reader.outside('till waitinvoice order-17');

  const listed = JSON.parse(await reader.outside(`till listevents types='["invoice.paid"]' limit=1`));
  assert.equal(listed.events[0].label, 'order-17');
  reader.replace('event_id=17', `event_id=${listed.events[0].id}`);
  const { event } = JSON.parse((await reader.run('till waitevent after=17 types=invoice')).stdout);
  assert.equal(event?.type ?? 'invoice.created', 'invoice.created');

  const hook = await reader.run(
    `till createwebhook url=https://shop.example/hooks/till types='["invoice.paid","deposit"]'`,
  );
  assert.match(JSON.parse(hook.stdout).secret, /^whsec_/);
  await reader.run('till testwebhook 1');
  assert.equal(ids.length, 1);
  await reader.run('till listwebhooks');
  await reader.run('till listdeliveries 1');
  await reader.run('till updatewebhook webhook_id=1 enabled=true');
  await reader.run('till redeliverwebhook webhook_id=1 event_id=17');
  await reader.run('till redeliverwebhook webhook_id=1 after=17');
  await reader.run('till rotatewebhooksecret 1');
  reader.pass(start, 'the node runs with it already');
  reader.assertAllFollowed();
  await reader.outside('till stop');
});
