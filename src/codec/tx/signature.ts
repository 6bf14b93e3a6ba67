/** ECDSA signatures as Bitcoin's scripts want them: DER, then one byte that says what was signed (BIP 66). */
import type { SighashType } from './sighash.ts';

function derInteger(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const digits = bytes.subarray(start);
  // A leading one bit would make it negative.
  const padding = (digits[0] as number) >= 0x80 ? 1 : 0;
  const out = new Uint8Array(2 + padding + digits.length);
  out[0] = 0x02;
  out[1] = padding + digits.length;
  out.set(digits, 2 + padding);
  return out;
}

/** A witness item from a compact signature (64 bytes): DER and the sighash byte. */
export function derSignature(signature: Uint8Array, type: SighashType): Uint8Array {
  const r = derInteger(signature.subarray(0, 32));
  const s = derInteger(signature.subarray(32, 64));
  const out = new Uint8Array(3 + r.length + s.length);
  out[0] = 0x30;
  out[1] = r.length + s.length;
  out.set(r, 2);
  out.set(s, 2 + r.length);
  out[out.length - 1] = type;
  return out;
}

/** The longest that a low-S signature can be as a witness item: 71 bytes of DER with a high r, and the type. */
export const MAX_SIGNATURE_BYTES = 72;
