/** Endings of whole nodes where Bitcoin itself is the judge: its mempool policy, its scripts, its timelocks. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Bitcoind } from '../../src/chain/bitcoind.ts';
import type { LiveChannel } from '../../src/channels/live-channel.ts';
import { loadConfig } from '../../src/config/config.ts';
import { Daemon } from '../../src/daemon/daemon.ts';
import { signedCommitment } from '../../src/endings/closing-channel.ts';
import { DATABASE_FILE } from '../../src/store/sqlite-store.ts';
import { txidOf } from '../../src/tx/transaction.ts';
import { msat, sat } from '../../src/types/amount.ts';
import { BitcoindProcess, bitcoindMissing } from '../support/bitcoind.ts';
import { until } from '../support/town.ts';
import { ANCHOR_SAT, type Mined, minedSince, paidBy } from './account.ts';
import { payHalf, walletSat, walletScripts } from './half-payment.ts';

const MINER = `0014${'ab'.repeat(20)}`;
const FUNDING_SAT = 1_000_000n;
const PUSH_SAT = 400_000n;
const CONFIRMS = 12;
/** What an ending may cost a side at the lowest feerates, with every HTLC in a transaction of its own. */
const MOST_FEES_SAT = 12_000n;

/** Two nodes with coins, and a channel that the customer opened. */
class Street {
  readonly #process: BitcoindProcess;
  readonly #dir = mkdtempSync(join(tmpdir(), 'till-street-'));
  readonly log: string[] = [];
  shop!: Daemon;
  customer!: Daemon;
  channel!: LiveChannel;
  #before = { shop: 0n, customer: 0n };
  #height = 0;

  static async run(story: (street: Street) => Promise<void>): Promise<void> {
    const street = new Street(await BitcoindProcess.start());
    try {
      await street.#open();
      await story(street);
    } finally {
      await Promise.all([street.shop, street.customer].map((daemon) => daemon?.stop()));
      await street.#process.stop();
      rmSync(street.#dir, { recursive: true, force: true });
    }
  }

  private constructor(process: BitcoindProcess) {
    this.#process = process;
  }

  async #start(name: string, ...options: readonly string[]): Promise<Daemon> {
    const write = (text: string) => void this.log.push(`${name} ${text}`);
    return await Daemon.start({
      config: loadConfig([
        '--network=regtest',
        `--lightning-dir=${join(this.#dir, name)}`,
        '--chain=bitcoind',
        `--bitcoin-rpcport=${this.#process.rpcport}`,
        `--bitcoin-rpcuser=${this.#process.user}`,
        `--bitcoin-rpcpassword=${this.#process.password}`,
        `--closing-confirms=${CONFIRMS}`,
        ...options,
      ]),
      log: { debug: () => {}, info: write, warn: write, error: write },
      onFatal: assert.fail,
      onStop: () => {},
    });
  }

