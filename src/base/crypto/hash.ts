/** Hashes and key derivation, from node:crypto. */
import { createHmac, hash as hashOnce, hkdfSync } from 'node:crypto';

/** SHA-256: 32 bytes. */
export function sha256(data: Uint8Array): Uint8Array {
  return hashOnce('sha256', data, 'buffer');
}

/** SHA-256 twice: 32 bytes. The hash of Bitcoin's transactions and blocks. */
export function sha256d(data: Uint8Array): Uint8Array {
  return sha256(sha256(data));
}

/** RIPEMD-160: 20 bytes. */
export function ripemd160(data: Uint8Array): Uint8Array {
  return hashOnce('ripemd160', data, 'buffer');
}

/** RIPEMD-160 of SHA-256: 20 bytes. */
export function hash160(data: Uint8Array): Uint8Array {
  return ripemd160(sha256(data));
}

/** HMAC-SHA256: 32 bytes. */
export function hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array {
  return createHmac('sha256', key).update(data).digest();
}

/** HKDF-SHA256 (RFC 5869), extract and expand. */
export function hkdfSha256(input: Uint8Array, salt: Uint8Array, info: Uint8Array, length_bytes: number): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', input, salt, info, length_bytes));
}

/** BIP 340's tagged hash: 32 bytes. */
export function taggedHash(tag: string, data: Uint8Array): Uint8Array {
  const tag_hash = sha256(Buffer.from(tag));
  return sha256(Buffer.concat([tag_hash, tag_hash, data]));
}
