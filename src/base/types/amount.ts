/**
 * Amounts. A millisatoshi and a satoshi are different types, so that a mix-up does not compile; arithmetic goes through
 * the checked functions here, so that a balance never goes below zero or over 64 bits unnoticed.
 */
import type { Brand } from './brand.ts';
import { withoutLeadingZeros } from './decimal.ts';

/** Thousandths of a satoshi, 0 to 2^64 - 1: the unit of BOLT 2 and BOLT 4. */
export type Msat = Brand<bigint, 'msat'>;
/** Satoshi, 0 to 2^64 - 1: the unit of the chain. */
export type Sat = Brand<bigint, 'sat'>;

/** The largest amount that fits the wire's u64. */
export const MAX_U64 = 0xffff_ffff_ffff_ffffn;

/** All the money there will ever be, 21 million BTC: no amount of an onion may be larger (BOLT 1, Fundamental Types). */
export const MAX_MONEY_MSAT = 2_100_000_000_000_000_000n;

/** An amount left the range of an unsigned 64-bit number: a bug of the caller, never a peer's doing. */
export class AmountError extends RangeError {
  override readonly name = 'AmountError';
}

function check(value: bigint, what: string): bigint {
  if (value < 0n || value > MAX_U64) throw new AmountError(`${what} leaves the range 0 to 2^64 - 1: ${value}`);
  return value;
}

/** The amount in millisatoshi. Throws AmountError out of range. */
export function msat(value: bigint | number): Msat {
  return check(BigInt(value), 'an amount in msat') as Msat;
}

/** The amount in satoshi. Throws AmountError out of range. */
export function sat(value: bigint | number): Sat {
  return check(BigInt(value), 'an amount in sat') as Sat;
}

/** a + b. Throws AmountError on overflow. */
export function add<T extends Msat | Sat>(a: T, b: T): T {
  return check(a + b, 'a sum') as T;
}

/** a - b. Throws AmountError when b is larger. */
export function subtract<T extends Msat | Sat>(a: T, b: T): T {
  return check((a as bigint) - (b as bigint), 'a difference') as T;
}

/** The larger of the two differences and zero. */
export function subtractOrZero<T extends Msat | Sat>(a: T, b: T): T {
  return (a > b ? a - b : 0n) as T;
}

/** The sum of all. Throws AmountError on overflow. */
export function sum<T extends Msat | Sat>(amounts: Iterable<T>): T {
  let total = 0n;
  for (const amount of amounts) total += amount;
  return check(total, 'a sum') as T;
}

/** The smaller of the two. */
export function min<T extends bigint>(a: T, b: T): T {
  return a < b ? a : b;
}

/** The larger of the two. */
export function max<T extends bigint>(a: T, b: T): T {
  return a > b ? a : b;
}

/** Satoshi to millisatoshi. */
export function satToMsat(amount_sat: Sat): Msat {
  return check(amount_sat * 1000n, 'an amount in msat') as Msat;
}

/** Millisatoshi to whole satoshi, rounded down: what the chain can express (BOLT 3). */
export function msatToSatFloor(amount_msat: Msat): Sat {
  return (amount_msat / 1000n) as Sat;
}

/** A number of satoshi as people read it: `2,000 sat`. */
export function satText(amount_sat: bigint): string {
  return `${String(amount_sat).replaceAll(/\B(?=(\d{3})+$)/g, ',')} sat`;
}

/** The same of millisatoshi: `2,000 sat`, or `2,000.001 sat` where they are no whole number of satoshi. */
export function msatText(amount_msat: bigint): string {
  const rest_msat = amount_msat % 1000n;
  const text = satText(amount_msat / 1000n);
  return rest_msat === 0n ? text : text.replace(' sat', `.${String(rest_msat).padStart(3, '0')} sat`);
}

const UNIT = /^(?:(\d+)(?:msat)?|(\d+)sat|(\d+)\.(\d{3})sat|(\d+)(?:\.(\d{1,11}))?btc)$/;

/** Characters after any zeros in front; the largest amount there is has fewer in every unit. */
const LONGEST_AMOUNT = 40;

/**
 * Parses an amount as people and Core Lightning write it: digits, `1000msat`, `1sat`, `1.000sat` (exactly three
 * decimals), `0.00000000001btc` (up to eleven decimals). Undefined when it is none of these or over 64 bits.
 */
export function parseMsat(text: string): Msat | undefined {
  const short = withoutLeadingZeros(text);
  const match = short.length > LONGEST_AMOUNT ? null : UNIT.exec(short);
  if (match === null) return undefined;
  const [, plain, whole_sat, sat_part, sat_decimals, btc_part, btc_decimals] = match;
  let value: bigint;
  if (plain !== undefined) value = BigInt(plain);
  else if (whole_sat !== undefined) value = BigInt(whole_sat) * 1000n;
  else if (sat_part !== undefined) value = BigInt(sat_part) * 1000n + BigInt(sat_decimals as string);
  else value = BigInt(btc_part as string) * 100_000_000_000n + BigInt((btc_decimals ?? '').padEnd(11, '0'));
  return value > MAX_U64 ? undefined : (value as Msat);
}
