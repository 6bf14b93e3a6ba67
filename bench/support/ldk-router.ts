/**
 * LDK's router from npm (`lightningdevkit`, in WebAssembly) as a payer of the simulation: with the same map, the limits and the
 * number of parts of ours, and told what the payer's own channels hold. Its scorer begins anew with each payment.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as ldk from 'lightningdevkit';
import { fromHex } from '../../src/base/types/hex.ts';
import { NETWORKS } from '../../src/base/types/network.ts';
import type { NetworkMap } from '../../src/protocol/gossip/network-map.ts';
import type { Graph } from '../../src/protocol/routing/graph.ts';
import type { SearchRequest } from '../../src/protocol/routing/search.ts';
import { MOST_PARTS, type NewPayer, type Payer, type SimulatedPart } from './simulation.ts';

const CHAIN_HASH = fromHex(NETWORKS.regtest.chain_hash);
/** `channel_update`, message_flags: htlc_maximum_msat is there. */
const MUST_BE_ONE = 1;
const DISABLED = 2;

function ok<T>(result: { is_ok(): boolean }): T | undefined {
  return result.is_ok() ? (result as unknown as { res: T }).res : undefined;
}

/** LDK with the whole map. */
export class LdkRouter {
  readonly #map: NetworkMap;
  readonly #graph: Graph;
  readonly #logger = ldk.Logger.new_impl({ log: () => {} });
  readonly #network: ldk.NetworkGraph;

  private constructor(map: NetworkMap, graph: Graph, now_seconds: number) {
    this.#map = map;
    this.#graph = graph;
    this.#network = ldk.NetworkGraph.constructor_new(ldk.Network.LDKNetwork_Regtest, this.#logger);
    for (let channel = 0; channel < graph.half_places / 2; channel++) this.#add(channel, now_seconds);
  }

  /** Hands the map over. `now_seconds`: when all of it is new. */
  static async load(map: NetworkMap, graph: Graph, now_seconds: number): Promise<LdkRouter> {
    const wasm = createRequire(import.meta.url)
      .resolve('lightningdevkit')
      .replace('index.mjs', 'liblightningjs.wasm');
    await ldk.initializeWasmFromBinary(readFileSync(wasm));
    return new LdkRouter(map, graph, now_seconds);
  }

  /** How many channels LDK has taken. */
  get channels(): number {
    const view = this.#network.read_only();
    const { length } = view.list_channels();
    // It holds a lock that no garbage collector gives back.
    view.free();
    return length;
  }

  readonly newPayer: NewPayer = (request, hidden) => new LdkPayer(this, request, hidden);

  idOf(node: number): Uint8Array {
    return Uint8Array.from(this.#map.nodeId(node));
  }

  shortChannelId(half: number): bigint {
    const { scid_high, scid_low } = this.#map.channels;
    const channel = half >>> 1;
    return (BigInt(scid_high[channel] as number) << 32n) | BigInt(scid_low[channel] as number);
  }

  /** The half of this channel that begins at the node. */
  halfFrom(short_channel_id: bigint, node: number): number {
    const channel = this.#map.find(Number(short_channel_id >> 32n), Number(short_channel_id & 0xffff_ffffn));
    return this.#graph.node[2 * channel] === node ? 2 * channel : 2 * channel + 1;
  }

  endOf(half: number): number {
    return this.#graph.node[half ^ 1] as number;
  }

  /** The halves that begin at a node. */
  halvesFrom(node: number): readonly number[] {
    const { starts, halves } = this.#graph.rows;
    return [...halves.subarray(starts[node], starts[node + 1])].map((half) => half ^ 1);
  }

  newScorer(): ldk.ProbabilisticScorer {
    const decay = ldk.ProbabilisticScoringDecayParameters.constructor_default();
    return ldk.ProbabilisticScorer.constructor_new(decay, this.#network, this.#logger);
  }

  /** What LDK finds; undefined when it finds nothing. */
  findRoute(source: number, parameters: ldk.RouteParameters, scorer: ldk.ScoreLookUp): ldk.Route | undefined {
    const fees = ldk.ProbabilisticScoringFeeParameters.constructor_default();
    const seed = new Uint8Array(32);
    return ok(
      ldk.UtilMethods.constructor_find_route(
        this.idOf(source),
        parameters,
        this.#network,
        null,
        this.#logger,
        scorer,
        fees,
        seed,
      ),
    );
  }

  #add(channel: number, now_seconds: number): void {
    const { node, usable, fee_base_msat, fee_ppm, cltv_expiry_delta, htlc_minimum_msat, htlc_maximum_msat } =
      this.#graph;
    const scid = this.shortChannelId(2 * channel);
    const ends = [2 * channel, 2 * channel + 1].map((half) => this.idOf(node[half] as number)) as [
      Uint8Array,
      Uint8Array,
    ];
    const features = ldk.ChannelFeatures.constructor_empty();
    this.#network.add_channel_from_partial_announcement(scid, BigInt(now_seconds), features, ...ends);
    for (const half of [2 * channel, 2 * channel + 1]) {
      if ((htlc_maximum_msat[half] as number) === 0) continue;
      this.#network.update_channel_unsigned(
        ldk.UnsignedChannelUpdate.constructor_new(
          CHAIN_HASH,
          scid,
          now_seconds,
          MUST_BE_ONE,
          (half & 1) | (usable[half] === 1 ? 0 : DISABLED),
          cltv_expiry_delta[half] as number,
          BigInt(htlc_minimum_msat[half] as number),
          BigInt(htlc_maximum_msat[half] as number),
          fee_base_msat[half] as number,
          fee_ppm[half] as number,
          new Uint8Array(0),
        ),
      );
    }
  }
}

