/** Refunds on invoices and a store in memory, with payments and a wallet that do what a test says, and can die. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { RpcError } from '../../../src/base/errors.ts';
import { type Msat, msat, sat } from '../../../src/base/types/amount.ts';
import type { PaymentHash, PaymentSecret, Txid } from '../../../src/base/types/brand.ts';
import { featureSet } from '../../../src/base/types/features.ts';
import { NETWORKS } from '../../../src/base/types/network.ts';
import type { Price } from '../../../src/base/types/price.ts';
import { encodeInvoice, signWith } from '../../../src/codec/bolt11/native.ts';
import type { JsonOutcome, JsonQuestion } from '../../../src/infra/http/json-asker.ts';
import { type Store, StoreClosedError, type UnitResult, type Write } from '../../../src/infra/store/store.ts';
import type { ChainPort, LightningPort, PaymentEnd } from '../../../src/shop/refunds/ports.ts';
import type { Refund } from '../../../src/shop/refunds/refund.ts';
import { Refunds } from '../../../src/shop/refunds/refunds.ts';
import type { RefundRequest } from '../../../src/shop/refunds/request.ts';
import { testStore } from '../../support/test-store.ts';
import { collect, type Fixture, openFixture } from '../invoices/fixture.ts';

const CUSTOMER_KEY = Uint8Array.from({ length: 32 }, () => 7);
export const ADDRESS = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';

let made = 0;

/** A BOLT 11 of the customer. */
export function customerInvoice(amount_msat: number | bigint | undefined, metadata?: string): string {
  const payment_hash = createHash('sha256').update(`invoice ${made++}`).digest('hex') as PaymentHash;
  return encodeInvoice(
    {
      currency: 'bcrt',
      ...(amount_msat === undefined ? {} : { amount_msat: msat(amount_msat) }),
      created_at: 1_700_000_000,
      payment_hash,
      payment_secret: '11'.repeat(32) as PaymentSecret,
      ...(metadata === undefined
        ? { description: 'my money' }
        : { description_hash: createHash('sha256').update(metadata).digest('hex') }),
      features: featureSet({ var_onion_optin: 'required', payment_secret: 'required' }),
    },
    signWith(CUSTOMER_KEY),
  );
}

/** A store that stops answering after so many commits: what the process that dies there has written. */
class DyingStore implements Store {
  readonly #store: Store;
  left = Number.POSITIVE_INFINITY;
  /** Called when it dies. */
  onDeath = (): void => {};

  constructor(store: Store) {
    this.#store = store;
  }

  async commit(unit: readonly Write[]): Promise<UnitResult> {
    if (this.left-- <= 0) {
      this.onDeath();
      throw new StoreClosedError();
    }
    return await this.#store.commit(unit);
  }

  read(...query: Parameters<Store['read']>): ReturnType<Store['read']> {
    return this.#store.read(...query);
  }

