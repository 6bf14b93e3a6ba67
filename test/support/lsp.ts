/**
 * A liquidity provider made of a node of a town: it answers as LSPS0 and LSPS2 say, opens channels, and brings payments less
 * its fee, each when a test says so. It forwards nothing: the onion that it brings is the test's own.
 */

import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import type { Daemon } from '../../src/app/daemon/daemon.ts';
import { type Msat, msat, sat } from '../../src/base/types/amount.ts';
import type { ChannelId, NodeId, Txid } from '../../src/base/types/brand.ts';
import { fromHex, toHex } from '../../src/base/types/hex.ts';
import { decodeInvoice } from '../../src/codec/bolt11/native.ts';
import { decodeRequest, encodeResult, type JsonObject } from '../../src/codec/lsps/envelope.ts';
import { type OpeningFeeParams, writeFeeParams } from '../../src/codec/lsps/lsps2.ts';
import { createPacket } from '../../src/codec/onion/packet.ts';
import { encodeFinalPayload } from '../../src/codec/onion/payload.ts';
import type { LiveChannel } from '../../src/node/channels/live-channel.ts';
import type { Peer } from '../../src/node/peers/index.ts';
import { type Town, until } from './town.ts';

/** One part of a payment, as the provider brings it. */
export interface Part {
  readonly amount_msat: bigint;
  readonly extra_fee?: bigint;
}

export class TestLsp {
  readonly town: Town;
  readonly daemon: Daemon;
  /** What it was asked. */
  readonly asked: { readonly method: string; readonly params: JsonObject }[] = [];
  /** Preimages that it was given, one for each HTLC. */
  readonly preimages: string[] = [];
  offer: Partial<OpeningFeeParams> = {};
  client_trusts_lsp = false;
  /** Whether fundings wait until `sendFundings`. */
  holds_fundings = false;
  readonly #held: Txid[] = [];
  readonly #publish: (txid: Txid) => Promise<void>;
  #scids = 0;

  constructor(town: Town, daemon: Daemon) {
    this.town = town;
    this.daemon = daemon;
    daemon.liquidity.providers.receive = (peer, payload) => this.#answer(peer as Peer, payload);
    const { wallet, outgoing } = daemon.channels.options;
    this.#publish = wallet.publish.bind(wallet);
    wallet.publish = async (txid) => {
      if (this.holds_fundings) this.#held.push(txid);
      else await this.#publish(txid);
    };
    const fulfilled = outgoing.fulfilled.bind(outgoing);
    const fulfilledHtlcs = new Set<string>();
    outgoing.fulfilled = (channel_id, htlc_id, payment_hash, preimage) => {
      const htlc = `${channel_id} ${htlc_id}`;
      // Told again until the commitments are without it.
      if (!fulfilledHtlcs.has(htlc)) this.preimages.push(preimage);
      fulfilledHtlcs.add(htlc);
      return fulfilled(channel_id, htlc_id, payment_hash, preimage);
    };
  }

  /** As the option `lsp` names it. */
  get option(): string {
    const [address] = this.daemon.bindings;
    return `--lsp=${this.daemon.keys.node_id}@${address?.host}:${address?.port}`;
  }

  #answer(peer: Peer, payload: Uint8Array): void {
    const { id, method, params } = decodeRequest(payload);
    this.asked.push({ method, params });
    const result = this.#resultOf(method);
    peer.send([{ type: 'lsps0_message', payload: encodeResult(id, result) }]);
  }

  #resultOf(method: string): JsonObject {
    if (method === 'lsps0.list_protocols') return { protocols: [2] };
    if (method === 'lsps2.buy') {
      const { client_trusts_lsp } = this;
      return { jit_channel_scid: `800000x1x${this.#scids++}`, lsp_cltv_expiry_delta: 80, client_trusts_lsp };
    }
    const offer = writeFeeParams({
      min_fee_msat: msat(1_000_000),
      proportional: 10_000,
      valid_until_ms: Date.now() + 3_600_000,
      min_lifetime: 1008,
      max_client_to_self_delay: 2016,
      min_payment_size_msat: msat(1_000),
      max_payment_size_msat: msat(10_000_000_000),
      promise: 'a promise',
      ...this.offer,
    });
    return { opening_fee_params_menu: [offer] };
  }

  /** Opens a channel to a node that is connected; resolves when the provider has it. */
  async open(to: NodeId, funding_sat: number): Promise<LiveChannel> {
    const peer = this.daemon.channels.peer(to);
    assert.ok(peer !== undefined, 'the client is not connected');
    const end = await this.daemon.channels.open(peer, {
      funding_satoshis: sat(funding_sat),
      push_msat: msat(0),
      feerate_per_kw: 1000,
      announce_channel: false,
    });
    assert.ok(end.kind === 'channel', inspect(end));
    return this.daemon.channels.find(end.channel_id) as LiveChannel;
  }

  /** Sends the fundings that it has held back. */
  async sendFundings(): Promise<void> {
    for (const txid of this.#held.splice(0)) await this.#publish(txid);
  }

  /** Waits until it can send over the channel. */
  async usable(channel_id: ChannelId): Promise<void> {
    await until(() => {
      const state = this.daemon.channels.find(channel_id)?.state;
      return state?.phase === 'normal' && state.link === 'up';
    });
  }

  /** Brings a payment of the invoice in these parts. Answers the ids of its HTLCs. */
  bring(channel_id: ChannelId, bolt11: string, parts: readonly Part[], total_msat?: bigint): readonly bigint[] {
    const { payment_hash, payment_secret, payee } = decodeInvoice(bolt11);
    const total = msat(total_msat ?? parts.reduce((sum, { amount_msat }) => sum + amount_msat, 0n));
    return parts.map(({ amount_msat, extra_fee }) => {
      const cltv_expiry = this.daemon.chain.tip().height + 40;
      const payload = encodeFinalPayload({
        amt_to_forward: msat(amount_msat),
        outgoing_cltv_value: cltv_expiry,
        payment_data: { payment_secret, total_msat: total },
        payment_metadata: undefined,
      });
      const { packet } = createPacket(
        new Uint8Array(32).fill(9),
        [{ node_id: fromHex(payee), payload }],
        fromHex(payment_hash),
      );
      return this.daemon.channels.offer(
        channel_id,
        {
          amount_msat: msat(amount_msat - (extra_fee ?? 0n)),
          payment_hash,
          cltv_expiry,
          onion_routing_packet: toHex(packet),
          ...(extra_fee === undefined ? {} : { extra_fee: msat(extra_fee) as Msat }),
        },
        () => [],
      );
    });
  }

  /** Waits until nothing is under way in the channel. */
  async calm(channel_id: ChannelId): Promise<void> {
    await until(() => this.daemon.channels.find(channel_id)?.state.htlcs.length === 0);
  }
}
