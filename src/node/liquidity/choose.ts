/**
 * Which offers of providers (bLIP 52) can bring a payment, what each costs, and why the others cannot. A provider opens a
 * channel that is little larger than the payment, and keeps of it what it must; a payment that does not fit would fail, or
 * hang, after the channel is open. So the least payment that works is reckoned here, before anything is bought.
 */
import { MAX_U64, type Msat, max } from '../../base/types/amount.ts';
import type { NodeId } from '../../base/types/brand.ts';
import { type OfferedParams, openingFee } from '../../codec/lsps/lsps2.ts';

/** What providers offer. */
export interface Offer {
  readonly node_id: NodeId;
  readonly params: OfferedParams;
}

/** The payment. */
export interface Wanted {
  /** Undefined: the payer chooses. */
  readonly amount_msat: Msat | undefined;
  /** Unix time in milliseconds from which on the invoice would be valid, and for how long at least. */
  readonly now_ms: number;
  readonly least_lifetime_ms: number;
}

/** What the operator pays, and what the node can use. */
export interface Limits {
  /** A fee within either of both is paid. */
  readonly max_fee_msat: Msat;
  readonly max_fee_ppm: number;
  /** What we ask as to_self_delay: blocks. */
  readonly to_self_delay: number;
  /** The least that a new channel can bring: of what is left of the payment when the fee is taken. */
  readonly least_net_msat: Msat;
}

/** An offer that is good for the payment. `fee_msat`: for a payment of any amount the least. */
export interface Fit {
  readonly offer: Offer;
  readonly fee_msat: Msat;
}

/** Why an offer is not good for the payment. */
export type Unfit =
  | { readonly kind: 'too_small'; readonly least_msat: Msat }
  | { readonly kind: 'too_large'; readonly most_msat: Msat }
  | { readonly kind: 'too_expensive'; readonly fee_msat: Msat; readonly proportional: number }
  /** It ends too soon, its fee cannot be reckoned, or its channel would not be safe. */
  | { readonly kind: 'of_no_use' };

/** The good offers, the cheapest first; and what is wrong with the others. */
export function choose(
  offers: readonly Offer[],
  wanted: Wanted,
  limits: Limits,
): { readonly fits: readonly Fit[]; readonly unfit: readonly Unfit[] } {
  const fits: Fit[] = [];
  const unfit: Unfit[] = [];
  for (const offer of offers) {
    const judged = judgeOffer(offer, wanted, limits);
    if ('kind' in judged) unfit.push(judged);
    else fits.push(judged);
  }
  fits.sort((a, b) => {
    if (a.fee_msat !== b.fee_msat) return a.fee_msat < b.fee_msat ? -1 : 1;
    return a.offer.params.proportional - b.offer.params.proportional;
  });
  return { fits, unfit };
}

function judgeOffer(offer: Offer, wanted: Wanted, limits: Limits): Fit | Unfit {
  const { params } = offer;
  const { amount_msat, now_ms, least_lifetime_ms } = wanted;
  if (params.valid_until_ms < now_ms + least_lifetime_ms) return { kind: 'of_no_use' };
  if (params.max_client_to_self_delay < limits.to_self_delay) return { kind: 'of_no_use' };
  const least_msat = leastPaymentMsat(params, limits.least_net_msat);
  const most_msat = params.max_payment_size_msat;
  if (least_msat === undefined || least_msat > most_msat) return { kind: 'of_no_use' };
  if (amount_msat === undefined) {
    const { min_fee_msat: fee_msat, proportional } = params;
    const isPaid = fee_msat <= limits.max_fee_msat && proportional <= limits.max_fee_ppm;
    return isPaid ? { offer, fee_msat } : { kind: 'too_expensive', fee_msat, proportional };
  }
  if (amount_msat < least_msat) return { kind: 'too_small', least_msat };
  if (amount_msat > most_msat) return { kind: 'too_large', most_msat };
  const fee_msat = openingFee(amount_msat, params);
  if (fee_msat === undefined) return { kind: 'of_no_use' };
  const share_msat = (amount_msat * BigInt(limits.max_fee_ppm)) / 1_000_000n;
  const isPaid = fee_msat <= max<bigint>(limits.max_fee_msat, share_msat);
  return isPaid ? { offer, fee_msat } : { kind: 'too_expensive', fee_msat, proportional: params.proportional };
}

/** The least payment that an offer can bring, with so much left of it after the fee; undefined when there is none. */
export function leastPaymentMsat(
  { min_fee_msat, proportional, min_payment_size_msat }: OfferedParams,
  least_net_msat: Msat,
): Msat | undefined {
  const left_millionths = 1_000_000n - BigInt(proportional);
  if (left_millionths <= 0n) return undefined;
  const by_share_msat = (least_net_msat * 1_000_000n + left_millionths - 1n) / left_millionths;
  const least_msat = max<bigint>(max<bigint>(by_share_msat, least_net_msat + min_fee_msat), min_payment_size_msat);
  return least_msat > MAX_U64 ? undefined : (least_msat as Msat);
}
