/**
 * Which coins to spend. First a set that needs no change is looked for (branch and bound, the idea of Murch's thesis):
 * cheaper now and later. Where there is none, the largest coins are taken, so that few are needed.
 */
import { type Sat, sat } from '../../base/types/amount.ts';
import { COIN_INPUT_WEIGHT, type Coin } from './coin.ts';

/** How many branches are tried before the largest coins are taken. */
const MAX_TRIES = 20_000;

/** The fee for a weight, rounded up: fees of parts then never fall short of the fee of the whole. */
export function feeCeil(weight: number, feerate_per_kw: number): Sat {
  return sat((BigInt(weight) * BigInt(feerate_per_kw) + 999n) / 1000n);
}

/** What a coin is worth once its own input is paid for; may be negative. */
function effectiveSat(coin: Coin, feerate_per_kw: number): bigint {
  return coin.amount_sat - feeCeil(COIN_INPUT_WEIGHT[coin.path.kind], feerate_per_kw);
}

/**
 * Coins whose effective values reach `target_sat`; undefined when all together do not. `waste_sat` is how much too much
 * is better than change: what making and later spending the change would cost.
 */
export function selectCoins(
  coins: readonly Coin[],
  target_sat: bigint,
  feerate_per_kw: number,
  waste_sat: bigint,
): readonly Coin[] | undefined {
  const usable = coins
    .map((coin) => ({ coin, value: effectiveSat(coin, feerate_per_kw) }))
    .filter(({ value }) => value > 0n)
    .sort((a, b) => (a.value === b.value ? 0 : a.value > b.value ? -1 : 1));
  const total = usable.reduce((sum, { value }) => sum + value, 0n);
  if (total < target_sat) return undefined;
  const exact = withoutChange(
    usable.map(({ value }) => value),
    target_sat,
    target_sat + waste_sat,
  );
  if (exact !== undefined) return exact.map((index) => (usable[index] as { coin: Coin }).coin);

  const chosen: Coin[] = [];
  let reached = 0n;
  for (const { coin, value } of usable) {
    if (reached >= target_sat) break;
    chosen.push(coin);
    reached += value;
  }
  return chosen;
}

/** Indexes of values (largest first) whose sum lies between the bounds. */
function withoutChange(values: readonly bigint[], low: bigint, high: bigint): readonly number[] | undefined {
  /** The sum of all values from an index on: a branch that cannot reach the target is left. */
  const rest = new Array<bigint>(values.length + 1).fill(0n);
  for (let index = values.length - 1; index >= 0; index--) {
    rest[index] = (rest[index + 1] as bigint) + (values[index] as bigint);
  }
  const chosen: number[] = [];
  let tries = MAX_TRIES;
  const search = (index: number, sum: bigint): boolean => {
    if (sum > high || sum + (rest[index] as bigint) < low || tries-- <= 0) return false;
    if (sum >= low) return true;
    chosen.push(index);
    if (search(index + 1, sum + (values[index] as bigint))) return true;
    chosen.pop();
    return search(index + 1, sum);
  };
  return search(0, 0n) ? chosen : undefined;
}
