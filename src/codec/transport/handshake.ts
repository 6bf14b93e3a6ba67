/**
 * The handshake of BOLT 8 (Noise_XK over secp256k1, ChaCha20-Poly1305 and SHA-256): three acts, after which both sides
 * hold the same two keys and the responder knows who the initiator is. Pure: acts in, acts out.
 */
import { AuthenticationError, chacha20Poly1305Decrypt, chacha20Poly1305Encrypt } from '../../base/crypto/chacha20.ts';
import { CurveError } from '../../base/crypto/curve.ts';
import { hkdfSha256, sha256 } from '../../base/crypto/hash.ts';
import { curve } from '../../base/crypto/secp256k1.ts';
import type { Secret } from '../../base/types/secret.ts';

export const ACT_ONE_BYTES = 50;
export const ACT_TWO_BYTES = 50;
export const ACT_THREE_BYTES = 66;

const VERSION = 0;
const PUBLIC_KEY_BYTES = 33;
const EMPTY = new Uint8Array(0);
const PROTOCOL_HASH = sha256(Buffer.from('Noise_XK_secp256k1_ChaChaPoly_SHA256'));
const PROLOGUE = Buffer.from('lightning');

/** What was wrong with an act. The connection ends without a word. */
export class HandshakeError extends Error {
  override readonly name = 'HandshakeError';
  readonly act: 1 | 2 | 3;
  readonly fault: 'bad_version' | 'bad_public_key' | 'bad_tag' | 'bad_ciphertext';

  constructor(act: 1 | 2 | 3, fault: HandshakeError['fault']) {
    super(`act ${act} of the handshake: ${fault.replaceAll('_', ' ')}`);
    this.act = act;
    this.fault = fault;
  }
}

/** The keys of a finished handshake. */
export interface SessionKeys {
  readonly sending_key: Uint8Array;
  readonly receiving_key: Uint8Array;
  readonly chaining_key: Uint8Array;
  /** The node on the other side: 33 bytes. */
  readonly remote_public_key: Uint8Array;
}

/** The nonce of Noise: 32 zero bits, then the counter, little-endian. */
export function nonceBytes(counter: number): Uint8Array {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32LE(counter, 4);
  return nonce;
}

/** What both sides accumulate while they talk. */
class Transcript {
  hash: Uint8Array;
  chaining_key: Uint8Array = PROTOCOL_HASH;
  /** The key that the latest Diffie-Hellman gave. */
  key: Uint8Array = EMPTY;

  constructor(responder_public_key: Uint8Array) {
    this.hash = sha256(Buffer.concat([PROTOCOL_HASH, PROLOGUE]));
    this.mixHash(responder_public_key);
  }

  mixHash(data: Uint8Array): void {
    this.hash = sha256(Buffer.concat([this.hash, data]));
  }

  mixKey(shared_secret: Uint8Array): void {
    const derived = hkdfSha256(shared_secret, this.chaining_key, EMPTY, 64);
    this.chaining_key = derived.subarray(0, 32);
    this.key = derived.subarray(32);
  }

  seal(counter: number, plaintext: Uint8Array): Uint8Array {
    const sealed = chacha20Poly1305Encrypt(this.key, nonceBytes(counter), this.hash, plaintext);
    this.mixHash(sealed);
    return sealed;
  }

  /** Throws AuthenticationError. */
  open(counter: number, sealed: Uint8Array): Uint8Array {
    const plaintext = chacha20Poly1305Decrypt(this.key, nonceBytes(counter), this.hash, sealed);
    this.mixHash(sealed);
    return plaintext;
  }

  /** The two keys that follow: the initiator's for sending, then the responder's. */
  split(): readonly [Uint8Array, Uint8Array] {
    const derived = hkdfSha256(EMPTY, this.chaining_key, EMPTY, 64);
    return [derived.subarray(0, 32), derived.subarray(32)];
  }
}

/** The parts of act one or two: a key in the clear, then a tag. */
function readKeyAct(act: 1 | 2, bytes: Uint8Array): { key: Uint8Array; tag: Uint8Array } {
  if (bytes[0] !== VERSION) throw new HandshakeError(act, 'bad_version');
  const key = bytes.slice(1, 1 + PUBLIC_KEY_BYTES);
  if (!curve.isPublicKey(key)) throw new HandshakeError(act, 'bad_public_key');
  return { key, tag: bytes.slice(1 + PUBLIC_KEY_BYTES) };
}

/** Runs, and turns a tag that does not match into the act's fault. */
function opened<T>(act: 1 | 2 | 3, fault: HandshakeError['fault'], run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof AuthenticationError || error instanceof CurveError) throw new HandshakeError(act, fault);
    throw error;
  }
}

