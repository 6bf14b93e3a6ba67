/** A market stall: providers that answer what a test wants, and a buyer that asks them. */
import { msat } from '../../../src/base/types/amount.ts';
import type { NodeId, PaymentHash } from '../../../src/base/types/brand.ts';
import { ManualClock } from '../../../src/base/types/clock.ts';
import {
  decodeRequest,
  encodeError,
  encodeResult,
  type JsonObject,
  type LspsRequest,
} from '../../../src/codec/lsps/envelope.ts';
import { type OpeningFeeParams, writeFeeParams } from '../../../src/codec/lsps/lsps2.ts';
import { Buyer, type BuyerOptions } from '../../../src/node/liquidity/buyer.ts';
import type { Limits } from '../../../src/node/liquidity/choose.ts';
import { Providers } from '../../../src/node/liquidity/providers.ts';

export const A = `02${'aa'.repeat(32)}` as NodeId;
export const B = `02${'bb'.repeat(32)}` as NodeId;
export const HASH = 'cc'.repeat(32) as PaymentHash;

/** What a provider does with a request: a result, a refusal, nothing, or messages as they are. */
export type Answer = (
  request: LspsRequest,
) => JsonObject | { readonly refuses: number } | 'silence' | readonly Uint8Array[];

export class Stall {
  readonly clock = new ManualClock();
  readonly requests: (LspsRequest & { readonly by: NodeId })[] = [];
  readonly log: string[] = [];
  readonly answers = new Map<NodeId, Answer>();
  limits: Limits = {
    max_fee_msat: msat(5_000_000),
    max_fee_ppm: 0,
    to_self_delay: 144,
    least_net_msat: msat(20_000_000),
  };
  options: Partial<BuyerOptions> = {};
  readonly providers: Providers;
  #drawn = 0;

  constructor(...ids: readonly NodeId[]) {
    this.providers = new Providers({
      named: ids.map((node_id) => ({ node_id, address: 'localhost:9735' })),
      clock: this.clock,
      randomBytes: (length) => new Uint8Array(length).fill(++this.#drawn),
      log: {
        debug: () => {},
        info: (text) => this.log.push(text),
        warn: (text) => this.log.push(text),
      },
    });
    for (const id of ids) this.connect(id);
  }

  connect(node_id: NodeId): void {
    const peer = {
      node_id,
      send: (messages: readonly { readonly type: string }[]) => {
        for (const message of messages) this.#hear(node_id, (message as unknown as { payload: Uint8Array }).payload);
      },
    };
    this.providers.peerConnected(peer);
  }

  #hear(node_id: NodeId, payload: Uint8Array): void {
    const request = decodeRequest(payload);
    this.requests.push({ ...request, by: node_id });
    const answer = this.answers.get(node_id)?.(request) ?? 'silence';
    const peer = { node_id, send: () => {} };
    if (answer === 'silence') return;
    for (const said of messagesOf(request, answer)) this.providers.receive(peer, said);
  }

  get buyer(): Buyer {
    return new Buyer({
      providers: this.providers,
      clock: this.clock,
      limits: () => this.limits,
      accepts_client_trust: false,
      allowanceFor: () => msat(100_000_000),
      undefended: () => undefined,
      ...this.options,
    });
  }

  /** An offer that is good for an hour. */
  offer(changes: Partial<OpeningFeeParams> = {}): JsonObject {
    return writeFeeParams({
      min_fee_msat: msat(1_000_000),
      proportional: 0,
      valid_until_ms: (this.clock.nowSeconds() + 3600) * 1000,
      min_lifetime: 1008,
      max_client_to_self_delay: 2016,
      min_payment_size_msat: msat(1_000),
      max_payment_size_msat: msat(1_000_000_000),
      promise: 'the promise',
      ...changes,
    });
  }

  /** A provider that sells at this price. */
  sells(node_id: NodeId, changes: Partial<OpeningFeeParams> = {}, bought: JsonObject = {}): void {
    this.answers.set(node_id, ({ method }) => {
      if (method === 'lsps0.list_protocols') return { protocols: [2] };
      if (method === 'lsps2.get_info') return { opening_fee_params_menu: [this.offer(changes)] };
      return { jit_channel_scid: '1x2x3', lsp_cltv_expiry_delta: 80, client_trusts_lsp: false, ...bought };
    });
  }

  buy(amount: number | undefined, expiry_seconds = 3600) {
    const amount_msat = amount === undefined ? undefined : msat(amount);
    return this.buyer.buy({ payment_hash: HASH, amount_msat, expiry_seconds });
  }
}

function messagesOf({ id }: LspsRequest, answer: Exclude<ReturnType<Answer>, 'silence'>): readonly Uint8Array[] {
  if (Array.isArray(answer)) return answer as readonly Uint8Array[];
  if ('refuses' in answer) return [encodeError(id, { code: answer.refuses as number, message: 'no' })];
  return [encodeResult(id, answer as JsonObject)];
}
