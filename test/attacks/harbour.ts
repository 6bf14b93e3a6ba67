/**
 * A shop with many channels on the chain of a real bitcoind, each with an HTLC that it holds the preimage of, and a
 * customer that is gone: all channels fail at once, and the shop has few coins to bring its money home with.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as btc from '@scure/btc-signer';
import { loadConfig } from '../../src/app/config/config.ts';
import { Daemon } from '../../src/app/daemon/daemon.ts';
import { curve } from '../../src/base/crypto/secp256k1.ts';
import { msat, sat } from '../../src/base/types/amount.ts';
import type { PaymentPreimage } from '../../src/base/types/brand.ts';
import { fromHex, toHex } from '../../src/base/types/hex.ts';
import { decodeInvoice } from '../../src/codec/bolt11/native.ts';
import { signedCommitment } from '../../src/node/endings/closing-channel.ts';
import { walletSat } from '../node/endings/half-payment.ts';
import { BitcoindProcess } from '../support/bitcoind.ts';
import { dropServerSchemas, walletOption } from '../support/test-store.ts';
import { TRUSTS_PEERS, until } from '../support/town.ts';

const MINER = `0014${'ab'.repeat(20)}`;
const CONFIRMS = 12;
/** The key of whoever fills the mempool. */
const CROWD_KEY = new Uint8Array(32).fill(9);
const CROWD = btc.p2wpkh(curve.publicKey(CROWD_KEY));

/** What a harbour is made of. */
export interface HarbourOptions {
  readonly channels: number;
  /** HTLCs in each channel, and what each is worth. */
  readonly parts: number;
  readonly part_sat: number;
  /** The coins of the shop. */
  readonly coins_sat: readonly bigint[];
  readonly bitcoind?: readonly string[];
  /** Options of the shop; unless they are given it takes what it may not be able to defend. */
  readonly shop?: readonly string[];
}

export class Harbour {
  readonly log: string[] = [];
  readonly #options: HarbourOptions;
  #process: BitcoindProcess;
  readonly #dir = mkdtempSync(join(tmpdir(), 'till-harbour-'));
  shop!: Daemon;
  #customer: Daemon | undefined;
  #expiry = 0;
  #before_sat = 0n;
  readonly #preimages: PaymentPreimage[][] = [];