class LdkPayer implements Payer {
  readonly #router: LdkRouter;
  readonly #request: SearchRequest;
  readonly #scorer: ldk.ProbabilisticScorer;
  readonly #paths = new Map<SimulatedPart, ldk.Path>();

  constructor(router: LdkRouter, request: SearchRequest, hidden: Float64Array) {
    this.#router = router;
    this.#request = request;
    this.#scorer = router.newScorer();
    const update = this.#scorer.as_ScoreUpdate();
    for (const half of router.halvesFrom(request.source)) {
      const has_msat = BigInt(hidden[half] as number);
      if (has_msat > 0n) update.probe_successful(this.#oneHop(half, has_msat), 0n);
      update.probe_failed(this.#oneHop(half, has_msat + 1n), router.shortChannelId(half), 0n);
    }
  }

  #oneHop(half: number, amount_msat: bigint): ldk.Path {
    const hop = ldk.RouteHop.constructor_new(
      this.#router.idOf(this.#router.endOf(half)),
      ldk.NodeFeatures.constructor_empty(),
      this.#router.shortChannelId(half),
      ldk.ChannelFeatures.constructor_empty(),
      amount_msat,
      this.#request.final_cltv,
      true,
    );
    return ldk.Path.constructor_new([hop], null);
  }

  find(missing_msat: number, max_fee_msat: number, held_msat: ReadonlyMap<number, number>) {
    const { source, target, final_cltv, max_delay, max_hops } = this.#request;
    const payment = ldk.PaymentParameters.constructor_for_keysend(this.#router.idOf(target), final_cltv, true);
    payment.set_max_path_count(MOST_PARTS);
    payment.set_max_path_length(max_hops - 1);
    payment.set_max_total_cltv_expiry_delta(max_delay);
    const most_fee = ldk.Option_u64Z.constructor_some(BigInt(Math.floor(max_fee_msat)));
    const parameters = ldk.RouteParameters.constructor_new(payment, BigInt(missing_msat), most_fee);
    const in_flight = ldk.InFlightHtlcs.constructor_new();
    for (const [half, amount_msat] of held_msat) {
      const [from, to] = [half ^ 1, half].map((each) =>
        ldk.NodeId.constructor_from_pubkey(this.#router.idOf(this.#router.endOf(each))),
      ) as [ldk.NodeId, ldk.NodeId];
      in_flight.add_inflight_htlc(from, to, this.#router.shortChannelId(half), BigInt(amount_msat));
    }
    const lookUp = this.#scorer.as_ScoreLookUp();
    const scorer = ldk.ScorerAccountingForInFlightHtlcs.constructor_new(lookUp, in_flight).as_ScoreLookUp();
    const route = this.#router.findRoute(source, parameters, scorer);
    return route?.get_paths().map((path) => this.#part(path));
  }

  #part(path: ldk.Path): SimulatedPart {
    const hops = path.get_hops();
    const halves: number[] = [];
    let at = this.#request.source;
    for (const hop of hops) {
      const half = this.#router.halfFrom(hop.get_short_channel_id(), at);
      halves.push(half);
      at = this.#router.endOf(half);
    }
    const fees_msat = hops.map((hop) => Number(hop.get_fee_msat()));
    const amounts_msat = fees_msat.map((_, index) => fees_msat.slice(index).reduce((sum, fee) => sum + fee, 0));
    const amount_msat = fees_msat.at(-1) as number;
    const part = { amount_msat, way: { halves, amounts_msat, fee_msat: (amounts_msat[0] as number) - amount_msat } };
    this.#paths.set(part, path);
    return part;
  }

  learn(part: SimulatedPart, lacking: number): void {
    const path = this.#paths.get(part) as ldk.Path;
    const update = this.#scorer.as_ScoreUpdate();
    if (lacking === -1) update.payment_path_successful(path, 0n);
    else update.payment_path_failed(path, this.#router.shortChannelId(part.way.halves[lacking] as number), 0n);
  }
}
