/** A provider's answers, a payer and a wallet for tests of orders, and a way to die between any two of their steps. */

import { sha256 } from '../../../src/base/crypto/hash.ts';
import { msat, type Sat, sat } from '../../../src/base/types/amount.ts';
import type { ChannelId, NodeId, Txid } from '../../../src/base/types/brand.ts';
import { ManualClock } from '../../../src/base/types/clock.ts';
import { toHex } from '../../../src/base/types/hex.ts';
import { NETWORKS } from '../../../src/base/types/network.ts';
import { encodeInvoice, signWith } from '../../../src/codec/bolt11/native.ts';
import type { JsonObject } from '../../../src/codec/lsps/envelope.ts';
import { writeDatetime } from '../../../src/codec/lsps/values.ts';
import type { Store, Write } from '../../../src/infra/store/store.ts';
import { ChannelOrders } from '../../../src/node/liquidity/channel-orders.ts';
import type { FailedPayment, OrderedChannel } from '../../../src/node/liquidity/order-ports.ts';
import type { ChannelWish } from '../../../src/node/liquidity/order-quotes.ts';
import { ProviderError } from '../../../src/node/liquidity/provider-error.ts';
import { calmTurns, testStore } from '../../support/test-store.ts';

export const PROVIDER = `02${'11'.repeat(32)}` as NodeId;
export const REFUND = 'bcrt1qrefund';
const PAY_TO = 'bcrt1qprovider';

export const WISH: ChannelWish = {
  provider_id: undefined,
  lsp_balance_sat: sat(1_000_000),
  channel_expiry_blocks: 13_140,
  announce_channel: false,
};

/** Dies at the step of this number: what comes after it never happens. */
class Fate {
  readonly #dies_at: number;
  steps = 0;

  constructor(dies_at: number) {
    this.#dies_at = dies_at;
  }

  get is_dead(): boolean {
    return this.steps >= this.#dies_at;
  }

  /** Before and after it the process may die. */
  async step<T>(act: () => Promise<T> | T): Promise<T> {
    if (this.#next()) return await new Promise<never>(() => {});
    const result = await act();
    if (this.#next()) return await new Promise<never>(() => {});
    return result;
  }

  #next(): boolean {
    if (this.is_dead) return true;
    this.steps++;
    return this.is_dead;
  }
}

/** What outlives a crash: the database, the provider, and what was paid. */
export class Shelf {
  readonly clock = new ManualClock();
  readonly store = testStore({
    onFailure: (error) => {
      throw error;
    },
  });
  /** Changes what the provider answers. */
  tamper: (method: string, result: Record<string, unknown>) => JsonObject = (_method, result) => result as JsonObject;
  /** Set: payments over Lightning end so. */
  lightning_fails: FailedPayment | undefined;
  wallet_fails: Error | undefined;
  readonly invoices_paid: string[] = [];
  readonly addresses_paid: string[] = [];
  /** How the order stands at the provider. */
  state: 'CREATED' | 'COMPLETED' | 'FAILED' = 'CREATED';
  payment_state = 'EXPECT_PAYMENT';
  opened_sat: Sat | undefined;
  is_ready = true;
  /** How the channel is that the provider names. */
  channel: Partial<OrderedChannel> = {};
  is_paid_by_invoice = false;
  height = 100;
  is_silent = false;
  refunded_sat = sat(0);
  spendable_msat = msat(100_000_000);
  spendable_sat = sat(1_000_000);
  fee_sat = 10_000n;
  onchain_fee_sat = 12_000n;
  orders_made = 0;
  readonly #fundings = new Set<string>();
  readonly log: string[] = [];

