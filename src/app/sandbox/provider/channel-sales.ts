/**
 * LSPS1 at the provider's end (bLIP 51): channels that are bought ahead, with an invoice whose payment is held until the
 * channel is there, or by a payment on the chain. What cannot be delivered is given back.
 */
import { sha256 } from '../../../base/crypto/hash.ts';
import type { RandomBytes } from '../../../base/crypto/random.ts';
import type { Log } from '../../../base/log.ts';
import { parseAddress } from '../../../base/types/address.ts';
import { msat, sat } from '../../../base/types/amount.ts';
import type { ChannelId, NodeId, PaymentHash, PaymentPreimage, PaymentSecret } from '../../../base/types/brand.ts';
import type { Clock } from '../../../base/types/clock.ts';
import { featureSet } from '../../../base/types/features.ts';
import { toHex } from '../../../base/types/hex.ts';
import type { Network } from '../../../base/types/network.ts';
import { encodeInvoice } from '../../../codec/bolt11/native.ts';
import type { JsonObject } from '../../../codec/lsps/envelope.ts';
import { writeDatetime } from '../../../codec/lsps/values.ts';
import type { IncomingHtlc } from '../../../node/channels/incoming.ts';
import type { LiveChannel } from '../../../node/channels/live-channel.ts';
import type { Keys } from '../../../node/keys/keys.ts';
import { type LspsMethod, LspsRefusal } from './lsps0.ts';
import type { ChannelOpener } from './opener.ts';
import { type ChannelPrice, HALF_A_YEAR_BLOCKS, MAX_EXPIRY_BLOCKS, ORDER_PARAMS, readOrder } from './order-request.ts';
import type { SellingNode } from './provider-node.ts';
import type { ChannelOrder, Records } from './records.ts';

const BLOCK_SECONDS = 600;
/** Blocks that a payment may be held for: the invoice asks for them, and for those of the payee itself. */
const FINAL_CLTV_BLOCKS = 60;
/** A refund is worth what it costs to send: one input, one output. */
const REFUND_WEIGHT = 450n;
const FEATURES = featureSet({ var_onion_optin: 'required', payment_secret: 'required', basic_mpp: 'optional' });

export interface ChannelSalesOptions {
  readonly records: Records;
  readonly price: ChannelPrice;
  readonly keys: Keys;
  readonly network: Network;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
  readonly node: () => SellingNode;
  readonly opener: ChannelOpener;
}

export class ChannelSales {
  readonly #options: ChannelSalesOptions;
  /** Parts of payments for orders, held. */
  readonly #held = new Map<PaymentHash, IncomingHtlc[]>();
  readonly #opening = new Set<ChannelOrder>();
  /** Orders whose channel our wallet could not pay for, and the height at which that was. */
  readonly #unfunded = new Map<ChannelOrder, number>();
  readonly #returning = new Set<ChannelOrder>();

  constructor(options: ChannelSalesOptions) {
    this.#options = options;
  }

