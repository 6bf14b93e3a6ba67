/**
 * LSPS2 at the provider's end (bLIP 52): channels that are opened when the payment for them comes. A price list whose
 * promises only this provider can have made; an order for each `lsps2.buy`; and for each payment that comes for one:
 * gather its parts, open, pass on less the fee.
 */
import { equalSecret } from '../../../base/crypto/compare.ts';
import { hmacSha256 } from '../../../base/crypto/hash.ts';
import type { RandomBytes } from '../../../base/crypto/random.ts';
import type { Log } from '../../../base/log.ts';
import { msat } from '../../../base/types/amount.ts';
import type { NodeId, PaymentHash, Txid } from '../../../base/types/brand.ts';
import type { Clock } from '../../../base/types/clock.ts';
import type { Secret } from '../../../base/types/secret.ts';
import type { ShortChannelId } from '../../../base/types/short-channel-id.ts';
import { type JsonObject, LspsFormatError } from '../../../codec/lsps/envelope.ts';
import { type OpeningFeeParams, openingFee, readFeeParams, writeFeeParams } from '../../../codec/lsps/lsps2.ts';
import type { LiveChannel } from '../../../node/channels/live-channel.ts';
import type { PassingHtlc } from '../../../node/channels/passing.ts';
import { type FundingWallet, resumeFundings } from '../../daemon/held-fundings.ts';
import type { Conduct } from './conduct.ts';
import { amountParam, invalidParam, type LspsMethod, LspsRefusal } from './lsps0.ts';
import type { ChannelOpener } from './opener.ts';
import { NO_WAY, type PassingPayments, TRY_AGAIN } from './passing-payments.ts';
import { FORWARDING, type SellingNode } from './provider-node.ts';
import type { JitOrder, Records } from './records.ts';

/** The price of a channel that opens with its first payment. */
export interface JitPrice {
  readonly min_fee_msat: bigint;
  readonly proportional: number;
  readonly min_payment_size_msat: bigint;
  readonly max_payment_size_msat: bigint;
  /** How long an offer holds. */
  readonly valid_seconds: number;
  readonly client_trusts_lsp: boolean;
  /** What a channel holds beyond its first payment. */
  readonly beyond_sat: bigint;
}

/** A channel is kept for so many blocks after its confirmation: half a year. */
const MIN_LIFETIME_BLOCKS = 26_280;
const MAX_CLIENT_TO_SELF_DELAY = 2_016;
/** The bLIP asks for 90 seconds at least. */
const HOLD_PARTS_MS = 90_000;
/** Names of channels that do not exist yet: blocks that will not come for two hundred years. */
const NAME_BLOCKS = 0xe00000;
const HTLC_MINIMUM_MSAT = 1_000n;

/** The parts of one payment for an order. */
interface Gathering {
  readonly order: JitOrder;
  readonly payment_hash: PaymentHash;
  readonly size_msat: bigint;
  readonly parts: PassingHtlc[];
  isPassedOn: boolean;
  cancelTimeout: () => void;
}

export interface JitSalesOptions {
  readonly records: Records;
  readonly conduct: Conduct;
  readonly price: JitPrice;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly promise_key: Secret<Uint8Array>;
  readonly log: Log;
  /** Something failed that nobody waits for. */
  readonly onFault: (what: string, error: unknown) => void;
  readonly node: () => SellingNode;
  readonly opener: ChannelOpener;
  readonly passing: PassingPayments;
}

export class JitSales {
  readonly #options: JitSalesOptions;
  readonly #gathered = new Map<string, Gathering>();
  /** The orders whose channel is being opened. */
  readonly #opening = new Set<JitOrder>();
  /** Fundings that wait for a preimage. */
  readonly #withheld = new Map<Txid, () => void>();

  constructor(options: JitSalesOptions) {
    this.#options = options;
  }

