/** Numbers of 64 bits without a sign in columns of 64 bits with one: the same bits, read the other way. */

/** The largest number that a column holds as it is. */
export const MAX_COLUMN = 2n ** 63n - 1n;

/** A u64 as a column holds it. */
export function u64ToColumn(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

/** The u64 of a column that `u64ToColumn` made. */
export function u64FromColumn(column: bigint): bigint {
  return BigInt.asUintN(64, column);
}