  get methods(): ReadonlyMap<string, LspsMethod> {
    return new Map<string, LspsMethod>([
      ['lsps1.get_info', { known: [], run: async () => this.#getInfo() }],
      ['lsps1.create_order', { known: ORDER_PARAMS, run: (client_id, params) => this.#createOrder(client_id, params) }],
      ['lsps1.get_order', { known: ['order_id'], run: async (client_id, params) => this.#getOrder(client_id, params) }],
    ]);
  }

  #getInfo(): JsonObject {
    const { price } = this.#options;
    const most_sat = price.max_lsp_balance_sat + price.max_client_balance_sat;
    return {
      min_required_channel_confirmations: 0,
      min_funding_confirms_within_blocks: 1,
      supports_zero_channel_reserve: false,
      max_channel_expiry_blocks: MAX_EXPIRY_BLOCKS,
      min_initial_client_balance_sat: '0',
      max_initial_client_balance_sat: String(price.max_client_balance_sat),
      min_initial_lsp_balance_sat: String(price.min_lsp_balance_sat),
      max_initial_lsp_balance_sat: String(price.max_lsp_balance_sat),
      min_channel_balance_sat: String(price.min_lsp_balance_sat),
      max_channel_balance_sat: String(most_sat),
    };
  }

  async #createOrder(client_id: NodeId, params: JsonObject): Promise<JsonObject> {
    const { price, records, clock, randomBytes, keys, network, node } = this.#options;
    const asked = readOrder(params, price);
    const { lsp_balance_sat, client_balance_sat, channel_expiry_blocks } = asked;
    const fee_total_sat =
      price.base_sat +
      (lsp_balance_sat * price.proportional * BigInt(channel_expiry_blocks)) / BigInt(HALF_A_YEAR_BLOCKS) / 1_000_000n;
    const created_at_seconds = clock.nowSeconds();
    const payment_preimage = toHex(randomBytes(32)) as PaymentPreimage;
    const payment_hash = toHex(sha256(Buffer.from(payment_preimage, 'hex'))) as PaymentHash;
    const payment_secret = toHex(randomBytes(32)) as PaymentSecret;
    const { refund_onchain_address } = asked;
    const fresh = refund_onchain_address === undefined ? undefined : await node().wallet.newAddress('bech32');
    const order: ChannelOrder = {
      order_id: toHex(randomBytes(16)),
      client_id,
      mirrored: asked.mirrored,
      lsp_balance_sat,
      client_balance_sat,
      announce_channel: asked.announce_channel,
      fee_total_sat,
      created_at_seconds,
      expires_at_seconds: created_at_seconds + price.order_seconds,
      payment_hash,
      payment_preimage,
      payment_secret,
      invoice: encodeInvoice(
        {
          currency: network.bolt11_prefix,
          amount_msat: msat((fee_total_sat + client_balance_sat) * 1000n),
          created_at: created_at_seconds,
          payment_hash,
          payment_secret,
          description: `A channel of ${lsp_balance_sat + client_balance_sat} sat`,
          expiry_seconds: price.order_seconds,
          min_final_cltv_expiry_delta: FINAL_CLTV_BLOCKS,
          features: FEATURES,
        },
        (digest) => keys.signRecoverable(digest),
      ),
      onchain:
        fresh === undefined || refund_onchain_address === undefined ? undefined : { ...fresh, refund_onchain_address },
      order_state: 'CREATED',
      bolt11_state: 'EXPECT_PAYMENT',
      onchain_state: 'EXPECT_PAYMENT',
      channel: undefined,
    };
    records.channel_orders.push(order);
    records.save();
    return this.#shown(order);
  }

  #getOrder(client_id: NodeId, params: JsonObject): JsonObject {
    const found = this.#options.records.channel_orders.find(
      (order) => order.order_id === params.order_id && order.client_id === client_id,
    );
    if (found === undefined) throw new LspsRefusal(101, 'Not found', {});
    return this.#shown(found);
  }

  #shown(order: ChannelOrder): JsonObject {
    const { onchain_sat } = this.#options.price;
    const { fee_total_sat, client_balance_sat, onchain, expires_at_seconds } = order;
    const expires_at = writeDatetime(expires_at_seconds * 1000);
    const onchain_fee_sat = fee_total_sat + onchain_sat;
    return {
      order_id: order.order_id,
      ...order.mirrored,
      created_at: writeDatetime(order.created_at_seconds * 1000),
      order_state: order.order_state,
      payment: {
        bolt11: {
          state: order.bolt11_state,
          expires_at,
          fee_total_sat: String(fee_total_sat),
          order_total_sat: String(fee_total_sat + client_balance_sat),
          invoice: order.invoice,
        },
        ...(onchain === undefined
          ? {}
          : {
              onchain: {
                state: order.onchain_state,
                expires_at,
                fee_total_sat: String(onchain_fee_sat),
                order_total_sat: String(onchain_fee_sat + client_balance_sat),
                address: onchain.address,
                min_onchain_payment_confirmations: 1,
                refund_onchain_address: onchain.refund_onchain_address,
              },
            }),
      },
      channel: order.channel === undefined ? null : { ...order.channel },
    };
  }

  /** A payment to the provider itself: for an order, or for nothing. */
  take(htlc: IncomingHtlc): void {
    const order = this.#options.records.channel_orders.find(({ payment_hash }) => payment_hash === htlc.payment_hash);
    const isWanted =
      order !== undefined &&
      order.payment_secret === htlc.payment_secret &&
      htlc.amount_msat >= htlc.amt_to_forward &&
      htlc.total_msat >= (order.fee_total_sat + order.client_balance_sat) * 1000n;
    if (order === undefined || !isWanted || order.order_state === 'FAILED') {
      this.#giveBack(htlc);
      return;
    }
    const held = this.#held.get(htlc.payment_hash) ?? [];
    this.#held.set(htlc.payment_hash, [...held, htlc]);
    this.moved();
  }

  /** A payment that is held must go back now, if the channel has not come. */
  expire(channel_id: ChannelId, htlc_id: bigint): void {
    for (const order of this.#options.records.channel_orders) {
      const held = this.#held.get(order.payment_hash) ?? [];
      const isOfOrder = held.some((part) => part.channel_id === channel_id && part.htlc_id === htlc_id);
      if (isOfOrder && order.channel === undefined) this.#refund(order);
    }
  }

  #giveBack(htlc: IncomingHtlc): void {
    const { node } = this.#options;
    const { channel_id, htlc_id, amount_msat } = htlc;
    const height = node().chain.tip().height;
    node().channels.fail(channel_id, htlc_id, {
      failure: 'incorrect_or_unknown_payment_details',
      htlc_msat: amount_msat,
      height,
    });
  }

