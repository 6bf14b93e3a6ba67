/** How a failure travels back (BOLT 4, Returning Errors): sealed by the hop that failed, hidden once more by each hop. */
import { chacha20Stream } from '../../base/crypto/chacha20.ts';
import { equalSecret } from '../../base/crypto/compare.ts';
import { hmacSha256 } from '../../base/crypto/hash.ts';
import { Reader, WireError, Writer } from '../wire/bytes.ts';
import { onionKey, xor } from './keys.ts';

const HMAC_BYTES = 32;
/** Message and padding together: BOLT 4 asks for at least 256, so that lengths tell nothing. */
const PADDED_BYTES = 256;
/** The longest route: as many rounds are made wherever the failure came from. */
const MAX_HOPS = 27;

/** Seals a failure for the sender, at the hop that failed. */
export function createReturnPacket(shared_secret: Uint8Array, failure: Uint8Array): Uint8Array {
  const writer = new Writer();
  const padding = Math.max(0, PADDED_BYTES - failure.length);
  writer.u16(failure.length);
  writer.bytes(failure);
  writer.u16(padding);
  writer.bytes(new Uint8Array(padding));
  const body = writer.done();
  return wrapReturnPacket(shared_secret, Buffer.concat([hmacSha256(onionKey('um', shared_secret), body), body]));
}

/** Hides a packet that came back, at a hop on the way. */
export function wrapReturnPacket(shared_secret: Uint8Array, packet: Uint8Array): Uint8Array {
  return xor(packet, chacha20Stream(onionKey('ammag', shared_secret), packet.length));
}

/**
 * Finds out, at the sender, which hop failed and why. The same work is done for every hop of the longest route, so that
 * time tells nothing. Undefined when no hop made the packet.
 */
export function openReturnPacket(
  shared_secrets: readonly Uint8Array[],
  packet: Uint8Array,
): { readonly erring_index: number; readonly failure: Uint8Array } | undefined {
  let found: { erring_index: number; body: Uint8Array } | undefined;
  let layer = packet;
  const nobody = new Uint8Array(32);
  for (let index = 0; index < Math.max(MAX_HOPS, shared_secrets.length); index++) {
    const shared_secret = shared_secrets[index] ?? nobody;
    layer = wrapReturnPacket(shared_secret, layer);
    const body = layer.subarray(HMAC_BYTES);
    const isMade = equalSecret(hmacSha256(onionKey('um', shared_secret), body), layer.subarray(0, HMAC_BYTES));
    if (isMade && found === undefined && index < shared_secrets.length) found = { erring_index: index, body };
  }
  if (found === undefined) return undefined;
  try {
    const reader = new Reader(found.body);
    return { erring_index: found.erring_index, failure: reader.bytes(reader.u16()) };
  } catch (error) {
    // The hop made the seal, and then nonsense inside it: its failure is empty.
    if (error instanceof WireError) return { erring_index: found.erring_index, failure: new Uint8Array(0) };
    throw error;
  }
}