  get methods(): ReadonlyMap<string, LspsMethod> {
    return new Map<string, LspsMethod>([
      ['lsps2.get_info', { known: ['token'], run: async (client_id) => this.#getInfo(client_id) }],
      [
        'lsps2.buy',
        {
          known: ['opening_fee_params', 'payment_size_msat'],
          run: async (client_id, params) => this.#buy(client_id, params),
        },
      ],
    ]);
  }

  #getInfo(client_id: NodeId): JsonObject {
    const { price, clock } = this.#options;
    const terms = {
      min_fee_msat: msat(price.min_fee_msat),
      proportional: price.proportional,
      valid_until_ms: (clock.nowSeconds() + price.valid_seconds) * 1000,
      min_lifetime: MIN_LIFETIME_BLOCKS,
      max_client_to_self_delay: MAX_CLIENT_TO_SELF_DELAY,
      min_payment_size_msat: msat(price.min_payment_size_msat),
      max_payment_size_msat: msat(price.max_payment_size_msat),
    };
    const promised = { ...terms, promise: this.#promise(client_id, terms) };
    return { opening_fee_params_menu: [writeFeeParams(promised)] };
  }

  /** Proves that the terms are ours, and for whom they are. */
  #promise(client_id: NodeId, terms: Omit<OpeningFeeParams, 'promise'>): string {
    const text = JSON.stringify(writeFeeParams({ ...terms, promise: '' }));
    return Buffer.from(hmacSha256(this.#options.promise_key.reveal(), Buffer.from(`${client_id} ${text}`))).toString(
      'hex',
    );
  }

  #buy(client_id: NodeId, params: JsonObject): JsonObject {
    const { price, records, clock } = this.#options;
    const terms = this.#termsOf(client_id, params);
    if (clock.nowSeconds() * 1000 >= terms.valid_until_ms) throw new LspsRefusal(201, 'The offer is past');
    const payment_size_msat =
      params.payment_size_msat === undefined ? undefined : amountParam(params, 'payment_size_msat');
    if (payment_size_msat !== undefined) checkSize(payment_size_msat, terms);
    const order: JitOrder = {
      jit_channel_scid: this.#newName(),
      client_id,
      terms,
      payment_size_msat,
      client_trusts_lsp: price.client_trusts_lsp,
      channel_id: undefined,
      paid_by: undefined,
    };
    records.jit_orders.push(order);
    records.save();
    return {
      jit_channel_scid: order.jit_channel_scid,
      lsp_cltv_expiry_delta: FORWARDING.cltv_expiry_delta,
      client_trusts_lsp: order.client_trusts_lsp,
    };
  }

  #termsOf(client_id: NodeId, params: JsonObject): OpeningFeeParams {
    try {
      const { as_sent: _, promise, ...terms } = readFeeParams(params.opening_fee_params);
      const ours = this.#promise(client_id, terms);
      if (!equalSecret(Buffer.from(ours), Buffer.from(promise))) throw new LspsRefusal(201, 'The promise is not ours');
      return { ...terms, promise };
    } catch (error) {
      if (!(error instanceof LspsFormatError)) throw error;
      throw invalidParam('opening_fee_params', error.message);
    }
  }

  #newName(): ShortChannelId {
    const random = Buffer.from(this.#options.randomBytes(6));
    return `${NAME_BLOCKS + random.readUInt16BE(0)}x${random.readUInt16BE(2)}x${random.readUInt16BE(4)}` as ShortChannelId;
  }

  /** As who takes HTLCs for channels that were sold. */
  take(htlc: PassingHtlc): boolean {
    const { records, clock } = this.#options;
    const order = records.jit_orders.find((each) => each.jit_channel_scid === htlc.short_channel_id);
    if (order === undefined) return false;
    const { terms, paid_by, channel_id } = order;
    if (paid_by !== undefined && channel_id !== undefined) return this.#passBehind(order, htlc);
    if (clock.nowSeconds() * 1000 >= terms.valid_until_ms) this.#refuse(htlc);
    else this.#gather(order, htlc);
    return true;
  }