  /** Does what can be done now for each order. */
  moved(): void {
    for (const order of this.#options.records.channel_orders) void this.#advance(order);
  }

  async #advance(order: ChannelOrder): Promise<void> {
    const { records, clock, node } = this.#options;
    if (order.channel !== undefined) {
      this.#collect(order);
      return;
    }
    if (order.order_state === 'FAILED') await this.#giveBackOnchain(order);
    if (order.order_state === 'FAILED' || this.#opening.has(order)) return;
    // Only a block brings coins: who tried again with each message would never come to rest.
    if (this.#unfunded.get(order) === node().chain.tip().height) return;
    const held_msat = (this.#held.get(order.payment_hash) ?? []).reduce((total, each) => total + each.amount_msat, 0n);
    const isPaidHere = held_msat >= (order.fee_total_sat + order.client_balance_sat) * 1000n;
    if (isPaidHere && order.bolt11_state === 'EXPECT_PAYMENT') {
      order.bolt11_state = 'HOLD';
      records.save();
    }
    const isPaid = isPaidHere || order.onchain_state === 'PAID';
    if (!isPaid && clock.nowSeconds() >= order.expires_at_seconds) {
      order.order_state = 'FAILED';
      records.save();
    } else if (isPaid && node().client(order.client_id) !== undefined) await this.#deliver(order);
  }

  async #deliver(order: ChannelOrder): Promise<void> {
    const { opener, node } = this.#options;
    this.#opening.add(order);
    const end = await opener.open({
      client_id: order.client_id,
      funding_sat: order.lsp_balance_sat + order.client_balance_sat,
      push_msat: order.client_balance_sat * 1000n,
      announce_channel: order.announce_channel,
      onChannel: async (channel) => this.#delivered(order, channel),
    });
    this.#opening.delete(order);
    // A client that went away is served when it is back.
    if (end === 'unfunded') this.#unfunded.set(order, node().chain.tip().height);
    if (end === 'refused') this.#refund(order);
    else this.#collect(order);
  }

  #delivered(order: ChannelOrder, { state }: LiveChannel): void {
    const { records, clock } = this.#options;
    const { funding_txid, funding_output_index } = state.terms;
    const funded_at_ms = clock.nowSeconds() * 1000;
    const lease_ms = Number(order.mirrored.channel_expiry_blocks) * BLOCK_SECONDS * 1000;
    order.order_state = 'COMPLETED';
    order.channel = {
      funded_at: writeDatetime(funded_at_ms),
      funding_outpoint: `${funding_txid}:${funding_output_index}`,
      expires_at: writeDatetime(funded_at_ms + lease_ms),
    };
    records.save();
  }

  /** The channel is there: the payment that was held is taken. */
  #collect(order: ChannelOrder): void {
    const { node, records } = this.#options;
    const held = this.#held.get(order.payment_hash);
    if (held === undefined || order.channel === undefined) return;
    this.#held.delete(order.payment_hash);
    order.bolt11_state = 'PAID';
    records.save();
    for (const { channel_id, htlc_id } of held) node().channels.fulfil(channel_id, htlc_id, order.payment_preimage);
  }

