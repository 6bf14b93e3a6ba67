/**
 * Every program in examples/ runs beside a real node and does what it says. Payments come by the chain, to the address
 * that an invoice shows: to a client a payment is a payment.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { type Client, connectToNode } from '../src/api/client/index.ts';
import { systemClock } from '../src/base/types/clock.ts';
import { decodeInvoice } from '../src/codec/bolt11/index.ts';
import { serveChain } from '../src/infra/chain/embedded/chain-socket.ts';
import { EmbeddedChain } from '../src/infra/chain/embedded/embedded-chain.ts';
import { ChildNode } from './support/node-process.ts';

const REWARD_MSAT = 5_000_000_000_000;
const NOBODY = '6a';
const EXAMPLES = join(import.meta.dirname, '../examples');
const place = mkdtempSync(join(tmpdir(), 'till-examples-'));
const chain = new EmbeddedChain({ clock: systemClock });
let stopServing: () => Promise<void>;
let options: readonly string[];
let node: ChildNode;
let client: Client;

before(async () => {
  const socket = join(place, 'chain');
  stopServing = await serveChain(chain, socket);
  options = [
    '--network=regtest',
    `--embedded-chain=${socket}`,
    '--invoices-onchain-fallback',
    '--webhook-allow-private=127.0.0.1',
  ];
  node = await ChildNode.start(options);
  client = await connectToNode(node.rpc_file);
});
after(async () => {
  client.close();
  await node.stop();
  await stopServing();
  await chain.close();
  rmSync(place, { recursive: true });
});

/** Mines a block whose reward goes to the invoice, and one more. */
function pay(bolt11: string): void {
  const [script_pubkey] = decodeInvoice(bolt11).fallbacks;
  assert.ok(script_pubkey !== undefined, 'the invoice shows an address');
  chain.mine(1, script_pubkey);
  chain.mine(1, NOBODY);
}

/** Ends the node, and starts it again when the rest of the world has noticed. */
async function restart(how: 'stop' | 'kill', meanwhile: () => Promise<void> = async () => {}): Promise<void> {
  if (how === 'stop') await node.stop('keep');
  else await node.kill();
  await meanwhile();
  node = await ChildNode.start(options, node.dir);
}

/** A program that goes on until it is ended. `line` answers the next line that it prints. */
class RunningExample {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(name: string, ...args: readonly string[]) {
    this.#child = spawn(process.execPath, [join(EXAMPLES, name), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  }

  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('the example has ended');
    return value;
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGTERM');
    await ended;
  }
}

async function buy(label: string): Promise<void> {
  const { bolt11 } = await client.call('invoice', { amount_msat: 1000, label, description: label });
  pay(bolt11);
}

test('decode-invoice reads an invoice, and says what is wrong with a bad one', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [join(EXAMPLES, 'decode-invoice.ts'), ...args], { encoding: 'utf8' });
  assert.match(run().stdout, /^pay +250000000 msat\nto +\w{66}\nfor +1 cup of coffee\nuntil +2025-06-15T/);
  const { status, stderr } = run('lnbcrt1nonsense');
  assert.equal(status, 1);
  assert.match(stderr, /^\w+: /);
});

test('webshop makes one invoice for an order however often it is asked, and answers when it is paid', async () => {
  const shop = new RunningExample('webshop.ts', node.rpc_file);
  try {
    const url = (await shop.line()).match(/http:\S+/)?.[0];
    const post = async (order: string) =>
      (await (await fetch(`${url}/orders/${order}`, { method: 'POST' })).json()) as { bolt11: string };
    const { bolt11 } = await post('7');
    assert.deepEqual(await post('7'), { bolt11 });
    const waiting = fetch(`${url}/orders/7`);
    pay(bolt11);
    assert.deepEqual(await (await waiting).json(), { paid: true, msat: REWARD_MSAT });
    assert.equal((await fetch(`${url}/orders/8`)).status, 404);
    assert.equal((await fetch(`${url}/else`)).status, 404);
  } finally {
    await shop.end();
  }
});

