/**
 * Wallets and servers made for Core Lightning, as they are, against a shop with a channel. They are not of this repository:
 * TILL_LNBITS_PYTHON names a Python that has the package `lnbits`, TILL_SOCKETIO_PYTHON one that has `python-socketio` and
 * `aiohttp`, and these tests run. docs/guide/clients.md says which versions were tried.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { freePort } from '../support/bitcoind.ts';
import { Market } from '../support/market.ts';
import { TIMEOUT } from '../support/time-limit.ts';

/** Why a Python with a package is missing; undefined when it is there. */
function missing(variable: string, module: string): string | undefined {
  const python = process.env[variable];
  if (python === undefined) return `${variable} names no Python with ${module}`;
  const found = spawnSync(python, [
    '-c',
    `import importlib.util, sys; sys.exit(importlib.util.find_spec('${module}') is None)`,
  ]);
  return found.status === 0 ? undefined : `${python} has no ${module}`;
}

/** Answers a line that the program asks; undefined when it wants nothing. */
type Answering = (line: string) => Promise<string | undefined>;

/** Runs a Python program that asks line by line, and answers all that it said. */
async function converse(
  child: ChildProcess,
  answer: Answering,
): Promise<{ readonly code: unknown; readonly said: string }> {
  const said: string[] = [];
  child.stderr?.setEncoding('utf8').on('data', (text: string) => said.push(text));
  const ended = once(child, 'close');
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    said.push(`${line}\n`);
    const told = await answer(line);
    if (told !== undefined) child.stdin?.write(`${told}\n`);
  }
  const [code] = await ended;
  return { code, said: said.join('') };
}

const lnbitsMissing = missing('TILL_LNBITS_PYTHON', 'lnbits');

for (const kind of ['clnrest', 'corelightning'] as const) {
  describe(`LNbits, ${kind}`, { ...TIMEOUT, skip: lnbitsMissing ?? false }, () => {
    let market: Market;
    let port: number;
    const dir = mkdtempSync(join(tmpdir(), 'till-lnbits-'));
    before(async () => {
      port = await freePort();
      market = await Market.openWith({ both: [], shop: [`--clnrest-port=${port}`] });
      await market.openChannels(1, 1_000_000);
    });
    after(async () => {
      await market.close();
      rmSync(dir, { recursive: true });
    });

    it('makes invoices, hears that they are paid, and pays', async () => {
      const { shop, customer } = market;
      const rune = async (...restrictions: string[][]) =>
        (await shop.ask('createrune', { restrictions })).rune as string;
      const settings =
        kind === 'corelightning'
          ? { corelightning_rpc: shop.node.rpc_file }
          : {
              clnrest_url: `https://127.0.0.1:${port}`,
              clnrest_ca: join(shop.node.dir, 'regtest', 'ca.pem'),
              // As LNbits' own page says.
              clnrest_readonly_rune: await rune([
                ...['method=listfunds', 'method=listpays', 'method=listinvoices', 'method=getinfo'],
                ...['method=summary', 'method=waitanyinvoice'],
              ]),
              clnrest_invoice_rune: await rune(
                ['method=invoice'],
                ['pnameamount_msat<1000000001'],
                ['pnamelabel^LNbits'],
              ),
              clnrest_pay_rune: await rune(['method=pay', 'method=renepay'], ['pnamelabel^LNbits']),
              clnrest_last_pay_index: 0,
            };
      const program = [join(import.meta.dirname, 'lnbits-wallets.py'), kind, JSON.stringify(settings)];
      const child = spawn(process.env.TILL_LNBITS_PYTHON as string, program, {
        cwd: dir,
        env: { ...process.env, LNBITS_DATA_FOLDER: dir },
      });
      let bills = 0;
      const { code, said } = await converse(child, async (line) => {
        const [word, value = ''] = line.split(' ');
        if (word === 'pay') return (await customer.ask('pay', { bolt11: value })).status === 'complete' ? 'paid' : 'no';
        if (word !== 'invoice') return undefined;
        const bill = { amount_msat: `${value}sat`, label: `bill-${bills++}`, description: 'a bill' };
        return (await customer.ask('invoice', bill)).bolt11 as string;
      });
      assert.equal(code, 0, said);
      assert.match(said, /^OK$/m);
    });
  });
}

/** What a program of a shop's own would do; it begins by polling, as the library does. */
const LISTENER = `
import asyncio, sys, socketio

async def main():
    url, rune = sys.argv[1], sys.argv[2]
    heard = asyncio.Queue()
    client = socketio.AsyncClient(ssl_verify=False)
    client.on("message", heard.put)
    await client.connect(url, headers={"rune": rune})
    print("connected", client.transport(), flush=True)
    while True:
        message = await heard.get()
        if "invoice_payment" in message:
            print("heard", message["invoice_payment"]["label"], message["invoice_payment"]["msat"], flush=True)
            break
    await client.disconnect()
    stranger = socketio.AsyncClient(ssl_verify=False, reconnection=False)
    try:
        await stranger.connect(url, wait_timeout=10)
        print("a stranger was let in")
    except socketio.exceptions.ConnectionError as error:
        print("refused", flush=True)

asyncio.run(main())
`;

const socketioMissing = missing('TILL_SOCKETIO_PYTHON', 'socketio');

describe('python-socketio', { ...TIMEOUT, skip: socketioMissing ?? false }, () => {
  it('hears that an invoice is paid, and needs a rune for that', async () => {
    const port = await freePort();
    const market = await Market.openWith({ both: [], shop: [`--clnrest-port=${port}`] });
    try {
      await market.openChannels(1, 1_000_000);
      const { shop, customer } = market;
      const { rune } = await shop.ask('createrune', { restrictions: 'readonly' });
      const url = `https://127.0.0.1:${port}`;
      const child = spawn(process.env.TILL_SOCKETIO_PYTHON as string, ['-c', LISTENER, url, rune as string]);
      const { code, said } = await converse(child, async (line) => {
        if (!line.startsWith('connected')) return undefined;
        const bill = { amount_msat: 7000, label: 'heard-1', description: 'x' };
        await customer.ask('pay', { bolt11: (await shop.ask('invoice', bill)).bolt11 as string });
        return undefined;
      });
      assert.deepEqual([code, said], [0, 'connected websocket\nheard heard-1 7000\nrefused\n'], said);
    } finally {
      await market.close();
    }
  });
});
