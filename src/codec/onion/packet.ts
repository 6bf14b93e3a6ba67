/** The onion packet of a payment (BOLT 4, Packet Structure): made by the sender, peeled by each hop. */
import { chacha20Stream } from '../../base/crypto/chacha20.ts';
import { equalSecret } from '../../base/crypto/compare.ts';
import { hmacSha256, sha256 } from '../../base/crypto/hash.ts';
import { curve } from '../../base/crypto/secp256k1.ts';
import { Reader, WireError, Writer } from '../wire/bytes.ts';
import { blindingFactor, onionKey, sharedSecrets, xor } from './keys.ts';

export const PACKET_BYTES = 1366;
const PAYLOADS_BYTES = 1300;
const HMAC_BYTES = 32;
const VERSION = 0;

/** A packet that no hop can read: the peer that sent it is told with update_fail_malformed_htlc. */
export class MalformedOnion extends Error {
  override readonly name = 'MalformedOnion';
  readonly failure: 'invalid_onion_version' | 'invalid_onion_hmac' | 'invalid_onion_key';
  /** Hex. */
  readonly sha256_of_onion: string;

  constructor(failure: MalformedOnion['failure'], packet: Uint8Array) {
    super(`the onion cannot be read: ${failure}`);
    this.failure = failure;
    this.sha256_of_onion = Buffer.from(sha256(packet)).toString('hex');
  }
}

/** One hop of a route: its node id (33 bytes) and its payload (a TLV stream). */
export interface OnionHop {
  readonly node_id: Uint8Array;
  readonly payload: Uint8Array;
}

/** The payload as it lies in the packet: its length before it. */
function framed(payload: Uint8Array): Uint8Array {
  const writer = new Writer();
  writer.bigSize(payload.length);
  writer.bytes(payload);
  return writer.done();
}

/** Whether the payloads fit into one packet. */
export function fitsPacket(hops: readonly OnionHop[]): boolean {
  return packetBytes(hops.map(({ payload }) => framed(payload))) <= PAYLOADS_BYTES;
}

function packetBytes(frames: readonly Uint8Array[]): number {
  return frames.reduce((total, frame) => total + frame.length + HMAC_BYTES, 0);
}

/**
 * Makes a packet. `session_key` is 32 random bytes, used once; `associated_data` is the payment_hash. Throws RangeError
 * when the payloads do not fit. The shared secrets are what a failure is read with.
 */
export function createPacket(
  session_key: Uint8Array,
  hops: readonly OnionHop[],
  associated_data: Uint8Array,
): { readonly packet: Uint8Array; readonly shared_secrets: readonly Uint8Array[] } {
  const frames = hops.map(({ payload }) => framed(payload));
  const total = packetBytes(frames);
  if (total > PAYLOADS_BYTES) throw new RangeError(`payloads of ${total} bytes, an onion holds ${PAYLOADS_BYTES}`);
  const ids = hops.map(({ node_id }) => node_id);
  const { first_ephemeral_key, shared_secrets } = sharedSecrets(session_key, ids);

  let payloads: Uint8Array = chacha20Stream(onionKey('pad', session_key), PAYLOADS_BYTES);
  let hmac: Uint8Array = new Uint8Array(HMAC_BYTES);
  const filler = makeFiller(frames, shared_secrets);
  for (let index = hops.length - 1; index >= 0; index--) {
    const shared_secret = shared_secrets[index] as Uint8Array;
    const frame = frames[index] as Uint8Array;
    const shifted = Buffer.concat([frame, hmac, payloads.subarray(0, PAYLOADS_BYTES - frame.length - HMAC_BYTES)]);
    payloads = xor(shifted, chacha20Stream(onionKey('rho', shared_secret), PAYLOADS_BYTES));
    if (index === hops.length - 1) payloads.set(filler, PAYLOADS_BYTES - filler.length);
    hmac = hmacSha256(onionKey('mu', shared_secret), Buffer.concat([payloads, associated_data]));
  }
  return { packet: Buffer.concat([Buffer.of(VERSION), first_ephemeral_key, payloads, hmac]), shared_secrets };
}