test('webshop goes on when the node restarts, in good order or not, while customers wait and while others order', async () => {
  const shop = new RunningExample('webshop.ts', node.rpc_file);
  try {
    const url = (await shop.line()).match(/http:\S+/)?.[0];
    for (const [index, how] of (['stop', 'kill'] as const).entries()) {
      const order = async (name: string) => {
        const response = await fetch(`${url}/orders/${name}`, { method: 'POST' });
        assert.equal(response.status, 200);
        return ((await response.json()) as { bolt11: string }).bolt11;
      };
      const before = await order(`before-${index}`);
      const waiting = fetch(`${url}/orders/before-${index}`);
      let meanwhile: Promise<string> | undefined;
      await restart(how, async () => {
        meanwhile = order(`meanwhile-${index}`);
      });
      assert.match((await meanwhile) as string, /^lnbcrt2500n1/);
      pay(before);
      assert.deepEqual(await (await waiting).json(), { paid: true, msat: REWARD_MSAT });
    }
  } finally {
    await shop.end();
  }
});

test('payment-listener tells of each payment once, goes on where it was, and mends a line that was cut short', async () => {
  const file = join(place, 'payments');
  const start = () => new RunningExample('payment-listener.ts', node.rpc_file, file);
  const labelOf = (line: string) => line.split(' ')[1];
  await buy('first');
  let listener = start();
  let seen = await listener.line();
  while (labelOf(seen) !== 'first') seen = await listener.line();
  await buy('second');
  assert.equal(labelOf(await listener.line()), 'second');
  await restart('stop');
  await buy('after a stop');
  assert.equal(labelOf(await listener.line()), 'after');
  await restart('kill');
  await buy('killed');
  assert.equal(labelOf(await listener.line()), 'killed');
  await listener.end();
  await buy('third');
  appendFileSync(file, '99 hal');
  listener = start();
  assert.equal(labelOf(await listener.line()), 'third');
  await listener.end();
  const told = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => Number(line.split(' ')[0]));
  assert.deepEqual(
    told,
    told.map((_, index) => index + 1),
  );
});

test('webhook-receiver tells of each payment once, and refuses what has no good signature', async () => {
  // The receiver needs the secret first: its address is told when it has one.
  const created = await client.call('createwebhook', {
    url: 'http://127.0.0.1:1/',
    types: ['invoice.paid'],
    label_prefix: 'hook ',
  });
  const { webhook_id } = created;
  const receiver = new RunningExample('webhook-receiver.ts', created.secret as string);
  try {
    const url = await receiver.line();
    await client.call('updatewebhook', { webhook_id: Number(webhook_id), url });
    const tested = await client.call('testwebhook', { webhook_id: Number(webhook_id) });
    assert.deepEqual([tested.delivered, tested.status, await receiver.line()], [true, 204, 'webhook.test']);
    await buy('not told');
    await buy('hook 1');
    assert.equal(await receiver.line(), `hook 1 is paid: ${REWARD_MSAT} msat`);
    await client.call('redeliverwebhook', { webhook_id: Number(webhook_id), after: 0 });
    await restart('kill');
    await buy('hook 2');
    assert.equal(await receiver.line(), `hook 2 is paid: ${REWARD_MSAT} msat`, 'the first is not told again');
    await client.call('rotatewebhooksecret', { webhook_id: Number(webhook_id) });
    assert.equal((await client.call('testwebhook', { webhook_id: Number(webhook_id) })).status, 204);
    assert.equal(await receiver.line(), 'webhook.test', 'signed with the old secret as well');
    await client.call('rotatewebhooksecret', { webhook_id: Number(webhook_id), overlap: 0 });
    const refused = await client.call('testwebhook', { webhook_id: Number(webhook_id) });
    assert.deepEqual([refused.delivered, refused.status], [false, 401]);
    await client.call('deletewebhook', { webhook_id: Number(webhook_id) });
  } finally {
    await receiver.end();
  }
});

test('backup copies the database of a running node, keeps seven copies, and the static backup beside them', () => {
  const directory = join(place, 'copies');
  const run = () =>
    spawnSync(process.execPath, [join(EXAMPLES, 'backup.ts'), node.rpc_file, directory], { encoding: 'utf8' });
  for (let count = 0; count < 8; count++) {
    const { status, stdout, stderr } = run();
    assert.equal(status, 0, stderr);
    assert.match(stdout, /\.sqlite3: \d+ bytes, 0 channel\(s\)\n$/);
  }
  assert.equal(readdirSync(directory).filter((name) => name.endsWith('.sqlite3')).length, 7);
  assert.deepEqual(JSON.parse(readFileSync(join(directory, 'channels.json'), 'utf8')), { scb: [] });
});
