/**
 * Text signed with a node's key, as LND and Core Lightning write it: the double SHA-256 of a prefix and the text, signed
 * so that the public key can be recovered; 31 plus the recovery id and the signature, in z-base-32.
 */
import { sha256d } from '../../base/crypto/hash.ts';
import { curve } from '../../base/crypto/secp256k1.ts';
import { decodeZbase32, encodeZbase32 } from '../../base/crypto/zbase32.ts';
import type { NodeId } from '../../base/types/brand.ts';
import { toHex } from '../../base/types/hex.ts';

const PREFIX = 'Lightning Signed Message:';
/** The first byte of a compact signature of a compressed key, less the recovery id. */
const HEADER = 31;
const SIGNED_BYTES = 65;

/** Who signs. */
export interface RecoverableSigner {
  signRecoverable(digest: Uint8Array): { readonly signature: Uint8Array; readonly recovery_id: number };
}

/** A text's signature, in the forms that clients ask for. */
export interface SignedMessage {
  /** Compact, hex. */
  readonly signature: string;
  /** One byte, hex. */
  readonly recid: string;
  readonly zbase: string;
}

/** A signature that cannot be read. */
export class SignedMessageError extends Error {
  override readonly name = 'SignedMessageError';
}

function digestOf(message: string): Uint8Array {
  return sha256d(Buffer.from(PREFIX + message));
}

/** Signs the text. */
export function signMessage(signer: RecoverableSigner, message: string): SignedMessage {
  const { signature, recovery_id } = signer.signRecoverable(digestOf(message));
  return {
    signature: toHex(signature),
    recid: toHex(Uint8Array.of(recovery_id)),
    zbase: encodeZbase32(Buffer.concat([Uint8Array.of(HEADER + recovery_id), signature])),
  };
}

/**
 * Whose key signed the text, if it is this text that was signed: a signature of another text yields another key, or none
 * (undefined). Throws SignedMessageError, in Core Lightning's words, for what is no signature.
 */
export function signerOf(message: string, zbase: string): NodeId | undefined {
  const bytes = decodeZbase32(zbase);
  if (bytes === undefined) throw new SignedMessageError('zbase is not valid zbase32');
  if (bytes.length !== SIGNED_BYTES) {
    throw new SignedMessageError(`zbase is too ${bytes.length < SIGNED_BYTES ? 'short' : 'long'}`);
  }
  const recovery_id = (bytes[0] as number) - HEADER;
  if (recovery_id < 0 || recovery_id > 3) throw new SignedMessageError('cannot parse zbase signature');
  const key = curve.recover(bytes.subarray(1), recovery_id, digestOf(message));
  return key === undefined ? undefined : (toHex(key) as NodeId);
}
