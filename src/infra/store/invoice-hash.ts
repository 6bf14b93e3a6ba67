/**
 * How an invoice is found by its payment hash. The index holds the first twelve bytes: that two of a billion hashes share
 * them has a chance of one in a hundred billion, and a second one is refused like a hash that is there already. What is
 * looked for is always compared whole.
 */

/** What the index is made of. */
export const HASH_PREFIX = 'substr(payment_hash, 1, 12)';

/** The condition; it takes the hash twice. */
export const HASH_IS = `${HASH_PREFIX} = substr(?, 1, 12) AND payment_hash = ?`;