  fence(): ReturnType<Store['fence']> {
    return this.#store.fence();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** The network and the chain: they outlive the node. */
export class World {
  /** What arrived over Lightning, by payment hash. */
  readonly arrived = new Map<string, Msat>();
  readonly under_way = new Set<string>();
  /** What was sent on the chain. */
  readonly transactions = new Map<string, bigint>();
  /** How often somebody tried to pay. */
  tries = 0;
  refuses: string | undefined;
  #wake = (): void => {};

  /** All that left the shop. */
  get total_msat(): bigint {
    let total = 0n;
    for (const amount_msat of this.arrived.values()) total += amount_msat;
    for (const amount_sat of this.transactions.values()) total += amount_sat * 1000n;
    return total;
  }

  /** What is under way arrives, or comes back. */
  finish(arrives: boolean, amount_msat: Msat): void {
    for (const hash of this.under_way) if (arrives) this.arrived.set(hash, amount_msat);
    this.under_way.clear();
    this.#wake();
  }

  async ended(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }
}

export class RefundShop {
  readonly world: World;
  readonly fixture: Fixture;
  readonly lines: string[] = [];
  /** What Lightning addresses answer, by URL. */
  answers: (question: JsonQuestion) => JsonOutcome = () => ({ kind: 'failed', reason: 'not asked' });
  /** Called between two steps of a payment: a test may let the process die there. */
  onStep: (step: 'offered' | 'arrived' | 'broadcast') => void = () => {};
  #refunds: Refunds;
  #store: DyingStore;
  readonly #base: Store;
  /** What the next price comes to. */
  #priced!: { readonly amount_msat: Msat; readonly price: Price };
  #is_dead = false;
  #txids = 0;

  constructor(world = new World()) {
    this.world = world;
    this.#base = testStore({ onFailure: (error) => assert.fail(error) });
    this.fixture = openFixture({ store: this.#base, rates: { price: async () => this.#priced } });
    [this.#store, this.#refunds] = this.#build();
  }

  #build(): [DyingStore, Refunds] {
    const store = new DyingStore(this.#base);
    const refunds: Refunds = new Refunds({
      store,
      clock: this.fixture.clock,
      network: NETWORKS.regtest,
      invoices: {
        find: async (label) => {
          const invoice = await this.fixture.invoices.find({ label });
          return invoice === undefined || invoice.status === 'paid' ? invoice : invoice.status;
        },
      },
      lightning: this.#lightning(),
      chain: this.#chain(store),
      asker: { ask: async (question) => this.answers(question), close: () => {} },
      log: { info: (text) => this.lines.push(text), warn: (text) => this.lines.push(`! ${text}`) },
      onBackgroundError: (error) => assert.fail(error as Error),
    });
    return [store, refunds];
  }

  /** Makes an invoice and pays it, perhaps with more than it asks for. */
  async sell(label: string, amount_msat: number, price?: Price, paid_msat = amount_msat): Promise<void> {
    if (price !== undefined) this.#priced = { amount_msat: msat(amount_msat), price };
    await this.fixture.create(label, { amount_msat: price ?? msat(amount_msat) });
    await this.fixture.pay(label, paid_msat);
  }

  get refunds(): Refunds {
    return this.#refunds;
  }

  refund(request: RefundRequest, signal = new AbortController().signal): Promise<Refund> {
    return this.#refunds.refund(request, signal);
  }

  list(): Promise<Refund[]> {
    return collect(this.#refunds.list({}));
  }

  refunded(created_index: number) {
    return this.#refunds.refunded(created_index);
  }

  /** From so many commits on nothing is written any more, and nothing is sent: as after kill -9. */
  dieAfter(commits: number): void {
    this.#store.left = commits;
    this.#store.onDeath = () => this.die();
  }

  /** The process is gone between two steps. */
  die(): void {
    this.#is_dead = true;
    this.#store.left = 0;
  }

  get isDead(): boolean {
    return this.#is_dead;
  }

  /** A new process on what was written. */
  async startAgain(): Promise<void> {
    this.#is_dead = false;
    [this.#store, this.#refunds] = this.#build();
    await this.#refunds.start();
  }

  /** Resolves when no refund is under way. */
  async quiet(): Promise<void> {
    while ((await this.list()).some(({ status }) => status === 'pending')) await this.fixture.store.commit([]);
  }

  async close(): Promise<void> {
    await this.#refunds.stop();
    await this.fixture.close();
  }

  #alive(): void {
    if (this.#is_dead) throw new StoreClosedError();
  }

  #lightning(): LightningPort {
    const { world } = this;
    const endOf = (hash: PaymentHash): PaymentEnd | undefined => {
      const amount_msat = world.arrived.get(hash);
      if (amount_msat !== undefined) return { kind: 'complete', amount_sent_msat: msat(amount_msat + 21n) };
      return world.under_way.has(hash) ? undefined : { kind: 'failed' };
    };
    return {
      pay: async ({ invoice, amount_msat }) => {
        this.#alive();
        world.tries++;
        if (world.refuses !== undefined) throw new RpcError('PAY_ROUTE_NOT_FOUND', world.refuses);
        assert.ok(!world.arrived.has(invoice.payment_hash), 'it was paid before');
        world.under_way.add(invoice.payment_hash);
        this.onStep('offered');
        this.#alive();
        world.finish(true, amount_msat);
        this.onStep('arrived');
        this.#alive();
      },
      isUsed: async (hash) => endOf(hash)?.kind !== 'failed',
      end: async (hash, signal) => {
        for (;;) {
          this.#alive();
          signal.throwIfAborted();
          const end = endOf(hash);
          if (end !== undefined) return end;
          await world.ended();
        }
      },
    };
  }

  #chain(store: DyingStore): ChainPort {
    const { world } = this;
    return {
      pay: async (_script, amount_sat, writes) => {
        this.#alive();
        if (world.refuses !== undefined) throw new RpcError('FUND_CANNOT_AFFORD', world.refuses);
        const payment = { txid: (++this.#txids).toString(16).padStart(64, '0') as Txid, fee_sat: sat(200) };
        await store.commit(writes(payment));
        // What is durable is sent, by this process or the next.
        world.transactions.set(payment.txid, amount_sat);
        this.onStep('broadcast');
        this.#alive();
        return payment;
      },
      feeOf: () => sat(200),
      isDropped: (txid) => !world.transactions.has(txid),
    };
  }
}
