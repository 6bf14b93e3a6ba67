/**
 * Two nodes whose channel with HTLCs both ways ends on the embedded chain in one of several ways: one of them stays up,
 * the other is the one that the test kills. What each has in the end is the same however often it dies.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Daemon } from '../../src/app/daemon/daemon.ts';
import { msat } from '../../src/base/types/amount.ts';
import type { ChannelId } from '../../src/base/types/brand.ts';
import { type Transaction, txidOf } from '../../src/codec/tx/transaction.ts';
import { claimIncoming } from '../../src/node/channels/incoming.ts';
import type { LiveChannel } from '../../src/node/channels/live-channel.ts';
import { ANCHOR_SAT, type Mined, minedSince, paidBy } from '../node/endings/account.ts';
import { type HalfPayment, payHalf, walletSat, walletScripts } from '../node/endings/half-payment.ts';
import { openTestStore } from '../support/test-store.ts';
import { Town, until, untilAsync } from '../support/town.ts';

export type Name = 'customer' | 'shop';

/** Who ends the channel, and how. `second_stage`: the cheat has moved its HTLCs on before the other is back. */
export const KINDS = ['ours', 'cheat', 'theirs', 'second_stage'] as const;
export type Kind = (typeof KINDS)[number];

const FUNDING_SAT = 1_000_000n;
const PUSH_SAT = 400_000n;
export const CONFIRMS = 12;
export const OPTION = `--closing-confirms=${CONFIRMS}`;
/** Blocks until the HTLCs expire. */
const EXPIRY_BLOCKS = 60;
/** What the customer pays and what it is paid; each receiver claims the first of its two. */
const TO_SHOP_SAT = [50_000, 60_000] as const;
const TO_CUSTOMER_SAT = [70_000, 80_000] as const;

interface Paid {
  readonly claimed: HalfPayment;
  readonly given_back: HalfPayment;
}

export class Scene {
  readonly town: Town;
  readonly kind: Kind;
  /** The node that is killed, in whatever process it is now. */
  readonly victim: Name;
  readonly peer: Name;
  readonly funding_txid: string;
  /** Payments by who made them. */
  readonly #paid: Record<Name, Paid>;
  readonly #before_sat: Record<Name, bigint>;
  readonly #from_height: number;
  #peer: Daemon;

  /** The channel is as good as over: the commitment that ends it waits to be mined, and the victim does not run. */
  static async open(kind: Kind, victim: Name): Promise<Scene> {
    const town = await Town.found();
    try {
      const nodes = { shop: await town.start('shop', OPTION), customer: await town.start('customer', OPTION) };
      const { shop, customer } = nodes;
      await town.fund(shop);
      await town.fund(customer);
      await town.connect(customer, shop);
      const { state } = await town.open(customer, shop, Number(FUNDING_SAT), Number(PUSH_SAT) * 1000);
      // Deeper than any reorg to come.
      await town.mine(2);
      const paid = {} as Record<Name, Paid>;
      for (const [from, to, amounts] of [
        ['customer', 'shop', TO_SHOP_SAT],
        ['shop', 'customer', TO_CUSTOMER_SAT],
      ] as const) {
        const [first, second] = amounts;
        paid[from] = {
          claimed: await payHalf(nodes[from], nodes[to], first, `${from} 1`, EXPIRY_BLOCKS),
          given_back: await payHalf(nodes[from], nodes[to], second, `${from} 2`, EXPIRY_BLOCKS),
        };
      }
      const before = { shop: await walletSat(shop), customer: await walletSat(customer) };
      const { height } = await town.chain.tip();
      const scene = new Scene({
        town,
        kind,
        victim,
        nodes,
        funding_txid: state.terms.funding_txid,
        paid,
        before,
        height,
      });
      await scene.#begin(nodes, state.terms.channel_id);
      return scene;
    } catch (error) {
      await town.close();
      throw error;
    }
  }

  private constructor(the: {
    readonly town: Town;
    readonly kind: Kind;
    readonly victim: Name;
    readonly nodes: Record<Name, Daemon>;
    readonly funding_txid: string;
    readonly paid: Record<Name, Paid>;
    readonly before: Record<Name, bigint>;
    readonly height: number;
  }) {
    this.town = the.town;
    this.kind = the.kind;
    this.victim = the.victim;
    this.peer = the.victim === 'shop' ? 'customer' : 'shop';
    this.funding_txid = the.funding_txid;
    this.#paid = the.paid;
    this.#before_sat = the.before;
    // What a reorg takes back may come again in a block that is lower.
    this.#from_height = the.height - 6;
    this.#peer = the.nodes[this.peer];
  }

