/** What a refund is in the currency of the invoice's price: so that refunds of everything add up to the price, to the cent. */
import type { Msat } from '../../base/types/amount.ts';
import { divideRounded } from '../../base/types/exact-decimal.ts';
import { moneyAtPrice, type Price } from '../../base/types/price.ts';

/** What was given back of an invoice so far. */
export interface Refunded {
  readonly amount_msat: bigint;
  /** In the smallest unit of the price's currency; 0 for an invoice without a price. */
  readonly amount: bigint;
}

/**
 * The amount of the price's currency that a refund of so many millisatoshi is, at the rate that was pinned: what all refunds
 * together are, less what those before are. `asked_msat`: what the price came to.
 */
export function moneyOf(price: Price, asked_msat: Msat, before: Refunded, amount_msat: bigint): bigint {
  const all = moneyAtPrice(price, asked_msat, before.amount_msat + amount_msat);
  // When one of those before has failed since, the rest may already be rounded up.
  return all > before.amount ? all - before.amount : 0n;
}

/** The millisatoshi that an amount of the price's currency is, at the rate that was pinned, rounded down. */
export function msatOf(price: Price, asked_msat: Msat, amount: bigint): bigint {
  return divideRounded(asked_msat * amount, price.amount, 'down');
}
