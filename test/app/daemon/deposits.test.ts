/** A whole node whose invoices are paid on the chain: the embedded one, and bitcoind's. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Client, connectToNode } from '../../../src/api/client/index.ts';
import { loadConfig } from '../../../src/app/config/config.ts';
import { Daemon } from '../../../src/app/daemon/daemon.ts';
import { parseAddress } from '../../../src/base/types/address.ts';
import { systemClock } from '../../../src/base/types/clock.ts';
import { serveChain } from '../../../src/infra/chain/embedded/chain-socket.ts';
import { EmbeddedChain } from '../../../src/infra/chain/embedded/embedded-chain.ts';
import { BitcoindProcess, bitcoindMissing } from '../../support/bitcoind.ts';
import { COIN_SCRIPT, coinbaseOf, payFrom } from '../../support/coins.ts';
import { dropServerSchemas, walletOption } from '../../support/test-store.ts';

const MINER = `0014${'ab'.repeat(20)}`;

/** A chain on which the test mines, and pays from coins of its own. */
interface Chain {
  readonly options: readonly string[];
  mine(count: number, script_pubkey: string): Promise<string>;
  /** The serialized block. */
  block(hash: string): Promise<Buffer>;
  send(transaction: Buffer): Promise<void>;
  /** Takes the last blocks away, and mines others, one more, without these transactions, which wait again. */
  replace(depth: number, transactions: readonly Buffer[]): Promise<void>;
  stop(): Promise<void>;
}

async function embedded(dir: string): Promise<Chain> {
  const chain = new EmbeddedChain({ clock: systemClock });
  const socket = join(dir, 'chain');
  const stopServing = await serveChain(chain, socket);
  return {
    options: [`--embedded-chain=${socket}`],
    mine: async (count, script) => chain.mine(count, script).hash,
    block: (hash) => chain.block(hash),
    send: async (transaction) => assert.equal((await chain.broadcast([transaction])).kind, 'accepted'),
    async replace(depth, transactions) {
      chain.reorganise(depth, MINER, 'drop');
      // bitcoind takes them back by itself.
      for (const transaction of transactions) await chain.broadcast([transaction]);
    },
    stop: stopServing,
  };
}

async function bitcoind(): Promise<Chain> {
  const process = await BitcoindProcess.start();
  return {
    options: [
      '--chain=bitcoind',
      `--bitcoin-rpcport=${process.rpcport}`,
      `--bitcoin-rpcuser=${process.user}`,
      `--bitcoin-rpcpassword=${process.password}`,
    ],
    mine: async (count, script) => (await process.mine(count, script)).at(-1) as string,
    block: async (hash) => Buffer.from(await process.call<string>('getblock', hash, 0), 'hex'),
    send: async (transaction) => void (await process.call('sendrawtransaction', transaction.toString('hex'))),
    async replace(depth) {
      const height = await process.call<number>('getblockcount');
      await process.call('invalidateblock', await process.call('getblockhash', height - depth + 1));
      // Blocks without what the mempool has taken back.
      for (let mined = 0; mined <= depth; mined++) {
        await process.call('generateblock', `raw(0014${'cd'.repeat(20)})`, []);
      }
    },
    stop: () => process.stop(),
  };
}

class Shop {
  readonly #chain: Chain;
  readonly #dir: string;
  readonly #coins: Buffer[] = [];
  readonly #sent: Buffer[] = [];
  readonly lines: string[] = [];
  #daemon!: Daemon;
  #client!: Client;

  static async open(t: TestContext, openChain: (dir: string) => Promise<Chain>): Promise<Shop> {
    const dir = mkdtempSync(join(tmpdir(), 'till-deposits-'));
    const chain = await openChain(dir);
    const shop = new Shop(chain, dir);
    t.after(async () => {
      await shop.stop();
      await chain.stop();
      await dropServerSchemas(dir);
      rmSync(dir, { recursive: true });
    });
    for (let coin = 0; coin < 4; coin++) {
      shop.#coins.push(coinbaseOf(await chain.block(await chain.mine(1, COIN_SCRIPT))));
    }
    await chain.mine(100, MINER);
    await shop.start();
    return shop;
  }

  private constructor(chain: Chain, dir: string) {
    this.#chain = chain;
    this.#dir = dir;
  }