/** The side that connects and knows whom it wants. `ephemeral_key` is 32 random bytes, used once. */
export class Initiator {
  readonly #static_key: Secret<Uint8Array>;
  readonly #ephemeral_key: Secret<Uint8Array>;
  readonly #remote: Uint8Array;
  readonly #transcript: Transcript;

  constructor(static_key: Secret<Uint8Array>, ephemeral_key: Secret<Uint8Array>, remote_public_key: Uint8Array) {
    this.#static_key = static_key;
    this.#ephemeral_key = ephemeral_key;
    this.#remote = remote_public_key;
    this.#transcript = new Transcript(remote_public_key);
  }

  /** The 50 bytes to send first. Throws CurveError when the remote key is none. */
  actOne(): Uint8Array {
    const ephemeral = curve.publicKey(this.#ephemeral_key.reveal());
    this.#transcript.mixHash(ephemeral);
    this.#transcript.mixKey(curve.ecdh(this.#remote, this.#ephemeral_key.reveal()));
    return Buffer.concat([Buffer.of(VERSION), ephemeral, this.#transcript.seal(0, EMPTY)]);
  }

  /** Takes the responder's 50 bytes; answers the 66 bytes of act three, and the keys. Throws HandshakeError. */
  actThree(act_two: Uint8Array): { act_three: Uint8Array; keys: SessionKeys } {
    const transcript = this.#transcript;
    const { key, tag } = readKeyAct(2, act_two);
    transcript.mixHash(key);
    transcript.mixKey(curve.ecdh(key, this.#ephemeral_key.reveal()));
    opened(2, 'bad_tag', () => transcript.open(0, tag));

    const sealed_key = transcript.seal(1, curve.publicKey(this.#static_key.reveal()));
    transcript.mixKey(curve.ecdh(key, this.#static_key.reveal()));
    const act_three = Buffer.concat([Buffer.of(VERSION), sealed_key, transcript.seal(0, EMPTY)]);
    const [sending_key, receiving_key] = transcript.split();
    const { chaining_key } = transcript;
    return { act_three, keys: { sending_key, receiving_key, chaining_key, remote_public_key: this.#remote } };
  }
}

/** The side that was connected to. `ephemeral_key` is 32 random bytes, used once. */
export class Responder {
  readonly #static_key: Secret<Uint8Array>;
  readonly #ephemeral_key: Secret<Uint8Array>;
  readonly #transcript: Transcript;

  constructor(static_key: Secret<Uint8Array>, ephemeral_key: Secret<Uint8Array>) {
    this.#static_key = static_key;
    this.#ephemeral_key = ephemeral_key;
    this.#transcript = new Transcript(curve.publicKey(static_key.reveal()));
  }

  /** Takes the initiator's 50 bytes; answers 50. Throws HandshakeError. */
  actTwo(act_one: Uint8Array): Uint8Array {
    const transcript = this.#transcript;
    const { key, tag } = readKeyAct(1, act_one);
    transcript.mixHash(key);
    transcript.mixKey(curve.ecdh(key, this.#static_key.reveal()));
    opened(1, 'bad_tag', () => transcript.open(0, tag));

    const ephemeral = curve.publicKey(this.#ephemeral_key.reveal());
    transcript.mixHash(ephemeral);
    transcript.mixKey(curve.ecdh(key, this.#ephemeral_key.reveal()));
    return Buffer.concat([Buffer.of(VERSION), ephemeral, transcript.seal(0, EMPTY)]);
  }

  /** Takes the initiator's 66 bytes. Throws HandshakeError. */
  finish(act_three: Uint8Array): SessionKeys {
    const transcript = this.#transcript;
    if (act_three[0] !== VERSION) throw new HandshakeError(3, 'bad_version');
    const sealed_key = act_three.slice(1, 1 + PUBLIC_KEY_BYTES + 16);
    const tag = act_three.slice(1 + PUBLIC_KEY_BYTES + 16);
    const remote_public_key = opened(3, 'bad_ciphertext', () => transcript.open(1, sealed_key));
    if (!curve.isPublicKey(remote_public_key)) throw new HandshakeError(3, 'bad_public_key');
    transcript.mixKey(curve.ecdh(remote_public_key, this.#ephemeral_key.reveal()));
    opened(3, 'bad_tag', () => transcript.open(0, tag));
    const [receiving_key, sending_key] = transcript.split();
    return { sending_key, receiving_key, chaining_key: transcript.chaining_key, remote_public_key };
  }
}
