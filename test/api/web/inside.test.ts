/** `web-process=inside`: the same servers within the node, for debugging; and options that make no sense. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connectToNode } from '../../../src/api/client/index.ts';
import { Town } from '../../support/town.ts';

let town: Town;
before(async () => {
  town = await Town.found();
});
after(() => town.close());

test('inside the node everything is served as from a process of its own', async () => {
  const shop = await town.start(
    'shop',
    '--web-process=inside',
    '--clnrest-port=0',
    '--clnrest-protocol=http',
    '--api-bind=127.0.0.1:0',
  );
  const log = town.log.join('\n');
  const rest = /REST at (http:\S+)\/v1/.exec(log)?.[1] as string;
  const api = /for programs at (http:\S+)\/api/.exec(log)?.[1] as string;
  const client = await connectToNode(shop.rpc_file);
  const { rune } = await client.call('createrune', {});
  client.close();
  const answer = await fetch(`${rest}/v1/getinfo`, { method: 'POST', headers: { rune } });
  assert.equal(answer.status, 201);
  assert.equal(((await answer.json()) as { id: string }).id, shop.keys.node_id);
  assert.equal((await fetch(`${api}/api/v1/node`, { headers: { authorization: `Bearer ${rune}` } })).status, 200);
});

const WRONG: readonly (readonly [string, RegExp])[] = [
  ['--clnrest-port=80', /should be a valid available port between 1024 and 65535/],
  ['--clnrest-host=shop.example', /`clnrest-host` should be a valid IP/],
  ['--clnrest-swagger-root=docs', /must begin with \//],
  ['--api-bind=3012', /api-bind is ADDR:PORT/],
  ['--api-bind=127.0.0.1:70000', /api-bind is ADDR:PORT/],
  ['--metrics-bind=localhost', /metrics-bind is ADDR:PORT/],
  ['--shop-bind=3010', /shop-bind is ADDR:PORT/],
  ['--shop-bind=0.0.0.0:0', /say with public-url by which one customers reach it/],
  ['--public-url=https://pay.example/shop', /without a path: such as https:\/\/pay\.example/],
  ['--public-url=pay.example', /public-url is where people reach the pages/],
  ['--dashboard-bind=everywhere', /dashboard-bind is ADDR:PORT/],
  ['--trusted-proxy=proxy.example', /trusted-proxy is the address of a proxy, and 'proxy\.example' is none/],
];
for (const [index, [option, sentence]] of WRONG.entries()) {
  test(`${option} is refused in a sentence`, async () => {
    const rest = option.startsWith('--clnrest-port') ? [] : ['--clnrest-port=0', '--clnrest-protocol=http'];
    await assert.rejects(town.start(`wrong-${index}`, ...rest, option), sentence);
  });
}