  static async run(options: HarbourOptions, story: (harbour: Harbour) => Promise<void>): Promise<void> {
    const process = await BitcoindProcess.start(undefined, ...(options.bitcoind ?? []));
    const harbour = new Harbour(options, process);
    try {
      await harbour.#open();
      await story(harbour);
    } finally {
      await harbour.#customer?.stop();
      await harbour.shop?.stop();
      await harbour.#process.stop();
      await dropServerSchemas(harbour.#dir);
      rmSync(harbour.#dir, { recursive: true, force: true });
    }
  }

  private constructor(options: HarbourOptions, process: BitcoindProcess) {
    this.#options = options;
    this.#process = process;
  }

  async #start(name: string, ...options: readonly string[]): Promise<Daemon> {
    const write = (text: string) => void this.log.push(`${name} ${text}`);
    return await Daemon.start({
      config: loadConfig([
        '--network=regtest',
        `--lightning-dir=${join(this.#dir, name)}`,
        ...(await walletOption(join(this.#dir, name))),
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

  #startShop(): Promise<Daemon> {
    return this.#start('shop', ...(this.#options.shop ?? [TRUSTS_PEERS]));
  }

  async #open(): Promise<void> {
    const { channels, coins_sat } = this.#options;
    this.shop = await this.#startShop();
    const customer = await this.#start('customer');
    this.#customer = customer;
    await this.#process.mine(channels + 2, (await customer.wallet.newAddress('p2tr')).script_pubkey);
    await this.#process.mine(60, toHex(CROWD.script));
    await this.#process.mine(100, MINER);
    await this.follow();
    for (const amount_sat of coins_sat) {
      const { script_pubkey } = await this.shop.wallet.newAddress('p2tr');
      await customer.wallet.withdraw(fromHex(script_pubkey), sat(amount_sat), { feerate_per_kw: 5000 });
      await this.mine(1);
    }
    const [address] = this.shop.bindings;
    assert.ok(address !== undefined);
    await customer.peers.connect(this.shop.keys.node_id, address);
    const peer = customer.channels.peer(this.shop.keys.node_id);
    assert.ok(peer !== undefined);
    for (let count = 0; count < channels; count++) {
      const end = await customer.channels.open(peer, {
        funding_satoshis: sat(1_000_000),
        push_msat: msat(0),
        feerate_per_kw: 253,
        announce_channel: false,
        funding: { feerate_per_kw: 5000 },
      });
      assert.ok(end.kind === 'channel', JSON.stringify(end));
      await this.mine(1);
    }
    await this.mine(6);
    await until(() => customer.outgoing.waysOut().length === channels);
    await this.#pay(customer);
    this.#before_sat = await walletSat(this.shop);
  }

  /** Each channel gets its HTLCs, halves of invoices whose rest never comes. */
  async #pay(customer: Daemon): Promise<void> {
    const { parts, part_sat } = this.#options;
    for (const { names } of customer.outgoing.waysOut()) {
      for (let part = 0; part < parts; part++) {
        const label = `${names[0]} ${part}`;
        const total_msat = msat(part_sat * 2000);
        const { invoice } = await this.shop.invoices.create({ amount_msat: total_msat, label, description: label });
        const { payment_hash, payment_secret } = decodeInvoice(invoice.bolt11);
        const before = this.shop.payments.pending_sets;
        const [name] = names;
        assert.ok(name !== undefined);
        await customer.outgoing.send({
          route: [{ id: this.shop.keys.node_id, channel: name, amount_msat: msat(part_sat * 1000), delay: 40 }],
          payment_hash,
          payment_secret,
          total_msat,
          groupid: 1n,
          partid: 1n,
        });
        await until(() => this.shop.payments.pending_sets === before + 1);
      }
    }
    for (const { state } of this.shop.channels.list()) {
      const preimages: PaymentPreimage[] = [];
      for (const { payment_hash } of state.htlcs) {
        const [row] = await this.shop.store.read('SELECT payment_preimage FROM invoices WHERE payment_hash = ?', [
          fromHex(payment_hash),
        ]);
        assert.ok(row !== undefined);
        preimages.push(toHex(row.payment_preimage as Uint8Array) as PaymentPreimage);
      }
      assert.equal(preimages.length, parts);
      this.#preimages.push(preimages);
      this.#expiry = Math.max(this.#expiry, ...state.htlcs.map(({ cltv_expiry }) => cltv_expiry));
    }
  }

  /** Lets everything that is under way happen: a block takes minutes, and a node has done all by then. */
  async follow(): Promise<void> {
    for (let calm = 0, last = ''; calm < 3; ) {
      for (const daemon of [this.shop, this.#customer]) {
        if (daemon === undefined) continue;
        await daemon.chain.refresh();
        await daemon.channels.book.idle();
        await daemon.endings.idle();
      }
      const now = `${this.log.length} ${(await this.#process.call<string[]>('getrawmempool')).sort().join()}`;
      calm = now === last ? calm + 1 : 0;
      last = now;
    }
  }

  async mine(count: number): Promise<void> {
    for (let index = 0; index < count; index++) {
      await this.#process.mine(1, MINER);
      await this.follow();
    }
  }

  /**
   * The customer pays all, hears the preimages and is gone: the shop has to close every channel at the same block. For so
   * many channels the customer's own commitment is in the mempool then, cheap as it is.
   */
  async fall(rivals = 0): Promise<void> {
    const commitments = this.#customer?.channels.list().flatMap((channel) => signedCommitment(channel) ?? []) ?? [];
    await this.#customer?.stop();
    this.#customer = undefined;
    const channels = this.shop.channels.list();
    await until(() => channels.every(({ state }) => state.link === 'down'));
    for (const [index, { channel_id, state }] of channels.entries()) {
      for (const [part, { id }] of state.htlcs.entries()) {
        this.shop.channels.fulfil(channel_id, id, this.#preimages[index]?.[part] as PaymentPreimage);
      }
    }
    await this.follow();
    await this.mine(this.left - 19);
    assert.ok(this.shop.channels.list().every(({ state }) => state.phase === 'normal'));
    for (const commitment of commitments.slice(0, rivals)) await this.#process.call('sendrawtransaction', commitment);
  }

  /** The shop's process ends and starts again, as after a power cut that it had time for. */
  async restart(): Promise<void> {
    await this.shop.stop();
    this.shop = await this.#startShop();
    await this.follow();
  }

  /** Blocks until the HTLCs expire. */
  get left(): number {
    return this.#expiry - this.shop.chain.tip().height;
  }

  /** Mines until the HTLCs expire. Whatever is not claimed then, the customer can take back. */
  async mineToExpiry(): Promise<void> {
    await this.mine(this.left);
    const late = this.shop.endings.list().filter(({ are_htlcs_over }) => !are_htlcs_over);
    assert.equal(late.length, 0, `${late.length} channels have HTLCs left:\n${this.log.slice(-400).join('\n')}`);
  }

  /** Bitcoind starts again as it is by itself: calm. */
  async calm(): Promise<void> {
    await this.#process.halt();
    this.#process = await BitcoindProcess.start(this.#process);
  }

  /** All is over; what the shop gained, fees subtracted. */
  async gained(): Promise<bigint> {
    await this.mine(144 + CONFIRMS + 12);
    assert.deepEqual(
      this.shop.endings.list().map(({ status }) => status),
      [],
    );
    assert.deepEqual(
      this.log.filter((line) => line.includes('IS LOST')),
      [],
    );
    return (await walletSat(this.shop)) - this.#before_sat;
  }

  /** Fills the mempool until it drops what pays less than about this, and mines what is left of that. */
  async fillMempool(sat_per_vbyte: number): Promise<void> {
    const height = await this.#process.call<number>('getblockcount');
    const coins: { txid: string; amount: bigint }[] = [];
    for (let at = 1; at <= height && coins.length < 60; at++) {
      const hash = await this.#process.call<string>('getblockhash', at);
      const block = await this.#process.call<{
        tx: { txid: string; vout: { scriptPubKey: { hex: string }; value: number }[] }[];
      }>('getblock', hash, 2);
      const [coinbase] = block.tx;
      const [output] = coinbase?.vout ?? [];
      if (coinbase === undefined || output?.scriptPubKey.hex !== toHex(CROWD.script)) continue;
      coins.push({ txid: coinbase.txid, amount: BigInt(Math.round(output.value * 1e8)) });
    }
    let rate = sat_per_vbyte;
    for (const { txid, amount } of coins) {
      const tx = new btc.Transaction({ allowUnknownOutputs: true, disableScriptCheck: true });
      tx.addInput({ txid, index: 0, witnessUtxo: { amount, script: CROWD.script } });
      const outputs = 3_000;
      const fee = BigInt(Math.ceil(rate * (outputs * 31 + 120)));
      rate += 0.05;
      const each = (amount - fee) / BigInt(outputs);
      for (let index = 0; index < outputs; index++) tx.addOutput({ amount: each, script: CROWD.script });
      tx.sign(CROWD_KEY);
      tx.finalize();
      await this.#process.call('sendrawtransaction', toHex(tx.extract()), 0).catch((error: Error) => {
        if (!/mempool full|min fee not met/.test(error.message)) throw error;
      });
    }
    const { mempoolminfee } = await this.#process.call<{ mempoolminfee: number }>('getmempoolinfo');
    assert.ok(
      mempoolminfee * 1e5 >= sat_per_vbyte,
      `the mempool asks for ${mempoolminfee * 1e5} sat for a virtual byte`,
    );
  }
}
