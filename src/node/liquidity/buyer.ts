/**
 * Buys a channel with an invoice (bLIP 52): the menus of all providers, the cheapest offer that is good for the payment, its
 * purchase. The order becomes durable with the invoice, in one unit, and only then does anybody see either. One that was
 * bought and has no invoice costs nothing: nobody can pay it.
 */
import { RpcError } from '../../base/errors.ts';
import { type Msat, msat, msatText, subtractOrZero } from '../../base/types/amount.ts';
import type { NodeId, PaymentHash } from '../../base/types/brand.ts';
import type { Clock } from '../../base/types/clock.ts';
import { type Bought, readBought } from '../../codec/lsps/lsps2.ts';
import { choose, type Fit, type Limits, type Unfit } from './choose.ts';
import { offersOf } from './menus.ts';
import type { Order } from './order.ts';
import { ProviderError } from './provider-error.ts';
import type { Providers } from './providers.ts';

/** What is to be bought. */
export interface Purchase {
  readonly payment_hash: PaymentHash;
  /** Undefined: the payer chooses. */
  readonly amount_msat: Msat | undefined;
  /** For how long the invoice is to be valid, in seconds. */
  readonly expiry_seconds: number;
}

/** What was bought. */
export interface Bargain {
  readonly order: Order;
  readonly lsp_cltv_expiry_delta: number;
  /** For a payment of any amount the least. */
  readonly fee_msat: Msat;
  /** Blocks that an invoice asks for beside the usual: for those that come meanwhile, and for what is waited for. */
  readonly extra_cltv_blocks: number;
}

export interface BuyerOptions {
  readonly providers: Providers;
  readonly clock: Pick<Clock, 'nowSeconds'>;
  /** What the operator pays, and what can be used, as fees are now. No fee at all: nothing is bought. */
  readonly limits: () => Limits;
  /** Whether a provider may send the funding only when it has the preimage. */
  readonly accepts_client_trust: boolean;
  /** What may be at stake in channels of a provider that no block holds (node/reserve/). */
  readonly allowanceFor: (node_id: NodeId) => Msat;
  /** Why so much could not be brought to the chain over a channel of it in a block, as a sentence; undefined: it could. */
  readonly undefended: (node_id: NodeId, amount_msat: Msat) => string | undefined;
}

/** Blocks that may come between the payer and us (bLIP 52). */
const BLOCKS_ON_THE_WAY = 2;
/** A payment beyond the allowance waits for a block with the funding, which is seldom the very next. */
const BLOCKS_TO_WAIT = 3;
/** LDK's payers give 1,008 blocks for the whole way, others twice as much: with more nobody could pay the invoice. */
const MOST_CLTV_BLOCKS = 900;
/** An invoice that is valid for less is of no use; bLIP 52 has offers valid for ten minutes or more. */
const LEAST_LIFETIME_SECONDS = 300;

export class Buyer {
  readonly #options: BuyerOptions;

  constructor(options: BuyerOptions) {
    this.#options = options;
  }

  /** Buys. Rejects with RpcError, and then nothing was bought that anybody could pay. */
  async buy(purchase: Purchase): Promise<Bargain> {
    const { providers, clock } = this.#options;
    const limits = this.#options.limits();
    if (providers.list().length === 0) {
      throw new RpcError(
        'LIQUIDITY_UNAVAILABLE',
        'no liquidity provider is named: name one with lsp=NODE_ID@HOST:PORT',
      );
    }
    if (limits.max_fee_msat === 0n && limits.max_fee_ppm === 0) {
      throw new RpcError(
        'LIQUIDITY_TOO_EXPENSIVE',
        'nothing may be paid for a channel: say what may be with lsp-max-fee or lsp-max-fee-ppm (listlsps shows prices)',
      );
    }
    const { offers, faults } = await offersOf(providers);
    const least_lifetime_ms = Math.min(purchase.expiry_seconds, LEAST_LIFETIME_SECONDS) * 1000;
    const now_ms = clock.nowSeconds() * 1000;
    const { amount_msat } = purchase;
    const { fits, unfit } = choose(offers, { amount_msat, now_ms, least_lifetime_ms }, limits);
    const reasons = faults.map(({ message }) => message);
    for (const fit of fits) {
      this.#refuseUndefended(purchase, fit);
      try {
        const bought = await this.#buyFrom(fit, purchase);
        const reason = this.#refusalOf(bought, purchase, fit);
        if (reason === undefined) return this.#bargain(fit, purchase, bought);
        reasons.push(reason);
      } catch (error) {
        if (!(error instanceof ProviderError)) throw error;
        reasons.push(error.message);
      }
    }
    throw failure(purchase, unfit, reasons);
  }

