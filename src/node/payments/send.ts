/**
 * Payments of ours: offers an HTLC for each part, writes it down in the same unit, and learns from the channel how it
 * ended. What is reported to waiters was durable before.
 */

import type { RandomBytes } from '../../base/crypto/random.ts';
import { curve } from '../../base/crypto/secp256k1.ts';
import { RpcError } from '../../base/errors.ts';
import type { Msat } from '../../base/types/amount.ts';
import type { ChannelId, NodeId, PaymentHash, PaymentPreimage, PaymentSecret } from '../../base/types/brand.ts';
import type { Clock } from '../../base/types/clock.ts';
import { fromHex, toHex } from '../../base/types/hex.ts';
import { untilAborted } from '../../base/types/until-aborted.ts';
import { createPacket } from '../../codec/onion/packet.ts';
import type { RawRecord } from '../../codec/wire/tlv.ts';
import { readAll } from '../../infra/store/read-all.ts';
import { storableText } from '../../infra/store/storable.ts';
import type { Store, Write } from '../../infra/store/store.ts';
import { Refusal, type RefusalCode } from '../../protocol/channel/fault.ts';
import type { OfferedHtlc } from '../../protocol/channel/htlc.ts';
import type { RemovedHtlc } from '../../protocol/channel/state.ts';
import { isSamePart, placeOf, refuseBeside } from './beside.ts';
import { type CounterReached, type SendpayCounter, SendpayCounters } from './counters.ts';
import { latestGroup, listParts, listPayments, type Payment, partsOf, type SendpayQuery } from './history.ts';
import type { ClosedWay, HtlcSender, NetworkWays, WayOut } from './ports.ts';
import { type ForPayee, failureOf, onionFault, onionHops } from './route-onion.ts';
import { endSendpay, insertSendpay, type RouteStep, SELECT_SENDPAYS, type Sendpay, sendpayOf } from './sendpay.ts';

export interface SendOptions {
  readonly store: Store;
  readonly sender: HtlcSender;
  /** Absent: payments go to peers and along the hints of invoices only. */
  readonly network?: NetworkWays | undefined;
  readonly clock: Clock;
  /** Our own. */
  readonly node_id: NodeId;
  readonly randomBytes: RandomBytes;
}

/** One part to be sent. */
export interface SendRequest {
  readonly route: readonly RouteStep[];
  /** The channel to take; else the one that the first step names. */
  readonly channel_id?: ChannelId | undefined;
  readonly payment_hash: PaymentHash;
  readonly payment_secret: PaymentSecret | undefined;
  /** What all parts come to at the payee. */
  readonly total_msat: Msat;
  readonly groupid: bigint;
  readonly partid: bigint;
  /** Hex. */
  readonly payment_metadata?: string | undefined;
  readonly custom_records?: readonly RawRecord[] | undefined;
  readonly label?: string | undefined;
  readonly bolt11?: string | undefined;
  readonly description?: string | undefined;
}

/** The payloads for the hops of a part. */
export type Told = Pick<SendRequest, 'route' | 'payment_secret' | 'total_msat' | 'payment_metadata' | 'custom_records'>;

/** What names a part. */
export interface PartName {
  readonly payment_hash: PaymentHash;
  /** Undefined: the latest. */
  readonly groupid: bigint | undefined;
  readonly partid: bigint;
}

/** Our own channel did not take the HTLC. */
export class OfferRefused extends RpcError {
  readonly refusal: RefusalCode;

  constructor(refusal: RefusalCode, message: string) {
    super('PAY_TRY_OTHER_ROUTE', message);
    this.refusal = refusal;
  }
}

type Listener = (part: Sendpay) => void;

/** The parts that we send, each from its offer to its end. */
export class OutgoingPayments {
  readonly #options: SendOptions;
  /** Parts that have not ended, by channel and HTLC. */
  readonly #pending = new Map<string, Sendpay>();
  /** Those that have ended, until that is durable and told. */
  readonly #ended = new Map<string, Sendpay>();
  readonly #listeners = new Map<PaymentHash, Set<Listener>>();
  /** Parts that are not durable yet. */
  readonly #sending = new Set<SendRequest>();
  /** What all parts of a payment come to, by those that were sent since the start. */
  readonly #totals = new Map<PaymentHash, Msat>();
  readonly #counters = new SendpayCounters();
  #next_created = 1n;
  #next_updated = 1n;

  constructor(options: SendOptions) {
    this.#options = options;
  }

  /** Ours. */
  get node_id(): NodeId {
    return this.#options.node_id;
  }

  /** Reads what is still under way. Before the channels start: they may tell of it at once. */
  async start(): Promise<void> {
    const { store } = this.#options;
    const [last] = await store.read(
      'SELECT MAX(created_index) AS created, MAX(updated_index) AS updated FROM sendpays',
    );
    const created = (last?.created as bigint | null) ?? 0n;
    const updated = (last?.updated as bigint | null) ?? 0n;
    this.#counters.start(created, updated);
    this.#next_created = created + 1n;
    this.#next_updated = updated + 1n;
    for (const row of await readAll(store, `${SELECT_SENDPAYS} WHERE status = 'pending' ORDER BY created_index`)) {
      const part = sendpayOf(row);
      this.#pending.set(nameOf(part.channel_id, part.htlc_id), part);
    }
  }

