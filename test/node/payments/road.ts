/** A small network for payments of ours: channels that are only numbers, and nodes behind them that read real onions. */

import assert from 'node:assert/strict';
import { sha256 } from '../../../src/base/crypto/hash.ts';
import { curve } from '../../../src/base/crypto/secp256k1.ts';
import { type Msat, msat } from '../../../src/base/types/amount.ts';
import type { ChannelId, NodeId, PaymentHash, PaymentPreimage, PaymentSecret } from '../../../src/base/types/brand.ts';
import { ManualClock } from '../../../src/base/types/clock.ts';
import { FEATURE_BITS } from '../../../src/base/types/features.ts';
import { fromHex, toHex } from '../../../src/base/types/hex.ts';
import type { ShortChannelId } from '../../../src/base/types/short-channel-id.ts';
import type { RouteHop } from '../../../src/codec/bolt11/invoice.ts';
import { decodeInvoice, encodeInvoice, signWith } from '../../../src/codec/bolt11/native.ts';
import { encodeFailure, type FailureMessage } from '../../../src/codec/onion/failure.ts';
import { MalformedOnion, peelPacket } from '../../../src/codec/onion/packet.ts';
import { decodeFinalPayload, FIRST_CUSTOM_RECORD, type FinalPayload } from '../../../src/codec/onion/payload.ts';
import { createReturnPacket, wrapReturnPacket } from '../../../src/codec/onion/return-packet.ts';
import { Reader } from '../../../src/codec/wire/bytes.ts';
import { restHex, shortChannelId } from '../../../src/codec/wire/field.ts';
import { readTlvs, tlv } from '../../../src/codec/wire/tlv.ts';
import type { Store, Write } from '../../../src/infra/store/store.ts';
import { Payer } from '../../../src/node/payments/pay.ts';
import type { ClosedWay, NetworkAnswer, NetworkWays, WayOut } from '../../../src/node/payments/ports.ts';
import { OutgoingPayments } from '../../../src/node/payments/send.ts';
import { Refusal } from '../../../src/protocol/channel/fault.ts';
import type { OfferedHtlc } from '../../../src/protocol/channel/htlc.ts';
import { calmTurns, testStore } from '../../support/test-store.ts';

export const PREIMAGE = '11'.repeat(32) as PaymentPreimage;
export const HEIGHT = 500;
const NO_MAP: NetworkAnswer = { kind: 'found', ways: [] };

/** No payment of a test needs so many: one that is tried without end fails. */
const MOST_HTLCS = 1_000n;

/** A node somewhere. */
export class Somebody {
  readonly private_key: Uint8Array;
  readonly node_id: NodeId;

  constructor(name: string) {
    this.private_key = sha256(Buffer.from(name));
    this.node_id = toHex(curve.publicKey(this.private_key)) as NodeId;
  }
}

/** An HTLC that reached the payee, or did not. */
export interface Arrival {
  readonly channel_id: ChannelId;
  readonly htlc_id: bigint;
  readonly htlc: OfferedHtlc;
  /** What the payee reads; undefined when the onion is for a longer way than `path`. */
  readonly payload: FinalPayload;
  /** Records of an application beside it: number and hex. */
  readonly custom_records: ReadonlyMap<bigint, string>;
  /** Of us with each hop. */
  readonly secrets: readonly Uint8Array[];
  /** The channels behind our peer, in order. */
  readonly channels: readonly ShortChannelId[];
}

/** Whoever of these the packet is for peels it. */
function peelAt(nodes: readonly Somebody[], packet: Uint8Array, payment_hash: Uint8Array) {
  for (const node of nodes) {
    let secret = new Uint8Array();
    try {
      const peeled = peelPacket(packet, payment_hash, (point) => {
        secret = Uint8Array.from(curve.ecdh(point, node.private_key));
        return secret;
      });
      return { peeled, secret };
    } catch (error) {
      if (!(error instanceof MalformedOnion)) throw error;
    }
  }
  return assert.fail('the packet is for nobody here');
}