  /** An HTLC was passed on in an earlier run: what it pays for is not forgotten. */
  resumed(htlc: PassingHtlc): void {
    const order = this.#options.records.jit_orders.find((each) => each.jit_channel_scid === htlc.short_channel_id);
    if (order === undefined || order.paid_by !== undefined) return;
    const { payment_hash, amt_to_forward } = htlc;
    const size_msat = order.payment_size_msat ?? amt_to_forward;
    const name = `${order.jit_channel_scid} ${payment_hash}`;
    const parts = [...(this.#gathered.get(name)?.parts ?? []), htlc];
    this.#gathered.set(name, { order, payment_hash, size_msat, parts, isPassedOn: true, cancelTimeout: () => {} });
  }

  /** Fundings that an earlier run did not send: they are sent, unless they wait for a preimage. */
  async resumeFundings(): Promise<void> {
    const { node, records } = this.#options;
    const isUnpaid = (txid: Txid): boolean => {
      const channel = node()
        .channels.list()
        .find(({ state }) => state.terms.funding_txid === txid);
      const order = records.jit_orders.find(({ channel_id }) => channel_id === channel?.channel_id);
      return order?.client_trusts_lsp === true && order.paid_by === undefined;
    };
    const held = node().wallet.held();
    for (const txid of held.filter(isUnpaid)) {
      this.#withheld.set(txid, () => {
        this.#sendHeld([txid]).catch((error: unknown) => this.#options.onFault('sending a funding', error));
      });
    }
    await this.#sendHeld(held.filter((txid) => !isUnpaid(txid)));
  }

