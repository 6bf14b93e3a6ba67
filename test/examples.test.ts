/** Every program in examples/ runs, beside two real nodes with a channel between them, and does what it says. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { Market } from './support/market.ts';

const EXAMPLES = join(import.meta.dirname, '../examples');
const place = mkdtempSync(join(tmpdir(), 'till-examples-'));
let market: Market;

before(async () => {
  market = await Market.open();
  await market.openChannels(1, 10_000_000);
});
after(async () => {
  await market.close();
  rmSync(place, { recursive: true });
});

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
  const { bolt11 } = await market.shop.ask('invoice', { amount_msat: 1000, label, description: label });
  await market.customer.ask('pay', { bolt11: bolt11 as string });
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
  const shop = new RunningExample('webshop.ts', market.shop.node.rpc_file);
  try {
    const url = (await shop.line()).match(/http:\S+/)?.[0];
    const post = async (order: string) =>
      (await (await fetch(`${url}/orders/${order}`, { method: 'POST' })).json()) as { bolt11: string };
    const { bolt11 } = await post('7');
    assert.deepEqual(await post('7'), { bolt11 });
    const waiting = fetch(`${url}/orders/7`);
    await market.customer.ask('pay', { bolt11 });
    assert.deepEqual(await (await waiting).json(), { paid: true, msat: 250_000 });
    assert.equal((await fetch(`${url}/orders/8`)).status, 404);
    assert.equal((await fetch(`${url}/else`)).status, 404);
  } finally {
    await shop.end();
  }
});

test('payment-listener tells of each payment once, goes on where it was, and mends a line that was cut short', async () => {
  const file = join(place, 'payments');
  const start = () => new RunningExample('payment-listener.ts', market.shop.node.rpc_file, file);
  const labelOf = (line: string) => line.split(' ')[1];
  await buy('first');
  let listener = start();
  let seen = await listener.line();
  while (labelOf(seen) !== 'first') seen = await listener.line();
  await buy('second');
  assert.equal(labelOf(await listener.line()), 'second');
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