  /** A run of the node on it, which may die. */
  async run(dies_at = Number.POSITIVE_INFINITY): Promise<{ readonly orders: ChannelOrders; readonly fate: Fate }> {
    const fate = new Fate(dies_at);
    const store: Store = {
      fence: () => this.store.fence(),
      commit: (unit: readonly Write[]) => fate.step(() => this.store.commit(unit)),
      read: (sql, params) => this.store.read(sql, params),
      close: () => this.store.close(),
    };
    const orders = new ChannelOrders({
      store,
      clock: this.clock,
      network: NETWORKS.regtest,
      providers: {
        list: () => [{ node_id: PROVIDER, is_connected: true }],
        askFor: (_node_id, method, params, _how, read) =>
          fate.step(() => {
            if (this.is_silent) throw new ProviderError('silent', 'it did not answer');
            return read(this.#answer(method, params));
          }),
      },
      payer: {
        spendableMsat: () => this.spendable_msat,
        pay: (bolt11) =>
          fate.step(() => {
            if (this.lightning_fails !== undefined) return this.lightning_fails;
            // As the node's own payer: who asks again pays nothing twice.
            if (!this.invoices_paid.includes(bolt11)) this.invoices_paid.push(bolt11);
            this.#paid();
            return undefined;
          }),
      },
      wallet: {
        newAddress: async () => REFUND,
        isAddress: (address) => address.startsWith('bcrt1'),
        spendableSat: async () => this.spendable_sat,
        paymentTo: (address) => (this.addresses_paid.includes(address) ? ('cd'.repeat(32) as Txid) : undefined),
        pay: (address) =>
          fate.step(() => {
            if (this.wallet_fails !== undefined) throw this.wallet_fails;
            this.addresses_paid.push(address);
            this.#paid();
            return 'cd'.repeat(32) as Txid;
          }),
        receivedSat: async () => this.refunded_sat,
      },
      channels: {
        findByFunding: (funding_txid) =>
          this.opened_sat === undefined || !this.#fundings.has(funding_txid)
            ? undefined
            : {
                peer_id: PROVIDER,
                funding_satoshis: this.opened_sat,
                is_ready: this.is_ready,
                is_theirs: true,
                channel_id: 'aa'.repeat(32) as ChannelId,
                opened_height: this.height,
                ...this.channel,
              },
        height: () => this.height,
        isPaidByInvoice: async () => this.is_paid_by_invoice,
      },
      log: { info: (text) => void this.log.push(text), warn: (text) => void this.log.push(text) },
      onBackgroundError: (error) => {
        throw error;
      },
    });
    await orders.start();
    return { orders, fate };
  }

  #paid(): void {
    this.state = 'COMPLETED';
    this.payment_state = 'PAID';
    this.opened_sat ??= sat(1_000_000);
  }

  #answer(method: string, params: JsonObject): JsonObject {
    if (method === 'lsps1.get_info') return this.tamper(method, INFO);
    if (method === 'lsps1.create_order') {
      this.orders_made++;
      this.state = 'CREATED';
      this.payment_state = 'EXPECT_PAYMENT';
      this.opened_sat = undefined;
    }
    const expires_at = writeDatetime((this.clock.nowSeconds() + 3600) * 1000);
    const order_id = typeof params.order_id === 'string' ? params.order_id : `order ${this.orders_made}`;
    return this.tamper(method, {
      order_id,
      order_state: this.state,
      lsp_balance_sat: '1000000',
      client_balance_sat: '0',
      channel_expiry_blocks: 13_140,
      announce_channel: false,
      created_at: expires_at,
      payment: {
        bolt11: {
          state: this.payment_state,
          expires_at,
          fee_total_sat: String(this.fee_sat),
          order_total_sat: String(this.fee_sat),
          invoice: this.#invoiceOf(order_id),
        },
        onchain: {
          state: this.payment_state,
          expires_at,
          fee_total_sat: String(this.onchain_fee_sat),
          order_total_sat: String(this.onchain_fee_sat),
          address: `${PAY_TO}${order_id.replaceAll(' ', '')}`,
          min_onchain_payment_confirmations: 1,
        },
      },
      channel:
        this.opened_sat === undefined
          ? null
          : {
              funded_at: expires_at,
              funding_outpoint: `${this.#fundingOf(order_id)}:0`,
              expires_at: '2030-01-01T00:00:00Z',
            },
    });
  }

  #fundingOf(order_id: string): string {
    const txid = toHex(sha256(Buffer.from(`the channel of ${order_id}`)));
    this.#fundings.add(txid);
    return txid;
  }

  #invoiceOf(order_id: string): string {
    const preimage = sha256(Buffer.from(order_id));
    return encodeInvoice(
      {
        currency: 'bcrt',
        amount_msat: msat(this.fee_sat * 1000n),
        created_at: 1_700_000_000,
        payment_hash: toHex(sha256(preimage)) as never,
        payment_secret: toHex(preimage) as never,
        description: 'a channel',
        features: new Set([8, 14]),
      },
      signWith(sha256(Buffer.from('provider'))),
    );
  }
}

const INFO = {
  min_required_channel_confirmations: 0,
  min_funding_confirms_within_blocks: 1,
  supports_zero_channel_reserve: false,
  max_channel_expiry_blocks: 52_560,
  min_initial_client_balance_sat: '0',
  max_initial_client_balance_sat: '0',
  min_initial_lsp_balance_sat: '100000',
  max_initial_lsp_balance_sat: '10000000',
  min_channel_balance_sat: '100000',
  max_channel_balance_sat: '10000000',
};

/** Lets everything that is under way happen. */
export async function calm(): Promise<void> {
  await calmTurns(20);
}
