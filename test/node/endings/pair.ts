/**
 * Two nodes with a channel between them, on a chain that checks every script and timelock, and an account of every
 * satoshi: what each wallet gained must be its share of the channel less the fees that it paid itself.
 */
import assert from 'node:assert/strict';
import { sat } from '../../../src/base/types/amount.ts';
import { readTransaction } from '../../../src/infra/chain/embedded/transaction.ts';
import type { Row, SqlValue, Store, UnitResult, Write } from '../../../src/infra/store/store.ts';
import { claimIncoming } from '../../../src/node/channels/incoming.ts';
import type { OverChannel } from '../../../src/node/endings/ports.ts';
import type { EndingView } from '../../../src/node/endings/view.ts';
import { DEFAULT_ONCHAIN_POLICY, type OnchainPolicy } from '../../../src/protocol/onchain/closing-channel.ts';
import { calmTurns } from '../../support/test-store.ts';
import { amount, Link, preimage, SECRET, TestNode, World } from '../channels/node.ts';
import { type Mined, minedSince, paidBy } from './account.ts';

export const FUNDING_SAT = 1_000_000n;
export const PUSH_SAT = 400_000n;
/** What is in each wallet. */
const COINS_SAT: readonly bigint[] = [200_000n, 300_000n];
/** Where test blocks pay to: nobody's script. */
export const MINER = `0014${'ab'.repeat(20)}`;
/** Two blocks less than the rule, so that the tests mine less. */
export const POLICY: OnchainPolicy = { ...DEFAULT_ONCHAIN_POLICY, irrevocable_depth: 30 };

/** A store that can be cut off from its process, as by a crash: what was not durable then never is. */
class Disk implements Store {
  readonly #store: Store;
  #is_dead = false;
  /** How many turns of the event loop a read takes. */
  read_turns = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  async commit(unit: readonly Write[]): Promise<UnitResult> {
    if (this.#is_dead) return await new Promise(() => {});
    const result = await this.#store.commit(unit);
    return this.#is_dead ? await new Promise(() => {}) : result;
  }

  async read(sql: string, params?: readonly SqlValue[]): Promise<readonly Row[]> {
    const rows = await this.#store.read(sql, params);
    for (let turn = 0; turn < this.read_turns; turn++) await new Promise((resolve) => setImmediate(resolve));
    return this.#is_dead ? await new Promise(() => {}) : rows;
  }

  fence(): undefined {
    return undefined;
  }

  async close(): Promise<void> {}

  die(): Store {
    this.#is_dead = true;
    return this.#store;
  }
}

export type Name = 'payer' | 'shop';

/** What an ending may cost a side at the lowest feerates: who burns its share in fees has not kept it. */
export const MOST_FEES_SAT = 8_000n;

export class Pair {
  readonly world: World;
  readonly nodes: Record<Name, TestNode>;
  readonly #disks: Record<Name, Disk>;
  #link: Link | undefined;
  #before: Record<Name, bigint> = { payer: 0n, shop: 0n };
  #from_height = 0;
  readonly #dead = new Set<Name>();

  private constructor(world: World, nodes: Record<Name, TestNode>, disks: Record<Name, Disk>) {
    this.world = world;
    this.nodes = nodes;
    this.#disks = disks;
  }

  /** Both have two coins in their wallets unless told otherwise, and the payer has opened a channel to the shop. */
  static async open({ shop_coins_sat = COINS_SAT }: { shop_coins_sat?: readonly bigint[] } = {}): Promise<Pair> {
    const world = await World.create();
    const disks = {} as Record<Name, Disk>;
    const nodes = {} as Record<Name, TestNode>;
    for (const name of ['payer', 'shop'] as const) {
      disks[name] = new Disk(new TestNode(world, name).store);
      nodes[name] = new TestNode(world, name, disks[name], POLICY);
      await nodes[name].start();
      const coins_sat = name === 'shop' ? shop_coins_sat : COINS_SAT;
      for (const amount_sat of coins_sat) await nodes[name].deposit(amount_sat);
    }
    const pair = new Pair(world, nodes, disks);
    await pair.follow();
    const link = pair.connect();
    const end = await nodes.payer.channels.open(link.peer, {
      funding_satoshis: sat(FUNDING_SAT),
      push_msat: amount(Number(PUSH_SAT) * 1000),
      feerate_per_kw: 1000,
      announce_channel: false,
    });
    assert.equal(end.kind, 'channel');
    // Two more than the deepest reorg of the tests.
    await pair.mine(8);
    for (const name of ['payer', 'shop'] as const) pair.#before[name] = await pair.balance(name);
    // What a reorg takes back may come again in a block that is lower.
    pair.#from_height = pair.height - 6;
    return pair;
  }