/** A last payload, and the records of an application at its end. */
function readFinal(bytes: Uint8Array): Pick<Arrival, 'payload' | 'custom_records'> {
  const reader = new Reader(bytes);
  const custom_records = new Map<bigint, string>();
  let known = 0;
  while (reader.left > 0) {
    const tlv_type = reader.bigSize();
    const value = reader.part(Number(reader.bigSize()));
    if (tlv_type < FIRST_CUSTOM_RECORD) known = bytes.length - reader.left;
    else custom_records.set(tlv_type, restHex.read(value));
  }
  return { payload: decodeFinalPayload(bytes.subarray(0, known)), custom_records };
}

/** The channel that a payload of a hop on the way names: its TLV record 6. */
function nextChannel(payload: Uint8Array): ShortChannelId {
  const { short_channel_id } = readTlvs(new Reader(payload), {
    amount: tlv(2, restHex),
    cltv: tlv(4, restHex),
    short_channel_id: tlv(6, shortChannelId),
  });
  return short_channel_id as ShortChannelId;
}

export interface Channel {
  readonly peer: Somebody;
  readonly name: ShortChannelId;
  spendable_msat: bigint;
  is_full?: boolean;
  /** What it answers instead of taking an HTLC. */
  refusal?: Refusal;
}

/** Our node as far as paying goes. */
export class Road {
  readonly us = new Somebody('us');
  readonly shop = new Somebody('shop');
  readonly hub = new Somebody('hub');
  readonly other_hub = new Somebody('another hub');
  /** Further nodes that HTLCs may pass. */
  readonly others: Somebody[] = [];
  /** The map of the network; undefined: payments know none. */
  network: NetworkWays | undefined;
  readonly clock = new ManualClock();
  readonly store: Store;
  readonly channels: Channel[] = [];
  readonly closed: ClosedWay[] = [];
  /** HTLCs that are out. */
  readonly out: Arrival[] = [];
  payments: OutgoingPayments;
  payer: Payer;
  is_failing: object | undefined;
  /** Of our chain. */
  height = HEIGHT;
  /** Of the payer's randomness. */
  seed = 0;
  /** What the payer draws first, before what follows from the seed. */
  readonly draws: Uint8Array[] = [];
  #next_id = 0n;
  #arrived = Promise.withResolvers<void>();
  /** Rejects when a payment ends for which a test still expects HTLCs. */
  #paying: Promise<unknown> = new Promise(() => {});

  constructor() {
    this.store = testStore({
      onFailure: (error) => {
        throw error;
      },
    });
    [this.payments, this.payer] = this.#start();
  }

  #start(): [OutgoingPayments, Payer] {
    const payments = new OutgoingPayments({
      store: this.store,
      clock: this.clock,
      node_id: this.us.node_id,
      network: {
        find: (question) => this.network?.find(question) ?? Promise.resolve(NO_MAP),
        learn: (...lessons) => this.network?.learn(...lessons),
      },
      randomBytes: (length) =>
        this.draws.shift() ?? sha256(Buffer.from(`session ${this.seed} ${this.#next_id}`)).slice(0, length),
      sender: {
        usableChannels: () => this.channels.map((channel) => this.#wayOut(channel)),
        closedChannels: () => this.closed,
        offer: (channel_id, htlc, writesOf) => this.#offer(channel_id, htlc, writesOf),
        afterwards: (action) => void this.store.commit([]).then(action),
        height: () => this.height,
      },
    });
    return [payments, new Payer(payments, this.clock, this.us.node_id)];
  }

  /** The node starts again on the same store. */
  async restart(): Promise<void> {
    [this.payments, this.payer] = this.#start();
    await this.payments.start();
  }