  /** Whether the payment will wait for a block: more than the allowance would be at stake before one holds the funding. */
  #waitsForBlock({ amount_msat }: Purchase, { offer, fee_msat }: Fit): boolean {
    if (amount_msat === undefined) return false;
    return subtractOrZero(amount_msat, fee_msat) > this.#options.allowanceFor(offer.node_id);
  }

  /** Throws RpcError for a payment that would be refused although the channel comes. */
  #refuseUndefended(purchase: Purchase, fit: Fit): void {
    const { amount_msat } = purchase;
    if (amount_msat === undefined || !this.#waitsForBlock(purchase, fit)) return;
    const reason = this.#options.undefended(fit.offer.node_id, subtractOrZero(amount_msat, fit.fee_msat));
    if (reason === undefined) return;
    const allowance_msat = this.#options.allowanceFor(fit.offer.node_id);
    throw new RpcError(
      'LIQUIDITY_AMOUNT_REFUSED',
      `${reason}. Without that, a payment is taken of which at most ${msatText(allowance_msat)} are left after the fee`,
    );
  }

  #buyFrom({ offer }: Fit, { amount_msat }: Purchase): Promise<Bought> {
    const { node_id, params } = offer;
    const given = {
      opening_fee_params: params.as_sent,
      ...(amount_msat === undefined ? {} : { payment_size_msat: String(amount_msat) }),
    };
    return this.#options.providers.askFor(node_id, 'lsps2.buy', given, { again: false }, readBought);
  }

  /** Why what was bought is not used. */
  #refusalOf(bought: Bought, purchase: Purchase, fit: Fit): string | undefined {
    const { node_id, params } = fit.offer;
    // It may have taken its time to answer.
    if (params.valid_until_ms <= this.#options.clock.nowSeconds() * 1000) {
      return `the offer of the provider ${node_id} was over when it answered`;
    }
    if (bought.lsp_cltv_expiry_delta > MOST_CLTV_BLOCKS) {
      return `the provider ${node_id} asks for ${bought.lsp_cltv_expiry_delta} blocks, and payers give ${MOST_CLTV_BLOCKS} at most`;
    }
    if (!bought.client_trusts_lsp) return undefined;
    const asks = `the provider ${node_id} sends the funding of the channel only when it has been paid`;
    if (!this.#options.accepts_client_trust) {
      return `${asks}, and could keep the money: it is trusted so far with the option client-trusts-lsp alone`;
    }
    if (!this.#waitsForBlock(purchase, fit)) return undefined;
    const allowance_msat = this.#options.allowanceFor(node_id);
    return `${asks}, and no more than ${msatText(allowance_msat)} may be at stake before: see undefended-msat`;
  }

  #bargain({ offer, fee_msat }: Fit, purchase: Purchase, bought: Bought): Bargain {
    const { node_id, params } = offer;
    const { payment_hash, amount_msat, expiry_seconds } = purchase;
    const now = this.#options.clock.nowSeconds();
    const waits = this.#waitsForBlock(purchase, { offer, fee_msat });
    return {
      order: {
        payment_hash,
        node_id,
        jit_channel_scid: bought.jit_channel_scid,
        payment_size_msat: amount_msat,
        min_fee_msat: params.min_fee_msat,
        proportional: params.proportional,
        // Nobody can pay longer than the invoice is valid: no channel is opened afterwards.
        valid_until: Math.min(Math.floor(params.valid_until_ms / 1000), now + expiry_seconds),
        min_lifetime: params.min_lifetime,
        max_client_to_self_delay: params.max_client_to_self_delay,
        client_trusts_lsp: bought.client_trusts_lsp,
        created_at: now,
        channel_id: undefined,
      },
      lsp_cltv_expiry_delta: bought.lsp_cltv_expiry_delta,
      fee_msat,
      extra_cltv_blocks: BLOCKS_ON_THE_WAY + (waits ? BLOCKS_TO_WAIT : 0),
    };
  }
}

/** Nothing could be bought: the reason that helps most. */
function failure({ amount_msat }: Purchase, unfit: readonly Unfit[], reasons: readonly string[]): RpcError {
  const paymentText = amount_msat === undefined ? 'any payment' : `a payment of ${msatText(amount_msat)}`;
  const beside = reasons.length === 0 ? '' : ` Besides: ${reasons.join('; ')}`;
  const small = unfit.flatMap((each) => (each.kind === 'too_small' ? each.least_msat : []));
  if (small.length > 0) {
    const least_msat = msat(small.reduce((a, b) => (a < b ? a : b)));
    return new RpcError(
      'LIQUIDITY_AMOUNT_REFUSED',
      `${paymentText} is too small to open a channel with: the least is ${msatText(least_msat)}.${beside}`,
      { least_msat },
    );
  }
  const dear = unfit.flatMap((each) => (each.kind === 'too_expensive' ? each : []));
  if (dear.length > 0) {
    const [{ fee_msat, proportional }] = dear.toSorted((a, b) => Number(a.fee_msat - b.fee_msat)) as [(typeof dear)[0]];
    const price =
      amount_msat === undefined ? `${msatText(fee_msat)} or ${proportional} millionths` : msatText(fee_msat);
    return new RpcError(
      'LIQUIDITY_TOO_EXPENSIVE',
      `the cheapest channel costs ${price}, more than lsp-max-fee and lsp-max-fee-ppm allow.${beside}`,
      { opening_fee_msat: fee_msat },
    );
  }
  const large = unfit.flatMap((each) => (each.kind === 'too_large' ? each.most_msat : []));
  if (large.length > 0) {
    const most_msat = msat(large.reduce((a, b) => (a > b ? a : b)));
    return new RpcError(
      'LIQUIDITY_AMOUNT_REFUSED',
      `${paymentText} is more than any provider brings with a new channel: the most is ${msatText(most_msat)}.${beside}`,
      { most_msat },
    );
  }
  const why = reasons.length === 0 ? 'no provider has an offer that is good for long enough' : reasons.join('; ');
  return new RpcError('LIQUIDITY_UNAVAILABLE', `no channel could be bought: ${why}`);
}