  async start(): Promise<void> {
    const log = (text: string) => void this.lines.push(text);
    this.#daemon = await Daemon.start({
      config: loadConfig([
        '--network=regtest',
        `--lightning-dir=${join(this.#dir, 'shop')}`,
        ...(await walletOption(join(this.#dir, 'shop'))),
        '--offline',
        '--invoices-onchain-fallback',
        '--invoices-onchain-confirms=2',
        ...this.#chain.options,
      ]),
      log: { debug: log, info: log, warn: log, error: log },
      onFatal: (message) => assert.fail(message),
      onStop: () => {},
    });
    this.#client = await connectToNode(this.#daemon.rpc_file);
    await this.follow();
  }

  async stop(): Promise<void> {
    this.#client.close();
    await this.#daemon.stop();
  }

  async follow(): Promise<void> {
    await this.#daemon.chain.refresh();
    await this.#daemon.deposits.judge();
  }

  async mine(count: number): Promise<void> {
    await this.#chain.mine(count, MINER);
    await this.follow();
  }

  async replace(depth: number): Promise<void> {
    await this.#chain.replace(depth, this.#sent);
    await this.follow();
  }

  async ask(method: string, params: Record<string, unknown>): Promise<Record<string, unknown>> {
    return (await this.#client.callAny(method, params)) as Record<string, unknown>;
  }

  /** Makes an invoice, and answers the script of the address in it. */
  async invoice(label: string, amount_sat: number): Promise<string> {
    const { bolt11 } = await this.ask('invoice', { amount_msat: `${amount_sat}sat`, label, description: 'tea' });
    const { fallbacks } = await this.ask('decode', { string: bolt11 });
    const [fallback] = fallbacks as [{ type: string; addr: string }];
    assert.equal(fallback.type, 'P2TR');
    return parseAddress(fallback.addr)?.script_pubkey as string;
  }

  async deposit(amount_sat: bigint, script_pubkey: string): Promise<{ txid: string; outnum: number }> {
    const { bytes, txid } = payFrom(this.#coins.shift() as Buffer, amount_sat, script_pubkey);
    await this.#chain.send(bytes);
    this.#sent.push(bytes);
    return { txid, outnum: 0 };
  }

  async row(label: string): Promise<Record<string, unknown>> {
    const { invoices } = await this.ask('listinvoices', { label });
    return (invoices as Record<string, unknown>[])[0] as Record<string, unknown>;
  }
}

async function story(t: TestContext, openChain: (dir: string) => Promise<Chain>): Promise<void> {
  const shop = await Shop.open(t, openChain);
  const tea = await shop.invoice('tea', 20_000);
  const cake = await shop.invoice('cake', 50_000);
  const paid_outpoint = await shop.deposit(20_000n, tea);
  await shop.deposit(30_000n, cake);
  await shop.mine(1);
  assert.equal((await shop.row('tea')).status, 'unpaid');
  assert.deepEqual(
    ((await shop.row('tea')).deposits as Record<string, unknown>[]).map(({ blockheight: _, ...rest }) => rest),
    [{ ...paid_outpoint, amount_msat: 20_000_000, status: 'pending' }],
  );

  // The block goes, and both deposits with it; they are mined again.
  await shop.replace(1);
  assert.equal('blockheight' in ((await shop.row('tea')).deposits as [object])[0], false);
  await shop.stop();
  await shop.start();
  await shop.mine(1);
  assert.equal((await shop.row('tea')).status, 'unpaid');
  const paid = shop.ask('waitanyinvoice', { lastpay_index: 0 });
  await shop.mine(1);
  const row = await paid;
  assert.equal(row.label, 'tea');
  assert.equal(row.amount_received_msat, 20_000_000);
  assert.deepEqual(row.paid_outpoint, paid_outpoint);

  const short = await shop.row('cake');
  assert.equal(short.status, 'unpaid');
  assert.equal((short.deposits as [{ status: string }])[0].status, 'short');
  const last = await shop.deposit(20_000n, cake);
  await shop.mine(2);
  assert.deepEqual((await shop.row('cake')).paid_outpoint, last);
  const { outputs } = await shop.ask('listfunds', {});
  assert.deepEqual(
    (outputs as Record<string, unknown>[])
      .map((each) => [each.invoice_label, each.deposit_status, each.amount_msat])
      .sort(),
    [
      ['cake', 'paid', 20_000_000],
      ['cake', 'paid', 30_000_000],
      ['tea', 'paid', 20_000_000],
    ],
  );
}

test('a node whose invoices are paid on the embedded chain, through a reorg and a restart', (t) => story(t, embedded));

test(
  'a node whose invoices are paid on the chain of bitcoind, through a reorg and a restart',
  bitcoindMissing === undefined ? {} : { skip: bitcoindMissing },
  (t) => story(t, bitcoind),
);
