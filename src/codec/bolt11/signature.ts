/**
 * The signature over an invoice (BOLT 11, Data Part). The curve and the hash are callbacks: this module sees no key, and
 * runs in a browser as in the node.
 */
import type { NodeId } from '../../base/types/brand.ts';
import { fromHex, toHex } from '../../base/types/hex.ts';
import { Bolt11Error } from './error.ts';
import { type RawInvoice, type RawTerms, signedBytes } from './raw.ts';
import { wordsToBytes } from './words.ts';

/** SHA-256 of the bytes. */
export type Sha256 = (data: Uint8Array) => Uint8Array;

/** Signs a 32-byte digest: 64 bytes r and s, and the id that lets the public key be recovered. */
export type Sign = (digest: Uint8Array) => { readonly signature: Uint8Array; readonly recovery_id: number };

/** What a writer needs. */
export interface Signer {
  readonly sha256: Sha256;
  readonly sign: Sign;
}

/** What a reader needs. */
export interface Verifier {
  readonly sha256: Sha256;
  /** The compressed key that made the signature, high-S or low-S; undefined when there is none. */
  recover(signature: Uint8Array, recovery_id: number, digest: Uint8Array): Uint8Array | undefined;
  /** Whether the low-S signature of the digest is the key's. False for a key that is no point. */
  verify(signature: Uint8Array, digest: Uint8Array, public_key: Uint8Array): boolean;
}

/** The elements of an `n` field; one of another length is skipped. */
const NODE_ID_WORDS = 53;
/** The curve's order less one, halved: the largest s that counts as low. */
const HALF_ORDER = fromHex('7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0');

/** Whether the s of a 64-byte signature is in the lower half of its range. */
export function isLowS(signature: Uint8Array): boolean {
  for (let index = 0; index < 32; index++) {
    const difference = (signature[32 + index] as number) - (HALF_ORDER[index] as number);
    if (difference !== 0) return difference < 0;
  }
  return true;
}

/** Signs terms. Throws Bolt11Error when they cannot be written; what `sign` throws passes through. */
export function signRaw(terms: RawTerms, { sha256, sign }: Signer): RawInvoice {
  const { signature, recovery_id } = sign(sha256(signedBytes(terms)));
  const bytes = new Uint8Array(65);
  bytes.set(signature);
  bytes[64] = recovery_id;
  return { human_readable: terms.human_readable, timestamp: terms.timestamp, fields: terms.fields, signature: bytes };
}

/**
 * Who signed the invoice. With an `n` field the signature is checked against that key and must be low-S; without one
 * the key is recovered from it, and either half of s will do. Throws Bolt11Error.
 */
export function checkSignature(raw: RawInvoice, verifier: Verifier): NodeId {
  const signature = raw.signature.subarray(0, 64);
  const recovery_id = raw.signature[64] as number;
  if (recovery_id > 3) {
    throw new Bolt11Error('recovery_id_invalid', `the signature's recovery id is ${recovery_id}, not 0 to 3`);
  }
  const digest = verifier.sha256(signedBytes(raw));
  const named = raw.fields.find(({ tag, words }) => tag === 'n' && words.length === NODE_ID_WORDS);
  if (named === undefined) {
    const key = verifier.recover(signature, recovery_id, digest);
    if (key === undefined) {
      throw new Bolt11Error('signature_unrecoverable', 'no public key can have made the signature');
    }
    return toHex(key) as NodeId;
  }
  if (!isLowS(signature)) {
    throw new Bolt11Error('signature_high_s', 'the signature is not low-S, as it must be beside an n field');
  }
  const key = wordsToBytes(named.words);
  if (!verifier.verify(signature, digest, key)) {
    throw new Bolt11Error('signature_invalid', 'the signature is not by the node that the n field names', {
      field: 'n',
      position: named.position,
    });
  }
  return toHex(key) as NodeId;
}