  /**
   * Sends one part. Resolves with it when the offer is durable. Throws RpcError when this part exists already, there is
   * no such channel, or the channel refuses.
   */
  async send(request: SendRequest): Promise<Sendpay> {
    // Before the store is asked: of two that ask for the same at once the second must find the first.
    const others = [...this.#sending].filter((other) => other.payment_hash === request.payment_hash);
    this.#sending.add(request);
    try {
      await this.#refuseTwice(request, others);
      const part = this.#offer(request);
      await new Promise<void>((resolve) => this.#options.sender.afterwards(resolve));
      this.#counters.rose('created', part);
      return part;
    } finally {
      this.#sending.delete(request);
    }
  }

  #offer(request: SendRequest): Sendpay {
    const { sender, clock } = this.#options;
    const { route, payment_hash } = request;
    const [first] = route;
    const last = route.at(-1);
    if (first === undefined || last === undefined) {
      throw new RpcError('INVALID_PARAMS', 'Self-payment: the route is empty, and Till does not pay itself');
    }
    const channel = this.#wayOut(first, request.channel_id);
    const height = sender.height();
    const for_payee = forPayee(request);
    const fault = onionFault(route, height, for_payee);
    if (fault !== undefined) throw new RpcError('PAY_USER_ERROR', fault);
    const hops = onionHops(route, height, for_payee);
    const { packet, shared_secrets } = createPacket(this.#sessionKey(), hops, fromHex(payment_hash));
    const htlc: OfferedHtlc = {
      amount_msat: first.amount_msat,
      payment_hash,
      cltv_expiry: height + first.delay,
      onion_routing_packet: toHex(packet),
    };
    const created_index = this.#next_created++;
    const partOf = (htlc_id: bigint): Sendpay => ({
      created_index,
      updated_index: undefined,
      payment_hash,
      groupid: request.groupid,
      partid: request.partid,
      status: 'pending',
      amount_msat: last.amount_msat,
      amount_sent_msat: first.amount_msat,
      destination: last.id,
      created_at: clock.nowSeconds(),
      completed_at: undefined,
      payment_preimage: undefined,
      label: request.label,
      bolt11: request.bolt11,
      description: request.description === undefined ? undefined : storableText(request.description),
      channel_id: channel.channel_id,
      htlc_id,
      route,
      shared_secrets,
      failure: undefined,
    });
    let part: Sendpay;
    try {
      part = partOf(sender.offer(channel.channel_id, htlc, (htlc_id) => [insertSendpay(partOf(htlc_id))]));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw new OfferRefused(error.code, `the first channel cannot take it: ${error.message}`);
    }
    this.#pending.set(nameOf(part.channel_id, part.htlc_id), part);
    this.#totals.set(payment_hash, request.total_msat);
    return part;
  }

  /** For the channels: the preimage of a part is known. */
  fulfilled(
    channel_id: ChannelId,
    htlc_id: bigint,
    _payment_hash: PaymentHash,
    payment_preimage: PaymentPreimage,
  ): readonly Write[] {
    const name = nameOf(channel_id, htlc_id);
    const part = this.#pending.get(name);
    if (part === undefined) return [];
    return [this.#end(name, { ...part, status: 'complete', payment_preimage })];
  }

  /** For the channels: the HTLC of a part is gone. A part that was fulfilled before stays so. */
  removed(channel_id: ChannelId, { id, payment_hash, removal }: RemovedHtlc): readonly Write[] {
    if (removal.kind === 'fulfill') return this.fulfilled(channel_id, id, payment_hash, removal.payment_preimage);
    const name = nameOf(channel_id, id);
    const part = this.#pending.get(name);
    if (part === undefined) return [];
    return [this.#end(name, { ...part, status: 'failed', failure: failureOf(part, removal) })];
  }

  /** For the channels: what was written of this HTLC is durable. */
  told(channel_id: ChannelId, htlc_id: bigint): void {
    const name = nameOf(channel_id, htlc_id);
    const part = this.#ended.get(name);
    if (part === undefined) return;
    this.#ended.delete(name);
    this.#counters.rose('updated', part);
    for (const listener of [...(this.#listeners.get(part.payment_hash) ?? [])]) listener(part);
  }

  /** Calls back for every part of this payment that ends, once that is durable; the answer ends it. */
  onEnd(payment_hash: PaymentHash, listener: Listener): () => void {
    const listeners = this.#listeners.get(payment_hash) ?? new Set();
    this.#listeners.set(payment_hash, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(payment_hash);
    };
  }

  /** Waits until a counter of parts has reached a value. Rejects with the signal's reason when that ends it. */
  waitForIndex(counter: SendpayCounter, next_value: bigint, signal: AbortSignal): Promise<CounterReached> {
    return this.#counters.wait(counter, next_value, signal);
  }

  /** The parts of a payment, oldest first. */
  parts(payment_hash: PaymentHash): Promise<readonly Sendpay[]> {
    return partsOf(this.#options.store, payment_hash);
  }

  /** Parts in the order of an index. */
  listParts(query: SendpayQuery): AsyncIterable<Sendpay> {
    return listParts(this.#options.store, query);
  }

  /** Payments, each gathered from its parts, in the order of an index. */
  list(query: SendpayQuery): AsyncIterable<Payment> {
    return listPayments(this.#options.store, query);
  }

  /**
   * Waits until a part ends; resolves with how. Without a group: of the latest one. Undefined when the time is over.
   * Rejects with RpcError when there is no such part, and with the signal's reason when that ends the waiting.
   */
  async waitForPart(
    { payment_hash, groupid, partid }: PartName,
    timeout_seconds: number | undefined,
    signal: AbortSignal,
  ): Promise<Sendpay | undefined> {
    const { promise, resolve } = Promise.withResolvers<Sendpay | undefined>();
    let wanted: bigint | undefined;
    const cancel = this.onEnd(payment_hash, (part) => {
      if (part.created_index === wanted) resolve(part);
    });
    const { clock } = this.#options;
    const cancelTimer =
      timeout_seconds === undefined ? () => {} : clock.after(timeout_seconds * 1000, () => resolve(undefined));
    try {
      const parts = await this.parts(payment_hash);
      const group = groupid ?? latestGroup(parts);
      const part = parts.find((each) => each.groupid === group && each.partid === partid);
      if (part === undefined) {
        throw new RpcError('PAY_NO_SUCH_PAYMENT', `Never attempted payment part ${partid} for '${payment_hash}'`);
      }
      if (part.status !== 'pending') return part;
      wanted = part.created_index;
      return await untilAborted(promise, signal);
    } finally {
      cancel();
      cancelTimer();
    }
  }

  /** The channels through which something can be sent. */
  waysOut(): readonly WayOut[] {
    return this.#options.sender.usableChannels();
  }

  /** Of our chain. */
  height(): number {
    return this.#options.sender.height();
  }

  /** The map of the network; undefined when there is none. */
  get network(): NetworkWays | undefined {
    return this.#options.network;
  }

  /** The channels through which nothing can be sent now. */
  closedWays(): readonly ClosedWay[] {
    return this.#options.sender.closedChannels();
  }

  /** Whether the payloads for the hops of this route are valid, and fit into an onion. */
  fits(told: Told): boolean {
    return onionFault(told.route, this.#options.sender.height(), forPayee(told)) === undefined;
  }

  /** Randomness for what else is chosen about a payment. */
  randomBytes(length_bytes: number): Uint8Array {
    return this.#options.randomBytes(length_bytes);
  }

  #end(name: string, part: Sendpay): Write {
    const ended = { ...part, updated_index: this.#next_updated++, completed_at: this.#options.clock.nowSeconds() };
    this.#pending.delete(name);
    this.#ended.set(name, ended);
    const isLast = [...this.#pending.values()].every(({ payment_hash }) => payment_hash !== part.payment_hash);
    if (isLast) this.#totals.delete(part.payment_hash);
    return endSendpay(ended);
  }

  /** `sending`: those that are on their way into the table. */
  async #refuseTwice(request: SendRequest, sending: readonly SendRequest[]): Promise<void> {
    const { payment_hash } = request;
    const parts = await this.parts(payment_hash);
    if (parts.some((part) => part.status === 'complete')) {
      throw new RpcError('PAY_RHASH_ALREADY_USED', 'Already succeeded other parts');
    }
    const known = parts.filter((part) => part.status === 'pending' || part.groupid === request.groupid).map(placeOf);
    const coming = sending.map(placeOf).filter((each) => !known.some((part) => isSamePart(part, each)));
    refuseBeside(request, [...known, ...coming], this.#totals.get(payment_hash) ?? sending[0]?.total_msat);
  }

  #wayOut({ id, channel }: RouteStep, channel_id: ChannelId | undefined): WayOut {
    const ways = this.waysOut().filter((way) => way.peer_id === id);
    const found = ways.find((way) =>
      channel_id === undefined ? way.names.includes(channel) : way.channel_id === channel_id,
    );
    if (found === undefined) {
      throw new OfferRefused('channel_unusable', `there is no usable channel ${channel} with ${id}`);
    }
    return found;
  }

  #sessionKey(): Uint8Array {
    for (;;) {
      const key = this.#options.randomBytes(32);
      if (curve.isPrivateKey(key)) return key;
    }
  }
}

function forPayee({ payment_secret, total_msat, payment_metadata, custom_records }: Told): ForPayee {
  const payment_data = payment_secret === undefined ? undefined : { payment_secret, total_msat };
  return { payment_data, payment_metadata, custom_records };
}

function nameOf(channel_id: ChannelId, htlc_id: bigint): string {
  return `${channel_id}:${htlc_id}`;
}