  async #open(): Promise<void> {
    this.shop = await this.#start('shop');
    this.customer = await this.#start('customer');
    for (const daemon of [this.shop, this.customer]) {
      await this.#process.mine(2, (await daemon.wallet.newAddress('p2tr')).script_pubkey);
    }
    await this.#process.mine(100, MINER);
    await this.follow();
    const [address] = this.shop.bindings;
    assert.ok(address !== undefined);
    await this.customer.peers.connect(this.shop.keys.node_id, address);
    const peer = this.customer.channels.peer(this.shop.keys.node_id);
    assert.ok(peer !== undefined);
    const end = await this.customer.channels.open(peer, {
      funding_satoshis: sat(FUNDING_SAT),
      push_msat: msat(PUSH_SAT * 1000n),
      feerate_per_kw: 1000,
      announce_channel: false,
    });
    assert.ok(end.kind === 'channel', JSON.stringify(end));
    await this.mine(6);
    const [ours, theirs] = [this.customer, this.shop].map((daemon) => daemon.channels.find(end.channel_id));
    assert.ok(ours !== undefined && theirs !== undefined);
    await until(() => ours.state.phase === 'normal' && theirs.state.phase === 'normal');
    await until(() => ours.remote_update !== undefined && theirs.remote_update !== undefined);
    this.channel = ours;
    this.#before = { shop: await walletSat(this.shop), customer: await walletSat(this.customer) };
    this.#height = this.customer.chain.tip().height;
  }

  async follow(): Promise<void> {
    for (const daemon of [this.shop, this.customer]) {
      for (let turn = 0; turn < 3; turn++) {
        await daemon.chain.refresh();
        await daemon.channels.book.idle();
        await daemon.endings.idle();
      }
    }
  }

  /** The shop's database is gone; its words and the static backups of its channels are there. */
  async ruinShop(): Promise<void> {
    await this.shop.stop();
    rmSync(join(this.#dir, 'shop', 'regtest', DATABASE_FILE));
    this.shop = await this.#start('shop', '--rescan=0');
    await this.shop.backups.recoverFile();
    const [address] = this.customer.bindings;
    assert.ok(address !== undefined);
    await this.shop.peers.connect(this.customer.keys.node_id, address);
    await this.follow();
  }

  async send(transaction: string): Promise<void> {
    await this.#process.call('sendrawtransaction', transaction);
  }

  async mine(count: number): Promise<void> {
    for (let index = 0; index < count; index++) {
      await this.#process.mine(1, MINER);
      await this.follow();
    }
  }

  /** The last blocks are replaced by others, one more; what they held waits to be mined again. */
  async reorganise(depth: number): Promise<void> {
    const { height } = this.customer.chain.tip();
    const first = await this.#process.call<string>('getblockhash', height - depth + 1);
    await this.#process.call('invalidateblock', first);
    await this.#process.mine(depth + 1, `0014${'cd'.repeat(20)}`);
    await this.follow();
  }

  /** The transactions in blocks since the channel was open. */
  async mined(): Promise<readonly Mined[]> {
    const chain = new Bitcoind({
      network: 'regtest',
      'bitcoin-rpcconnect': '127.0.0.1',
      'bitcoin-rpcport': this.#process.rpcport,
      'bitcoin-rpcuser': this.#process.user,
      'bitcoin-rpcpassword': this.#process.password,
      timeout_ms: 10_000,
    });
    await chain.open();
    try {
      return await minedSince(chain, this.#height);
    } finally {
      await chain.close();
    }
  }

  /** What the nodes gained of the channel, fees that they paid added, anchors that they took left out. */
  async gained(): Promise<{ shop_sat: bigint; customer_sat: bigint; end_fee_sat: bigint }> {
    const mined = await this.mined();
    const { funding_txid } = this.channel.state.terms;
    const shareOf = async (name: 'shop' | 'customer'): Promise<bigint> => {
      const scripts = await walletScripts(this[name]);
      const { fees_sat, anchors_sat } = paidBy(mined, scripts, name === 'customer', funding_txid);
      assert.ok(fees_sat < MOST_FEES_SAT, `the ${name} paid ${fees_sat} sat in fees`);
      return (await walletSat(this[name])) - this.#before[name] - anchors_sat + fees_sat;
    };
    const end = mined.find(({ tx }) => tx.inputs.some(({ txid }) => txid === funding_txid));
    return {
      shop_sat: await shareOf('shop'),
      customer_sat: await shareOf('customer'),
      end_fee_sat: end?.fee_sat ?? 0n,
    };
  }

  assertOver(...names: readonly ('shop' | 'customer')[]): void {
    for (const name of names) {
      assert.deepEqual(this[name].endings.list(), [], this.log.join('\n'));
      assert.equal(this[name].channels.list().length, 0);
    }
  }
}

describe('whole nodes on bitcoind', { skip: bitcoindMissing ?? false, timeout: 120_000 }, () => {
  for (const closer of ['customer', 'shop'] as const) {
    it(`HTLCs both ways are claimed or come back when the ${closer} closes alone`, () =>
      Street.run(async (street) => {
        const { shop, customer, channel } = street;
        const { channel_id } = channel;
        const tea = await payHalf(customer, shop, 50_000, 'tea');
        await payHalf(customer, shop, 60_000, 'cake');
        const change = await payHalf(shop, customer, 70_000, 'change');
        await payHalf(shop, customer, 80_000, 'bottle');
        street[closer].channels.forceClose(channel_id, 'for the test');
        await street.follow();
        shop.channels.fulfil(channel_id, 0n, tea.payment_preimage);
        customer.channels.fulfil(channel_id, 0n, change.payment_preimage);
        await street.mine(24 + 144 + CONFIRMS + 6);
        street.assertOver('shop', 'customer');
        const { shop_sat, customer_sat } = await street.gained();
        assert.equal(customer_sat, FUNDING_SAT - PUSH_SAT - 50_000n + 70_000n - 2n * ANCHOR_SAT);
        assert.equal(shop_sat, PUSH_SAT + 50_000n - 70_000n);
        const [part] = await customer.outgoing.parts(tea.payment_hash);
        assert.equal(part?.payment_preimage, tea.payment_preimage);
      }));
  }

  it('HTLCs that are claimed far from their end share a second stage, and a reorg of it changes nothing', () =>
    Street.run(async (street) => {
      const { shop, customer, channel } = street;
      const { channel_id } = channel;
      const paid = [await payHalf(customer, shop, 50_000, 'tea'), await payHalf(customer, shop, 60_000, 'cake')];
      shop.channels.forceClose(channel_id, 'for the test');
      await street.follow();
      for (const [id, { payment_preimage }] of paid.entries()) {
        shop.channels.fulfil(channel_id, BigInt(id), payment_preimage);
      }
      await street.mine(2);
      const [end] = (await street.mined()).filter(({ tx }) =>
        tx.inputs.some(({ txid }) => txid === channel.state.terms.funding_txid),
      );
      assert.ok(end !== undefined);
      const commitment = txidOf(end.tx);
      const stages = (await street.mined()).filter(
        ({ tx }) => tx.inputs.filter(({ txid }) => txid === commitment).length >= 2,
      );
      assert.equal(stages.length, 1, 'both in one transaction');
      // Before anything is deep, all of it is undone and done again: the commitment and what follows from it.
      await street.reorganise(2);
      await street.mine(144 + CONFIRMS + 6);
      street.assertOver('shop', 'customer');
      const { shop_sat, customer_sat } = await street.gained();
      assert.equal(shop_sat, PUSH_SAT + 110_000n);
      assert.equal(customer_sat, FUNDING_SAT - PUSH_SAT - 110_000n - 2n * ANCHOR_SAT);
    }));

  it('a payment whose preimage is out is taken before it can be taken back, when the customer is gone', () =>
    Street.run(async (street) => {
      const { shop, customer, channel } = street;
      const tea = await payHalf(customer, shop, 50_000, 'tea');
      const [htlc] = channel.state.htlcs;
      assert.ok(htlc !== undefined);
      await customer.peers.close();
      await until(() => channel.state.link === 'down');
      const ours = shop.channels.find(channel.channel_id);
      assert.ok(ours !== undefined);
      await until(() => ours.state.link === 'down');
      shop.channels.fulfil(channel.channel_id, 0n, tea.payment_preimage);
      await street.mine(htlc.cltv_expiry - shop.chain.tip().height - 10);
      assert.equal(ours.state.phase, 'normal', 'there is time: the customer may come back');
      await street.mine(1);
      assert.equal(ours.state.phase, 'failed');
      await street.mine(144 + 24 + CONFIRMS);
      street.assertOver('shop', 'customer');
      const { shop_sat, customer_sat } = await street.gained();
      assert.equal(shop_sat, PUSH_SAT + 50_000n);
      assert.equal(customer_sat, FUNDING_SAT - PUSH_SAT - 50_000n - 2n * ANCHOR_SAT);
      const [part] = await customer.outgoing.parts(tea.payment_hash);
      assert.equal(part?.payment_preimage, tea.payment_preimage);
    }));

  it('a commitment that the customer has and has not revoked the one before for is known to the shop', () =>
    Street.run(async (street) => {
      const { shop, customer, channel } = street;
      const tea = await payHalf(customer, shop, 50_000, 'tea');
      const before = channel.state.local_number;
      const toShop = customer.channels.peer(shop.keys.node_id);
      assert.ok(toShop !== undefined);
      const send = toShop.send.bind(toShop);
      toShop.send = (messages) => send(messages.filter(({ type }) => type !== 'revoke_and_ack'));
      shop.channels.fulfil(channel.channel_id, 0n, tea.payment_preimage);
      await until(() => channel.state.local_number > before);
      const theirs = shop.channels.find(channel.channel_id);
      assert.equal(theirs?.state.awaiting_revocation, true, 'the shop waits for the revocation');
      const next = signedCommitment(channel);
      assert.ok(next !== undefined);
      await street.send(next);
      await street.mine(144 + CONFIRMS + 6);
      street.assertOver('shop', 'customer');
      const { shop_sat, customer_sat } = await street.gained();
      assert.equal(shop_sat, PUSH_SAT + 50_000n);
      assert.equal(customer_sat, FUNDING_SAT - PUSH_SAT - 50_000n - 2n * ANCHOR_SAT);
    }));

  it('a revoked state costs its publisher everything', () =>
    Street.run(async (street) => {
      const { shop, customer, channel } = street;
      await payHalf(customer, shop, 50_000, 'tea');
      await payHalf(shop, customer, 70_000, 'change');
      const old = signedCommitment(channel);
      assert.ok(old !== undefined);
      await payHalf(customer, shop, 60_000, 'cake');
      await street.send(old);
      await street.mine(CONFIRMS + 4);
      street.assertOver('shop');
      const { shop_sat, end_fee_sat } = await street.gained();
      assert.equal(shop_sat, FUNDING_SAT - 2n * ANCHOR_SAT - end_fee_sat);
    }));

  it('a shop that lost its database is paid out when the customer closes', () =>
    Street.run(async (street) => {
      await street.ruinShop();
      await until(() => street.channel.state.phase === 'failed');
      await street.follow();
      await street.mine(144 + CONFIRMS + 6);
      street.assertOver('shop', 'customer');
      const { shop_sat, customer_sat } = await street.gained();
      assert.equal(shop_sat, PUSH_SAT);
      assert.equal(customer_sat, FUNDING_SAT - PUSH_SAT - 2n * ANCHOR_SAT);
    }));

  it('a mutual close is history when it is deep enough', () =>
    Street.run(async (street) => {
      street.customer.channels.apply(street.channel, { kind: 'shutdown' });
      await until(() => street.channel.state.phase === 'closed');
      await street.mine(CONFIRMS + 1);
      street.assertOver('shop', 'customer');
      const { shop_sat, customer_sat } = await street.gained();
      assert.deepEqual([shop_sat, customer_sat], [PUSH_SAT, FUNDING_SAT - PUSH_SAT]);
    }));
});
