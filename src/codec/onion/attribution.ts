/**
 * Attribution data (BOLT 4, Initialization of `attribution_data` and Hold times for successful payments): how long each
 * hop held an HTLC, and proof that it said so, beside a failure or a preimage that travels back. Here it is as the node
 * makes it at which the way back begins; Till forwards nothing.
 */
import { chacha20Stream } from '../../base/crypto/chacha20.ts';
import { hmacSha256 } from '../../base/crypto/hash.ts';
import { onionKey, xor } from './keys.ts';

const MAX_HOPS = 20;
const HOLD_TIMES_BYTES = MAX_HOPS * 4;
const HMAC_BYTES = 4;
/** A series of codes for each hop, each series shorter by one than the one before. */
const HMACS_BYTES = ((MAX_HOPS * (MAX_HOPS + 1)) / 2) * HMAC_BYTES;
/** Hold times and codes together. */
export const ATTRIBUTION_BYTES = HOLD_TIMES_BYTES + HMACS_BYTES;
const MAX_HOLD_TIME = 0xffff_ffff;

/**
 * The attribution data of the last hop. `hold_time`: how long it held the HTLC, in tenths of a second; 0 when it does
 * not know. `return_packet`: the failure that it sends beside this, as `createReturnPacket` made it; none with a preimage.
 */
export function createAttributionData(
  shared_secret: Uint8Array,
  hold_time: number,
  return_packet?: Uint8Array,
): Uint8Array {
  const data = Buffer.alloc(ATTRIBUTION_BYTES);
  data.writeUInt32BE(Math.min(Math.max(0, Math.floor(hold_time)), MAX_HOLD_TIME), 0);
  const um = onionKey('um', shared_secret);
  // The codes cover the packet as it was before it was hidden.
  const plain = return_packet === undefined ? new Uint8Array(0) : hidden('ammag', shared_secret, return_packet);
  // Only the payer knows how far we are from it: one code for each place that this hop may have on the way.
  for (let place = MAX_HOPS - 1; place >= 0; place--) {
    const hold_times = data.subarray(0, (place + 1) * 4);
    // Of the hops behind this one there are none, so that their codes are zero.
    const covered = Buffer.concat([plain, hold_times, new Uint8Array(place * HMAC_BYTES)]);
    const at = HOLD_TIMES_BYTES + (MAX_HOPS - 1 - place) * HMAC_BYTES;
    data.set(hmacSha256(um, covered).subarray(0, HMAC_BYTES), at);
  }
  return hidden('ammagext', shared_secret, data);
}

function hidden(purpose: 'ammag' | 'ammagext', shared_secret: Uint8Array, data: Uint8Array): Uint8Array {
  return xor(data, chacha20Stream(onionKey(purpose, shared_secret), data.length));
}