/** What the hops will have added at the end when the last one looks: its tag must cover it. */
function makeFiller(frames: readonly Uint8Array[], shared_secrets: readonly Uint8Array[]): Uint8Array {
  let filler: Uint8Array = new Uint8Array(0);
  for (const [index, frame] of frames.slice(0, -1).entries()) {
    const added = frame.length + HMAC_BYTES;
    const stream = chacha20Stream(onionKey('rho', shared_secrets[index] as Uint8Array), PAYLOADS_BYTES * 2);
    const longer = Buffer.concat([filler, new Uint8Array(added)]);
    filler = xor(longer, stream.subarray(PAYLOADS_BYTES - filler.length, PAYLOADS_BYTES + added));
  }
  return filler;
}

/** What a hop finds. */
export interface PeeledPacket {
  readonly payload: Uint8Array;
  readonly shared_secret: Uint8Array;
  /** The packet for the next hop; undefined when the payment ends here. */
  readonly next_packet: Uint8Array | undefined;
}

/** The payload's length cannot be read, or reaches out of the packet. The sender is told `invalid_onion_payload`. */
export class InvalidPayload extends Error {
  override readonly name = 'InvalidPayload';
  readonly shared_secret: Uint8Array;

  constructor(shared_secret: Uint8Array, message: string) {
    super(message);
    this.shared_secret = shared_secret;
  }
}

/**
 * Peels a packet. `ecdh` is the node's: the SHA-256 of the shared point. Throws MalformedOnion, or InvalidPayload when
 * the packet is authentic but what it holds cannot be cut out.
 */
export function peelPacket(
  packet: Uint8Array,
  associated_data: Uint8Array,
  ecdh: (public_key: Uint8Array) => Uint8Array,
): PeeledPacket {
  if (packet[0] !== VERSION) throw new MalformedOnion('invalid_onion_version', packet);
  const ephemeral_key = packet.slice(1, 34);
  if (!curve.isPublicKey(ephemeral_key)) throw new MalformedOnion('invalid_onion_key', packet);
  const shared_secret = ecdh(ephemeral_key);
  const payloads = packet.subarray(34, 34 + PAYLOADS_BYTES);
  const expected = hmacSha256(onionKey('mu', shared_secret), Buffer.concat([payloads, associated_data]));
  if (!equalSecret(expected, packet.subarray(34 + PAYLOADS_BYTES)))
    throw new MalformedOnion('invalid_onion_hmac', packet);

  const stream = chacha20Stream(onionKey('rho', shared_secret), PAYLOADS_BYTES * 2);
  const opened = xor(Buffer.concat([payloads, new Uint8Array(PAYLOADS_BYTES)]), stream);
  const reader = new Reader(opened);
  let payload: Uint8Array;
  let next_hmac: Uint8Array;
  try {
    const length = reader.bigSize();
    if (length < 2n || length > BigInt(PAYLOADS_BYTES)) throw new WireError(`a payload of ${length} bytes`);
    payload = reader.bytes(Number(length));
    next_hmac = reader.bytes(HMAC_BYTES);
  } catch (error) {
    if (error instanceof WireError) throw new InvalidPayload(shared_secret, error.message);
    throw error;
  }
  const used = opened.length - reader.left;
  if (used > PAYLOADS_BYTES) throw new InvalidPayload(shared_secret, `the payload ends at byte ${used} of the packet`);
  if (next_hmac.every((byte) => byte === 0)) return { payload, shared_secret, next_packet: undefined };
  const next_key = curve.tweakMulPublic(ephemeral_key, blindingFactor(ephemeral_key, shared_secret));
  const next_packet = Buffer.concat([
    Buffer.of(VERSION),
    next_key,
    opened.subarray(used, used + PAYLOADS_BYTES),
    next_hmac,
  ]);
  return { payload, shared_secret, next_packet };
}
