/** ChaCha20 and ChaCha20-Poly1305 (RFC 8439), from node:crypto. */
import { createCipheriv, createDecipheriv } from 'node:crypto';

const TAG_LENGTH_BYTES = 16;

/** The cipher text did not belong to the key, the nonce or the associated data. */
export class AuthenticationError extends Error {
  override readonly name = 'AuthenticationError';
}

/** Encrypts; the answer is the cipher text followed by its 16-byte tag. `nonce` is 12 bytes. */
export function chacha20Poly1305Encrypt(
  key: Uint8Array,
  nonce: Uint8Array,
  associated_data: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: TAG_LENGTH_BYTES });
  cipher.setAAD(associated_data, { plaintextLength: plaintext.length });
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** Decrypts what `chacha20Poly1305Encrypt` made. Throws AuthenticationError. */
export function chacha20Poly1305Decrypt(
  key: Uint8Array,
  nonce: Uint8Array,
  associated_data: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array {
  if (ciphertext.length < TAG_LENGTH_BYTES) throw new AuthenticationError('cipher text is shorter than its tag');
  const end = ciphertext.length - TAG_LENGTH_BYTES;
  const decipher = createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: TAG_LENGTH_BYTES });
  decipher.setAAD(associated_data, { plaintextLength: end });
  decipher.setAuthTag(ciphertext.subarray(end));
  const plaintext = decipher.update(ciphertext.subarray(0, end));
  try {
    decipher.final();
  } catch {
    throw new AuthenticationError('the message was not made with this key, or was changed on its way');
  }
  return plaintext;
}

/** `length_bytes` of ChaCha20's key stream for a zero nonce: BOLT 4's pseudo-random byte stream. */
export function chacha20Stream(key: Uint8Array, length_bytes: number): Uint8Array {
  return createCipheriv('chacha20', key, Buffer.alloc(16)).update(Buffer.alloc(length_bytes));
}