  #refund(order: ChannelOrder): void {
    const { records } = this.#options;
    order.order_state = 'FAILED';
    const held = this.#held.get(order.payment_hash) ?? [];
    this.#held.delete(order.payment_hash);
    if (held.length > 0) order.bolt11_state = 'REFUNDED';
    records.save();
    for (const htlc of held) this.#giveBack(htlc);
    this.moved();
  }

  /** What was paid on the chain goes back, once, however often it is tried. */
  async #giveBackOnchain(order: ChannelOrder): Promise<void> {
    const { records, log } = this.#options;
    if (order.onchain_state !== 'PAID' || this.#returning.has(order)) return;
    this.#returning.add(order);
    try {
      await this.#sendBack(order);
      order.onchain_state = 'REFUNDED';
      records.save();
    } catch (error) {
      log.warn(`a refund was not sent, and is tried again: ${(error as Error).message}`);
    } finally {
      this.#returning.delete(order);
    }
  }

  async #sendBack({ onchain, fee_total_sat, client_balance_sat }: ChannelOrder): Promise<void> {
    const { node, price } = this.#options;
    const script = onchain === undefined ? undefined : parseAddress(onchain.refund_onchain_address)?.script_pubkey;
    if (script === undefined || node().wallet.paymentTo(script) !== undefined) return;
    const feerate_per_kw = node().chain.feeratePerKw(6) ?? 1000;
    const paid_sat = fee_total_sat + price.onchain_sat + client_balance_sat;
    const left_sat = paid_sat - (REFUND_WEIGHT * BigInt(feerate_per_kw)) / 1000n;
    await node().wallet.withdraw(Buffer.from(script, 'hex'), sat(left_sat), { feerate_per_kw });
  }

  /** Payments on the chain may be in a block by now. */
  async lookForPayments(): Promise<void> {
    const { records, node, price } = this.#options;
    const waiting = records.channel_orders.filter(
      ({ onchain, onchain_state, channel }) =>
        // Also for one that is over: what comes late goes back.
        onchain !== undefined && onchain_state === 'EXPECT_PAYMENT' && channel === undefined,
    );
    if (waiting.length === 0) return;
    const coins = await node().wallet.listCoins(true);
    for (const order of waiting) {
      const due_sat = order.fee_total_sat + price.onchain_sat + order.client_balance_sat;
      const paid = coins.find(
        ({ coin, status }) => coin.script_pubkey === order.onchain?.script_pubkey && status !== 'unconfirmed',
      );
      if (paid === undefined || paid.coin.amount_sat < due_sat) continue;
      order.onchain_state = 'PAID';
      records.save();
    }
    this.moved();
  }
}