  get #alive(): readonly TestNode[] {
    return (['payer', 'shop'] as const).filter((name) => !this.#dead.has(name)).map((name) => this.nodes[name]);
  }

  get payer(): TestNode {
    return this.nodes.payer;
  }

  get shop(): TestNode {
    return this.nodes.shop;
  }

  get height(): number {
    return Math.max(...this.#alive.map((node) => node.follower.tip().height));
  }

  connect(): Link {
    this.#link = new Link(this.payer, this.shop);
    return this.#link;
  }

  cut(): void {
    this.#link?.cut();
  }

  /** Lets everything that is under way happen. */
  async follow(): Promise<void> {
    for (let calm = 0, last = ''; calm < 4; ) {
      for (const node of this.#alive) {
        await node.follower.refresh();
        await node.channels.book.idle();
        await node.endings.idle();
      }
      await calmTurns(1);
      const now = `${this.#link?.count} ${this.world.chain.pending.length} ${this.payer.log.length} ${this.shop.log.length}`;
      calm = now === last ? calm + 1 : 0;
      last = now;
    }
  }

  /** So many turns of the event loop. */
  async turns(count: number): Promise<void> {
    for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  async mine(count: number): Promise<void> {
    for (let index = 0; index < count; index++) {
      this.world.chain.mine(1, MINER);
      await this.follow();
    }
  }

  async mineTo(height: number): Promise<void> {
    await this.mine(height - this.height);
  }

  async reorganise(depth: number, drop: 'keep' | 'drop' = 'keep'): Promise<void> {
    this.world.chain.reorganise(depth, MINER, drop);
    await this.follow();
  }

  /** The process ends at this instant, and a new one starts on what was durable. */
  async restart(name: Name, meanwhile: () => void | Promise<void> = () => {}): Promise<void> {
    this.kill(name);
    await meanwhile();
    await this.revive(name);
  }

  /** A process starts again on what was durable when the last one ended. */
  async revive(name: Name): Promise<void> {
    this.#dead.delete(name);
    const node = new TestNode(this.world, name, this.#disks[name], POLICY);
    this.nodes[name] = node;
    node.onResume = resume(node);
    await node.start();
    await this.follow();
  }

  /** A payment to a node is durably claimed, and then said: as the payments do it. */
  async claim(name: Name, number: number, htlc_id: bigint): Promise<void> {
    const { channels, channel } = this.nodes[name];
    const { channel_id } = channel;
    await this.#disks[name].commit([claimIncoming({ channel_id, htlc_id })]);
    channels.fulfil(channel_id, htlc_id, preimage(number).payment_preimage);
    await this.follow();
  }

  /** From now on this node's database takes its time with every answer, as one on a server does. */
  slowReads(name: Name): void {
    this.#disks[name].read_turns = 5;
  }

  /** What a node has on disk. */
  disk(name: Name): Store {
    return this.#disks[name];
  }

  /** The channel as this side has it now, to go back to. */
  async storedState(name: Name): Promise<string> {
    const [row] = await this.#disks[name].read('SELECT state FROM channels');
    return row?.state as string;
  }

  /** A cheat: the process ends, and the next one believes that an old state of its channel is the latest. */
  async goBack(name: Name, state: string): Promise<void> {
    await this.restart(name, async () => {
      await this.#disks[name].commit([{ sql: 'UPDATE channels SET state = ?', params: [state] }]);
    });
  }

  /** The process ends, and none follows. */
  kill(name: Name): void {
    this.cut();
    this.#disks[name] = new Disk(this.#disks[name].die());
    void this.nodes[name].follower.stop();
    this.#dead.add(name);
  }

  /** Offers an HTLC to the other side; answers its hash. */
  async pay(from: Name, number: number, amount_sat: number, blocks = 40): Promise<string> {
    const [payer, shop] = from === 'payer' ? [this.payer, this.shop] : [this.shop, this.payer];
    const { payment_hash } = preimage(number);
    const cltv_expiry = this.height + blocks;
    const amount_msat = amount(amount_sat * 1000);
    const onion_routing_packet = shop.onionFor(payment_hash, amount_msat, cltv_expiry, SECRET);
    payer.channels.offer(
      payer.channel.channel_id,
      { amount_msat, payment_hash, cltv_expiry, onion_routing_packet },
      () => [],
    );
    await this.follow();
    return payment_hash;
  }

  async balance(name: Name): Promise<bigint> {
    const { confirmed_sat, unconfirmed_sat, reserved_sat } = await this.nodes[name].wallet.balance();
    return confirmed_sat + unconfirmed_sat + reserved_sat;
  }

  view(name: Name): EndingView {
    const [view] = this.nodes[name].endings.list();
    assert.ok(view !== undefined, `${name} has a channel that ends`);
    return view;
  }

  /** Whether any of them still has its channel. */
  isEnding(...names: readonly Name[]): boolean {
    return names.some((name) => this.nodes[name].channels.list().length > 0);
  }

  /** The channel as its ending sees it. */
  over(name: Name): OverChannel {
    return this.nodes[name].channel;
  }

  /**
   * What a wallet gained since the channel was open, without the anchors that it took, and the fees that it paid: at
   * most so much.
   */
  async gained(name: Name, most_fees_sat = MOST_FEES_SAT): Promise<{ gained_sat: bigint; fees_sat: bigint }> {
    const rows = await this.#disks[name].read('SELECT script_pubkey FROM wallet_scripts');
    const scripts = new Set(rows.map((row) => row.script_pubkey as string));
    const mined = await this.transactions();
    const { fees_sat, anchors_sat } = paidBy(mined, scripts, name === 'payer', this.funding_txid);
    assert.ok(fees_sat <= most_fees_sat, `${name} paid ${fees_sat} sat in fees`);
    return { gained_sat: (await this.balance(name)) - this.#before[name] - anchors_sat, fees_sat };
  }

  /** Both sides' accounts at once: `shares` is what of the channel should have become theirs, anchors left out. */
  async assertShares(shares: Record<Name, bigint>, most_fees_sat = MOST_FEES_SAT): Promise<void> {
    for (const name of ['payer', 'shop'] as const) {
      const { gained_sat, fees_sat } = await this.gained(name, most_fees_sat);
      assert.equal(
        gained_sat + fees_sat,
        shares[name],
        `${name} gained ${gained_sat} sat and paid ${fees_sat} in fees`,
      );
    }
  }

  /** The same after a close in agreement: whoever chose its transaction has paid the fee, the other has all that is its. */
  async assertParted(shares: Record<Name, bigint>): Promise<void> {
    const paid_sat: bigint[] = [];
    for (const name of ['payer', 'shop'] as const) paid_sat.push(shares[name] - (await this.gained(name)).gained_sat);
    const [least, most] = paid_sat.sort((a, b) => Number(a - b));
    assert.ok(
      least === 0n && most !== undefined && most > 0n && most < MOST_FEES_SAT,
      `paid: ${paid_sat.join(' and ')} sat`,
    );
  }

  /** Whether the channel is history on both sides, and nothing is left behind. */
  async assertOver(name: Name): Promise<void> {
    const node = this.nodes[name];
    assert.deepEqual(
      node.endings.list().map(({ status, sweeps }) => ({ height: this.height, status, sweeps })),
      [],
    );
    assert.equal(node.channels.list().length, 0, `${name} has no channel any more`);
    const rows = await node.store.read('SELECT is_closed FROM channels');
    assert.deepEqual(
      rows.map((row) => row.is_closed),
      [1n],
    );
    assert.deepEqual(await node.store.read('SELECT * FROM incoming_htlcs'), []);
    assert.deepEqual(await node.store.read('SELECT * FROM revoked_htlcs'), []);
    assert.deepEqual(await node.store.read('SELECT channel_id FROM endings WHERE state IS NOT NULL'), []);
  }

  /** Every transaction since the channel was open. */
  transactions(): Promise<readonly Mined[]> {
    return minedSince(this.world.chain, this.#from_height);
  }

  /** The transaction that made the channel. */
  funding_txid = '';

  /** Remembers which output is the channel's, while there is one. */
  note(): this {
    this.funding_txid = this.payer.channel.state.terms.funding_txid;
    return this;
  }
}

/** A transaction's id, of its bytes in hex. */
export function txidOfHex(transaction: string): string {
  return readTransaction(Buffer.from(transaction, 'hex')).txid;
}

/** The invoice was paid before: the payments say so again. */
function resume(node: TestNode): TestNode['onResume'] {
  return ({ channel_id, htlc_id, payment_hash }) => {
    const found = Array.from({ length: 10 }, (_, number) => preimage(number)).find(
      (each) => each.payment_hash === payment_hash,
    );
    assert.ok(found !== undefined);
    node.channels.fulfil(channel_id, htlc_id, found.payment_preimage);
  };
}
