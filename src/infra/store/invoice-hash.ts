/**
 * How an invoice is found by its payment hash. The index holds the first twelve bytes: that two of a billion hashes share
 * them has a chance of one in a hundred billion, and a second one is refused like a hash that is there already. What is
 * looked for is always compared whole.
 */

/** What the index is made of. */
export const HASH_PREFIX = 'substr(payment_hash, 1, 12)';

/** The condition; its values are those of `hashValues`. */
export const HASH_IS = `${HASH_PREFIX} = ? AND payment_hash = ?`;

/** What `HASH_IS` is asked with. The bytes are cut here: of a value without a type PostgreSQL would not know what to cut. */
export function hashValues(payment_hash: Uint8Array): readonly [Uint8Array, Uint8Array] {
  return [payment_hash.subarray(0, 12), payment_hash];
}
