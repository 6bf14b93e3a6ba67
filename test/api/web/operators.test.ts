/** What watches a node: metrics that Prometheus can read, and whether it works and can be paid. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connectToNode } from '../../../src/api/client/index.ts';
import type { Daemon } from '../../../src/app/daemon/daemon.ts';
import type { Msat } from '../../../src/base/types/amount.ts';
import { Town, until } from '../../support/town.ts';

let town: Town;
let shop: Daemon;
let url: string;

before(async () => {
  town = await Town.found();
  shop = await town.start('shop', '--metrics-bind=127.0.0.1:0');
  url = /metrics at (http:\S+)\/metrics/.exec(town.log.join('\n'))?.[1] as string;
});
after(() => town.close());

/** Each metric by its name with its labels. */
async function metrics(): Promise<Map<string, number>> {
  const response = await fetch(`${url}/metrics`);
  assert.match(response.headers.get('content-type') as string, /^text\/plain; version=0\.0\.4/);
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.replace(/ [^ ]*$/, ''), Number(/[^ ]*$/.exec(line)?.[0])]));
}

test('metrics tell of invoices, commands, channels and the loop', async () => {
  const before_all = await metrics();
  const client = await connectToNode(shop.rpc_file);
  const { payment_hash } = await client.call('invoice', { amount_msat: 5000, label: 'measured', description: 'x' });
  await assert.rejects(client.call('delinvoice', { label: 'nosuch', status: 'unpaid' }));
  await shop.invoices.markPaid(payment_hash as never, 5000n as Msat);
  client.close();
  const now = await metrics();
  const grown = (name: string): number => (now.get(name) ?? 0) - (before_all.get(name) ?? 0);
  assert.equal(grown('till_invoices_created_total'), 1);
  assert.equal(grown('till_invoices_paid_total'), 1);
  assert.equal(grown('till_received_msat_total'), 5000);
  assert.equal(grown('till_command_seconds_count{method="invoice",result="ok"}'), 1);
  assert.equal(grown('till_command_seconds_count{method="delinvoice",result="error"}'), 1);
  assert.equal(now.get('till_block_height'), shop.chain.tip().height);
  assert.equal(now.get('till_inbound_msat'), 0);
  assert.equal(now.get('till_webhook_backlog_events'), 0);
  for (const name of ['till_nodejs_eventloop_lag_seconds', 'till_process_resident_memory_bytes', 'till_peers']) {
    assert.ok(now.has(name), name);
  }
});

test('healthz says that the node works, readyz when it can be paid', async () => {
  const ask = async (path: string) => {
    const response = await fetch(url + path);
    return { status: response.status, json: (await response.json()) as { problems: string[] } };
  };
  assert.deepEqual(await ask('/healthz'), { status: 200, json: { status: 'ok', problems: [] } });
  const alone = await ask('/readyz');
  assert.equal(alone.status, 503);
  assert.match(alone.json.problems.join(), /no channel that is up can receive/);

  const customer = await town.start('customer');
  await town.fund(customer);
  await town.connect(customer, shop);
  await town.open(customer, shop, 1_000_000);
  await until(() => shop.channels.list().some(({ remote_update }) => remote_update !== undefined));
  assert.deepEqual(await ask('/readyz'), { status: 200, json: { status: 'ok', problems: [] } });
  assert.equal((await metrics()).get('till_channels{state="CHANNELD_NORMAL"}'), 1);
});

test('nothing else is served there, and nothing is changed', async () => {
  assert.equal((await fetch(`${url}/v1/getinfo`, { method: 'POST' })).status, 404);
  assert.equal((await fetch(`${url}/metrics`, { method: 'POST' })).status, 405);
  assert.equal((await fetch(`${url}/`)).status, 404);
});
