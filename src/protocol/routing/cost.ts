/**
 * What a hop costs beside its fee: a price for not knowing whether it carries the amount. The curve says that money lies
 * at one of a channel's two ends more often than in the middle; the price is what a failed try is worth to a payer.
 */

/** Weights of the curve: (x - 1/2)^9 for the ends, and a little of everything. */
const EVERYWHERE = 1 / 256;
/** While nothing was ever seen to pass, it is somewhat less likely. */
const UNSEEN = 64 / 78;

const PER_HOP_MSAT = 5_120;
const PER_HOP_AMOUNT = 655_360 / 2 ** 30;
const PER_DOUBT_MSAT = 50_000;
const PER_DOUBT_AMOUNT = 6_250 / 2 ** 20;
const LEAST_PROBABILITY = 0.01;

/** How likely a channel is to carry a payment that its payee names in a hint. */
export const HINTED_CHANCE = 0.9;

/** The area below the curve up to this share of the channel, but for a constant. */
function area(share: number): number {
  const off = share - 0.5;
  const square = off * off;
  const eighth = square * square * square * square;
  return eighth * off + share * EVERYWHERE;
}

/** How likely it is that a channel of this capacity carries the amount, when its balance is between two bounds. */
export function probability(
  amount_msat: number,
  capacity_msat: number,
  lower_msat: number,
  upper_msat: number,
): number {
  if (amount_msat <= lower_msat) return 1;
  if (amount_msat > upper_msat || capacity_msat <= 0) return 0;
  const most = area(upper_msat / capacity_msat);
  const all = most - area(lower_msat / capacity_msat);
  if (all <= 0) return 1;
  const chance = (most - area(amount_msat / capacity_msat)) / all;
  return lower_msat === 0 ? chance * UNSEEN : chance;
}

/** How much a probability leaves to doubt: 0 when it is certain, 2 at one in a hundred and below. */
export function doubtOf(chance: number): number {
  return -Math.log10(Math.max(LEAST_PROBABILITY, chance));
}

/** The curve for channels of which nothing is known, in steps: most of a search would be spent on its logarithm. */
const STEPS = 2_048;
const CHANCES = new Float64Array(STEPS + 2).map((_, step) => probability(Math.min(1, step / STEPS), 1, 0, 1));
const DOUBTS = CHANCES.map((chance) => doubtOf(chance));

/** The probability that a channel of which nothing is known carries this share of its capacity (0 to 1). */
export function unknownChance(share: number): number {
  return between(CHANCES, share);
}

/** What that leaves to doubt. */
export function unknownDoubt(share: number): number {
  return between(DOUBTS, share);
}

function between(table: Float64Array, share: number): number {
  const step = Math.floor(share * STEPS);
  const low = table[step] as number;
  return low + ((table[step + 1] as number) - low) * (share * STEPS - step);
}

/** The price of a hop in msat. */
export function doubtPrice(amount_msat: number, doubt: number): number {
  return PER_HOP_MSAT + PER_HOP_AMOUNT * amount_msat + (PER_DOUBT_MSAT + PER_DOUBT_AMOUNT * amount_msat) * doubt;
}