  #wayOut({ peer, name, spendable_msat, is_full = false }: Channel): WayOut {
    return {
      channel_id: channelId(name),
      peer_id: peer.node_id,
      names: [name],
      spendable_msat: msat(spendable_msat),
      htlc_minimum_msat: msat(1),
      is_full,
    };
  }

  channel(peer: Somebody, name: string, spendable_msat: bigint): Channel {
    const channel = { peer, name: name as ShortChannelId, spendable_msat };
    this.channels.push(channel);
    return channel;
  }

  #offer(channel_id: ChannelId, htlc: OfferedHtlc, writesOf: (htlc_id: bigint) => readonly Write[]): bigint {
    const channel = this.channels.find(({ name }) => channelId(name) === channel_id);
    if (channel?.refusal !== undefined) throw channel.refusal;
    if (channel === undefined || channel.spendable_msat < htlc.amount_msat) {
      throw new Refusal('insufficient_balance', 'not so much');
    }
    channel.spendable_msat -= htlc.amount_msat;
    const htlc_id = this.#next_id++;
    if (htlc_id >= MOST_HTLCS) throw new Error('a payment is tried without end');
    void this.store.commit(writesOf(htlc_id));
    const secrets: Uint8Array[] = [];
    let packet: Uint8Array = fromHex(htlc.onion_routing_packet);
    const channels: ShortChannelId[] = [];
    let nodes = [channel.peer];
    for (;;) {
      const { peeled, secret } = peelAt(nodes, packet, fromHex(htlc.payment_hash));
      secrets.push(secret);
      if (peeled.next_packet === undefined) {
        this.out.push({ channel_id, htlc_id, htlc, ...readFinal(peeled.payload), secrets, channels });
        break;
      }
      channels.push(nextChannel(peeled.payload));
      packet = peeled.next_packet;
      nodes = [this.shop, this.hub, this.other_hub, ...this.others];
    }
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers();
    return htlc_id;
  }

  /** Waits until so many HTLCs are out. Rejects when the payment ends before. */
  async arrived(count: number): Promise<void> {
    while (this.out.length < count) await Promise.race([this.#arrived.promise, this.#paying]);
    // Until it is written down, as a peer could not answer before.
    await this.store.commit([]);
  }

  async fulfil(arrival: Arrival, payment_preimage = PREIMAGE): Promise<void> {
    await this.end(arrival, () =>
      this.payments.fulfilled(arrival.channel_id, arrival.htlc_id, arrival.htlc.payment_hash, payment_preimage),
    );
  }

  /** Pays what must be refused before anything is sent: an HTLC that leaves ends it with an error. */
  async refuses(...args: Parameters<Road['pay']>): Promise<void> {
    const left = this.#arrived.promise.then(() => assert.fail('an HTLC has left'));
    await Promise.race([this.pay(...args), left]);
  }

  /** Lets everything happen that waits for nothing but the store. */
  async quiet(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) {
      await this.store.commit([]);
      await calmTurns(1);
    }
  }

  /** Time passes, a second at a time, and all that follows from it happens. */
  async pass(seconds: number): Promise<void> {
    await this.quiet();
    for (let second = 0; second < seconds; second++) {
      this.clock.advance(1000);
      await this.quiet();
    }
  }

  /** Whatever arrives from now on is failed by the hop `index`. Answers how many were. */
  failAll(index: number, failure: FailureMessage | 'garbled'): { count: number; amounts_msat: bigint[] } {
    const failed = { count: 0, amounts_msat: [] as bigint[] };
    const loop = async (): Promise<void> => {
      for (;;) {
        while (this.out.length === 0) await this.#arrived.promise;
        await this.store.commit([]);
        const [arrival] = this.out;
        if (this.is_failing !== failed || arrival === undefined) return;
        failed.count++;
        failed.amounts_msat.push(arrival.htlc.amount_msat);
        await this.fail(arrival, index, failure);
      }
    };
    this.is_failing = failed;
    void loop();
    return failed;
  }

  /** From now on HTLCs stay out until the test ends them. */
  stopFailing(): void {
    this.is_failing = undefined;
  }

  /** The hop `index` (0: our peer) fails it. */
  async fail(arrival: Arrival, index: number, failure: FailureMessage | 'garbled'): Promise<void> {
    const secret = arrival.secrets[index] as Uint8Array;
    let packet = failure === 'garbled' ? new Uint8Array(292) : createReturnPacket(secret, encodeFailure(failure));
    for (let at = index - 1; at >= 0; at--) packet = wrapReturnPacket(arrival.secrets[at] as Uint8Array, packet);
    const channel = this.channels.find(({ name }) => channelId(name) === arrival.channel_id);
    if (channel !== undefined) channel.spendable_msat += arrival.htlc.amount_msat;
    await this.end(arrival, () =>
      this.payments.removed(arrival.channel_id, {
        id: arrival.htlc_id,
        amount_msat: arrival.htlc.amount_msat,
        payment_hash: arrival.htlc.payment_hash,
        removal: { kind: 'fail', reason: toHex(packet) },
      }),
    );
  }

  /** It is gone: `writes` are what that leaves in the store. */
  async end(arrival: Arrival, writes: () => readonly Write[]): Promise<void> {
    this.out.splice(this.out.indexOf(arrival), 1);
    await this.store.commit(writes());
    this.payments.told(arrival.channel_id, arrival.htlc_id);
  }

  /** The shop's invoice. */
  invoice(
    amount_msat: bigint,
    hops: readonly (RouteHop | readonly RouteHop[])[] = [],
    mpp = true,
    payment_metadata?: string,
    expiry_seconds?: number,
  ) {
    const bit = (name: keyof typeof FEATURE_BITS): number => FEATURE_BITS[name];
    const bolt11 = encodeInvoice(
      {
        currency: 'bcrt',
        amount_msat: msat(amount_msat),
        created_at: this.clock.nowSeconds(),
        payment_hash: toHex(sha256(fromHex(PREIMAGE))) as PaymentHash,
        payment_secret: '22'.repeat(32) as PaymentSecret,
        description: 'tea',
        min_final_cltv_expiry_delta: 18,
        routes: hops.map((hop) => ('pubkey' in hop ? [hop] : hop)),
        ...(payment_metadata === undefined ? {} : { payment_metadata }),
        ...(expiry_seconds === undefined ? {} : { expiry_seconds }),
        features: new Set([bit('var_onion_optin'), bit('payment_secret'), ...(mpp ? [bit('basic_mpp') + 1] : [])]),
      },
      signWith(this.shop.private_key),
    );
    return { bolt11, invoice: decodeInvoice(bolt11) };
  }

  /** Pays it with the limits that `pay` has by itself, or others. */
  pay(
    { bolt11, invoice }: ReturnType<Road['invoice']>,
    limits: {
      readonly maxfee_msat?: Msat;
      readonly exclude?: ReadonlySet<string>;
      readonly retry_for_seconds?: number;
      readonly max_delay?: number;
      readonly description?: string;
    } = {},
    signal?: AbortSignal,
  ) {
    const amount_msat = invoice.amount_msat as Msat;
    const paying = this.payer.pay(
      {
        invoice,
        bolt11,
        amount_msat,
        total_msat: amount_msat,
        maxfee_msat: limits.maxfee_msat ?? msat(5000),
        max_delay: limits.max_delay ?? 2016,
        retry_for_seconds: limits.retry_for_seconds ?? 60,
        exclude: limits.exclude ?? new Set(),
        label: undefined,
        description: limits.description,
      },
      signal,
    );
    this.#paying = paying.then(
      () => assert.fail('the payment is complete, and an HTLC was still expected'),
      (error: unknown) =>
        Promise.reject(new Error('the payment ended, and an HTLC was still expected', { cause: error })),
    );
    this.#paying.catch(() => {});
    return paying;
  }
}

function channelId(name: ShortChannelId): ChannelId {
  return toHex(sha256(Buffer.from(name))) as ChannelId;
}

/** A hint: a channel of this node with the shop. */
export function hintThrough(
  node: Somebody,
  name: string,
  fee_base_msat = 0,
  fee_proportional_millionths = 0,
): RouteHop {
  return {
    pubkey: node.node_id,
    short_channel_id: name as ShortChannelId,
    fee_base_msat,
    fee_proportional_millionths,
    cltv_expiry_delta: 40,
  };
}