  get dir(): string {
    return join(this.town.dir, this.victim);
  }

  get #isCheat(): boolean {
    return this.kind === 'cheat' || this.kind === 'second_stage';
  }

  async #begin(nodes: Record<Name, Daemon>, channel_id: ChannelId): Promise<void> {
    const { town, kind } = this;
    const victim = nodes[this.victim];
    const [row] = await this.#peer.store.read('SELECT state FROM channels');
    if (this.#isCheat) await payHalf(nodes.customer, nodes.shop, 20_000, 'what revokes', EXPIRY_BLOCKS);
    await this.#peer.peers.close();
    const [channel] = victim.channels.list();
    assert.ok(channel !== undefined);
    await until(() => channel.state.link === 'down');
    await this.#accept(victim, channel);
    if (kind === 'ours') {
      victim.channels.forceClose(channel_id, 'for the test');
      await until(() => town.chain.pending.length > 0);
    }
    await town.stop(victim);
    if (this.#isCheat) await this.#goBack(row?.state as string);
    if (kind !== 'ours') this.#peer.channels.forceClose(channel_id, 'for the test');
    await until(() => town.chain.pending.length > 0);
    await this.mine();
    const { payment_preimage } = this.#paid[this.victim].claimed;
    await until(() => this.#peer.channels.list()[0]?.state.phase === 'spent');
    this.#peer.channels.fulfil(channel_id, 0n, payment_preimage);
    if (kind !== 'second_stage') return;
    for (let block = 0; block < EXPIRY_BLOCKS + 4; block++) await this.mine();
    const stages = (await this.#mined()).filter(({ tx }) => tx.inputs.some(({ witness }) => witness.length === 5));
    assert.equal(stages.length, 2, 'it was quick with one HTLC, and has the other back');
  }

  /** The invoice is paid and the HTLC claimed, durably, and nothing of it is said yet. */
  async #accept(victim: Daemon, { channel_id }: LiveChannel): Promise<void> {
    const { payment_hash } = this.#paid[this.peer].claimed;
    const amount_sat = this.victim === 'shop' ? TO_SHOP_SAT[0] : TO_CUSTOMER_SAT[0];
    const write = claimIncoming({ channel_id, htlc_id: 0n });
    assert.ok(await victim.invoices.markPaid(payment_hash, msat(amount_sat * 1000), [write]));
  }

  /** A cheat: the peer believes that an old state of its channel is the latest. */
  async #goBack(state: string): Promise<void> {
    await this.town.stop(this.#peer);
    const directory = join(this.town.dir, this.peer, 'regtest');
    const store = await openTestStore({ directory, onFailure: assert.fail });
    await store.commit([{ sql: 'UPDATE channels SET state = ?', params: [state] }]);
    await store.close();
    this.#peer = await this.town.start(this.peer, OPTION, '--offline');
  }

  /** A block, and the peer has done what it wants to do about it. */
  async mine(): Promise<void> {
    await this.town.mine(1);
    await this.#follow(this.#peer);
  }

  async reorganise(depth: number, drop: 'keep' | 'drop'): Promise<void> {
    const { height } = this.town.chain.reorganise(depth, '6a', drop);
    await until(() => this.#peer.chain.tip().height >= height);
    await this.#follow(this.#peer);
  }

  async #follow(daemon: Daemon): Promise<void> {
    for (let turn = 0; turn < 2; turn++) {
      await daemon.channels.book.idle();
      await daemon.endings.idle();
    }
  }

  #mined(): Promise<readonly Mined[]> {
    return minedSince(this.town.chain, this.#from_height);
  }

  /** Whether nothing can be lost any more by being too late, as long as no reorg comes. */
  async isSecured(): Promise<boolean> {
    const mined = await this.#mined();
    const end = mined.find(({ tx }) => tx.inputs.some(({ txid }) => txid === this.funding_txid))?.tx;
    if (end === undefined) return false;
    const taken = new Set(mined.flatMap(({ tx }) => tx.inputs.map(({ txid, vout }) => `${txid}:${vout}`)));
    const isTaken = (tx: Transaction, amounts: readonly number[]): boolean =>
      [...tx.outputs.entries()].every(
        ([vout, { amount_sat }]) => !amounts.includes(Number(amount_sat)) || taken.has(`${txidOf(tx)}:${vout}`),
      );
    if (!this.#isCheat) return isTaken(end, [TO_SHOP_SAT[0], TO_CUSTOMER_SAT[0]]);
    const stages = mined.filter(({ tx }) => tx.inputs.some(({ witness }) => witness.length === 5));
    const amounts = [...TO_SHOP_SAT, ...TO_CUSTOMER_SAT];
    const own = end.outputs.map(({ amount_sat }) => Number(amount_sat)).filter((each) => BigInt(each) !== ANCHOR_SAT);
    return isTaken(end, own) && stages.every(({ tx }) => isTaken(tx, amounts));
  }

  /** The victim lives on in this process until the channel is history for it, which it soon must be. */
  async finish(most_fees_sat: bigint): Promise<void> {
    const { town } = this;
    const victim = await town.start(this.victim, OPTION, '--offline');
    const nodes = { [this.victim]: victim, [this.peer]: this.#peer } as Record<Name, Daemon>;
    const ending = this.#isCheat ? [victim] : [victim, this.#peer];
    await until(() => victim.chain.tip().height === this.#peer.chain.tip().height);
    for (let blocks = 0; ending.some((daemon) => daemon.channels.list().length > 0); blocks++) {
      const limit = EXPIRY_BLOCKS + 144 + 144 + CONFIRMS + 20;
      assert.ok(blocks < limit, JSON.stringify(victim.endings.list().map(({ status }) => status)));
      await this.mine();
      await this.#follow(victim);
    }
    await this.#assertShares(nodes, most_fees_sat);
    await this.#assertStates(victim);
    if (!this.#isCheat) await this.#assertPayments(nodes);
  }

  async #assertShares(nodes: Record<Name, Daemon>, most_fees_sat: bigint): Promise<void> {
    const mined = await this.#mined();
    const shares = {} as Record<Name, bigint>;
    for (const name of ['customer', 'shop'] as const) {
      const scripts = await walletScripts(nodes[name]);
      const { fees_sat, anchors_sat } = paidBy(mined, scripts, name === 'customer', this.funding_txid);
      assert.ok(fees_sat <= most_fees_sat, `the ${name} paid ${fees_sat} sat in fees`);
      shares[name] = (await walletSat(nodes[name])) - this.#before_sat[name] - anchors_sat + fees_sat;
    }
    const all_sat = FUNDING_SAT - 2n * ANCHOR_SAT;
    if (!this.#isCheat) {
      const moved_sat = BigInt(TO_SHOP_SAT[0] - TO_CUSTOMER_SAT[0]);
      const shop_sat = PUSH_SAT + moved_sat;
      assert.deepEqual(shares, { customer: all_sat - shop_sat, shop: shop_sat });
      return;
    }
    const end = mined.find(({ tx }) => tx.inputs.some(({ txid }) => txid === this.funding_txid));
    assert.ok(end !== undefined);
    // The fee of the commitment counts as the customer's, who opened the channel.
    const { fee_sat } = end;
    const shop_gained = { customer: fee_sat, shop: all_sat - fee_sat };
    assert.deepEqual(shares, this.victim === 'shop' ? shop_gained : { customer: all_sat, shop: 0n });
  }

  /** Nothing is left behind, and nothing was said to be lost. */
  async #assertStates(victim: Daemon): Promise<void> {
    assert.deepEqual(victim.endings.list(), []);
    // The channel leaves the list at once; that it did is on the disk a commit later.
    await untilAsync(async () => (await victim.store.read('SELECT is_closed FROM channels'))[0]?.is_closed === 1n);
    for (const table of ['incoming_htlcs', 'revoked_htlcs', 'endings WHERE state IS NOT NULL']) {
      assert.deepEqual(await victim.store.read(`SELECT channel_id FROM ${table}`), []);
    }
    const { reserved_sat, unconfirmed_sat } = await victim.wallet.balance();
    assert.deepEqual([reserved_sat, unconfirmed_sat], [0n, 0n], 'no coin is left promised');
    const [closed] = await victim.endings.closed();
    const kinds = { ours: 'local', theirs: 'remote', cheat: 'revoked', second_stage: 'revoked' } as const;
    assert.equal(closed?.ending, kinds[this.kind]);
    const { payment_hash, payment_preimage } = this.#paid[this.peer].claimed;
    assert.equal(await victim.invoices.paidPreimage(payment_hash), payment_preimage, 'its invoice stays paid');
  }

  async #assertPayments(nodes: Record<Name, Daemon>): Promise<void> {
    for (const name of ['customer', 'shop'] as const) {
      const { claimed, given_back } = this.#paid[name];
      const [arrived] = await nodes[name].outgoing.parts(claimed.payment_hash);
      const [failed] = await nodes[name].outgoing.parts(given_back.payment_hash);
      assert.deepEqual([arrived?.status, arrived?.payment_preimage], ['complete', claimed.payment_preimage]);
      assert.equal(failed?.status, 'failed', 'the payment that never was whole has come back');
    }
  }
}
