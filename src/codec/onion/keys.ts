/** Keys of an onion (BOLT 4, Packet Construction): what a shared secret is for, and how ephemeral keys follow. */
import { hmacSha256, sha256 } from '../../base/crypto/hash.ts';
import { curve } from '../../base/crypto/secp256k1.ts';

/** What a key is derived for: to hide payloads, to authenticate packets, errors, to hide errors and hold times, to pad. */
export type KeyPurpose = 'rho' | 'mu' | 'um' | 'ammag' | 'ammagext' | 'pad';

/** The key for one purpose, from a shared secret: 32 bytes. */
export function onionKey(purpose: KeyPurpose, shared_secret: Uint8Array): Uint8Array {
  return hmacSha256(Buffer.from(purpose), shared_secret);
}

/** What an ephemeral key is multiplied with at each hop. */
export function blindingFactor(ephemeral_key: Uint8Array, shared_secret: Uint8Array): Uint8Array {
  return sha256(Buffer.concat([ephemeral_key, shared_secret]));
}

/** The secret that the sender shares with each hop, and the ephemeral key that the first one is given. */
export function sharedSecrets(
  session_key: Uint8Array,
  node_ids: readonly Uint8Array[],
): { readonly first_ephemeral_key: Uint8Array; readonly shared_secrets: readonly Uint8Array[] } {
  const shared_secrets: Uint8Array[] = [];
  let ephemeral = session_key;
  for (const node_id of node_ids) {
    const shared_secret = curve.ecdh(node_id, ephemeral);
    shared_secrets.push(shared_secret);
    ephemeral = curve.tweakMulPrivate(ephemeral, blindingFactor(curve.publicKey(ephemeral), shared_secret));
  }
  return { first_ephemeral_key: curve.publicKey(session_key), shared_secrets };
}

/** Both, bit by bit: the shorter one counts. */
export function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  const length = Math.min(a.length, b.length);
  const out = new Uint8Array(length);
  for (let index = 0; index < length; index++) out[index] = (a[index] as number) ^ (b[index] as number);
  return out;
}