  /** As every node does with what its wallet holds. A funding that it holds no more is none. */
  async #sendHeld(txids: readonly Txid[]): Promise<void> {
    const { node, log } = this.#options;
    const { wallet, channels } = node();
    const chosen: FundingWallet = {
      held: () => wallet.held().filter((txid) => txids.includes(txid)),
      publish: (txid) => wallet.publish(txid),
      release: (txid) => wallet.release(txid),
    };
    await resumeFundings(chosen, channels.list(), log, (channel, reason) => {
      channels.apply(channel, { kind: 'give_up', reason });
    });
  }

  /** The channel is paid for: the name that it was sold by is one more of its names. */
  #passBehind({ channel_id }: JitOrder, htlc: PassingHtlc): boolean {
    const { conduct, node, passing } = this.#options;
    const channel = channel_id === undefined ? undefined : node().channels.find(channel_id);
    if (channel === undefined) return false;
    passing.pass(htlc, channel, conduct.ordinaryMsat());
    return true;
  }

  #gather(order: JitOrder, htlc: PassingHtlc): void {
    const name = `${order.jit_channel_scid} ${htlc.payment_hash}`;
    const earlier = this.#gathered.get(name);
    const known = earlier?.parts.some((part) => this.#options.passing.isHeld(part)) === true ? earlier : undefined;
    const size_msat = order.payment_size_msat ?? htlc.amt_to_forward;
    const fee_msat = openingFee(msat(size_msat), order.terms);
    const isOne = order.payment_size_msat === undefined && known !== undefined;
    if (isOne || fee_msat === undefined || fee_msat + HTLC_MINIMUM_MSAT > size_msat || !fits(size_msat, order.terms)) {
      this.#refuse(htlc);
      return;
    }
    if (known?.isPassedOn === true) this.#options.passing.fail(htlc, TRY_AGAIN);
    else if (known !== undefined) known.parts.push(htlc);
    else {
      earlier?.cancelTimeout();
      const { payment_hash } = htlc;
      const cancelTimeout = this.#options.clock.after(HOLD_PARTS_MS, () => this.#giveUp(name));
      this.#gathered.set(name, { order, payment_hash, size_msat, parts: [htlc], isPassedOn: false, cancelTimeout });
    }
    this.moved();
  }

  /** The other parts did not come, or the client is not there: the payer may try again. */
  #giveUp(name: string): void {
    const gathering = this.#gathered.get(name);
    if (gathering === undefined || gathering.isPassedOn) return;
    const isComing = this.#opening.has(gathering.order) || gathering.order.channel_id !== undefined;
    // What waits for a channel that is there or is coming waits on: for its confirmation, if the client wants one.
    if (isWhole(gathering) && isComing) return;
    this.#failAll(gathering, false);
  }

  #failAll(gathering: Gathering, isForGood: boolean): void {
    gathering.cancelTimeout();
    this.#gathered.delete(`${gathering.order.jit_channel_scid} ${gathering.payment_hash}`);
    for (const part of gathering.parts) this.#options.passing.fail(part, isForGood ? NO_WAY : TRY_AGAIN);
  }

  #refuse(htlc: PassingHtlc): void {
    this.#options.passing.fail(htlc, NO_WAY);
  }

  /** Does what can be done now: opens channels, and passes on what waits for them. */
  moved(): void {
    const { clock, node } = this.#options;
    for (const gathering of [...this.#gathered.values()]) {
      const { order } = gathering;
      gathering.parts.splice(
        0,
        gathering.parts.length,
        ...gathering.parts.filter((part) => this.#options.passing.isHeld(part)),
      );
      if (gathering.parts.length === 0) {
        this.#failAll(gathering, false);
        continue;
      }
      if (gathering.isPassedOn || !isWhole(gathering)) continue;
      const channel = order.channel_id === undefined ? undefined : node().channels.find(order.channel_id);
      if (channel !== undefined) {
        if (isUsable(channel)) void this.#passOn(gathering, channel);
      } else if (clock.nowSeconds() * 1000 >= order.terms.valid_until_ms) this.#failAll(gathering, true);
      else if (!this.#opening.has(order)) void this.#open(gathering);
    }
  }

  async #open(gathering: Gathering): Promise<void> {
    const { node, opener, price, records } = this.#options;
    const { order, size_msat } = gathering;
    // Whoever comes back within the time that parts are held is served.
    if (node().client(order.client_id) === undefined) return;
    this.#opening.add(order);
    const end = await opener.open({
      client_id: order.client_id,
      funding_sat: (size_msat + 999n) / 1000n + price.beyond_sat,
      push_msat: 0n,
      announce_channel: false,
      onChannel: async (channel) => {
        order.channel_id = channel.channel_id;
        records.save();
        setImmediate(() => this.moved());
        const { funding_txid } = channel.state.terms;
        if (order.client_trusts_lsp) await new Promise<void>((resolve) => this.#withheld.set(funding_txid, resolve));
      },
    });
    this.#opening.delete(order);
    if (end !== 'opened') this.#failAll(gathering, end === 'refused');
    this.moved();
  }

  async #passOn(gathering: Gathering, channel: LiveChannel): Promise<void> {
    const { conduct, passing } = this.#options;
    gathering.isPassedOn = true;
    const { order, size_msat, parts } = gathering;
    const fee_msat = openingFee(msat(size_msat), order.terms);
    if (fee_msat === undefined) throw new RangeError('an order whose fee cannot be reckoned');
    let left_msat = conduct.takenMsat(fee_msat);
    for (const [index, part] of parts.entries()) {
      const most_msat = part.amt_to_forward - HTLC_MINIMUM_MSAT;
      const taken_msat = left_msat < most_msat ? left_msat : most_msat;
      left_msat -= taken_msat;
      await conduct.beforePart(index);
      passing.pass(part, channel, taken_msat);
    }
  }

  /** A preimage was shown: the channel that this payment was for is paid, and a funding that waited for that is sent. */
  fulfilled(payment_hash: PaymentHash): void {
    const { records, node } = this.#options;
    for (const gathering of this.#gathered.values()) {
      const { order } = gathering;
      if (gathering.payment_hash !== payment_hash || order.paid_by !== undefined) continue;
      order.paid_by = payment_hash;
      records.save();
      const channel = order.channel_id === undefined ? undefined : node().channels.find(order.channel_id);
      if (channel !== undefined) this.#withheld.get(channel.state.terms.funding_txid)?.();
    }
  }
}

function isWhole({ parts, size_msat }: Gathering): boolean {
  return parts.reduce((total, { amt_to_forward }) => total + amt_to_forward, 0n) >= size_msat;
}

function isUsable({ state }: LiveChannel): boolean {
  return state.phase === 'normal' && state.link === 'up';
}

function fits(size_msat: bigint, { min_payment_size_msat, max_payment_size_msat }: OpeningFeeParams): boolean {
  return size_msat >= min_payment_size_msat && size_msat <= max_payment_size_msat;
}

/** Throws LspsRefusal. */
function checkSize(size_msat: bigint, terms: OpeningFeeParams): void {
  if (!fits(size_msat, terms)) throw invalidParam('payment_size_msat', 'Outside of what was offered');
  const fee_msat = openingFee(msat(size_msat), terms);
  if (fee_msat === undefined) throw new LspsRefusal(203, 'The payment is too large');
  if (fee_msat >= size_msat) throw new LspsRefusal(202, 'The payment is too small');
}
