/**
 * One direction of an encrypted connection (BOLT 8, Lightning Message Specification): a key, a counter, and a new key
 * after every thousand uses. Each message is a sealed length of two bytes, then the sealed message.
 */
import { chacha20Poly1305Decrypt, chacha20Poly1305Encrypt } from '../../base/crypto/chacha20.ts';
import { hkdfSha256 } from '../../base/crypto/hash.ts';
import { nonceBytes } from './handshake.ts';

const ROTATE_AFTER_USES = 1000;
const TAG_BYTES = 16;
/** A sealed length. */
export const HEADER_BYTES = 2 + TAG_BYTES;
const EMPTY = new Uint8Array(0);

export class Cipher {
  #key: Uint8Array;
  #chaining_key: Uint8Array;
  #uses = 0;

  constructor(key: Uint8Array, chaining_key: Uint8Array) {
    this.#key = key;
    this.#chaining_key = chaining_key;
  }

  /** The nonce of the next use; the key changes when it has been used up. */
  #next(): Uint8Array {
    if (this.#uses === ROTATE_AFTER_USES) {
      const derived = hkdfSha256(this.#key, this.#chaining_key, EMPTY, 64);
      this.#chaining_key = derived.subarray(0, 32);
      this.#key = derived.subarray(32);
      this.#uses = 0;
    }
    return nonceBytes(this.#uses++);
  }

  /** The message with its length, sealed. It must be at most 65535 bytes long. */
  sealMessage(message: Uint8Array): Uint8Array {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(message.length);
    // The nonce first: taking it may change the key.
    const header_nonce = this.#next();
    const header = chacha20Poly1305Encrypt(this.#key, header_nonce, EMPTY, length);
    const body_nonce = this.#next();
    return Buffer.concat([header, chacha20Poly1305Encrypt(this.#key, body_nonce, EMPTY, message)]);
  }

  /** The length of the sealed message that follows. Throws AuthenticationError. */
  openHeader(header: Uint8Array): number {
    const nonce = this.#next();
    const length = chacha20Poly1305Decrypt(this.#key, nonce, EMPTY, header);
    return (((length[0] as number) << 8) | (length[1] as number)) + TAG_BYTES;
  }

  /** The message. Throws AuthenticationError. */
  openBody(body: Uint8Array): Uint8Array {
    const nonce = this.#next();
    return chacha20Poly1305Decrypt(this.#key, nonce, EMPTY, body);
  }
}
