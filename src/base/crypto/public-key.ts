/** Public keys in the forms that Bitcoin's first scripts have. Lightning knows the compressed one only. */
import { secp256k1 } from '@noble/curves/secp256k1.js';

/** The key in 33 bytes; undefined where it is no point. Also for keys of 65 bytes, with 6 or 7 in front as well as 4. */
export function compressPublicKey(key: Uint8Array): Uint8Array | undefined {
  const [first] = key;
  if (key.length === 33 && (first === 2 || first === 3)) return key;
  if (key.length !== 65) return undefined;
  const is_odd = ((key[64] as number) & 1) === 1;
  if (first !== 4 && first !== (is_odd ? 7 : 6)) return undefined;
  try {
    return secp256k1.Point.fromBytes(Uint8Array.of(4, ...key.subarray(1))).toBytes(true);
  } catch {
    return undefined;
  }
}

/** Whether the output key (32 bytes, x only, with the parity of y) is the internal key with this tweak (BIP 341). */
export function isTweakedKey(
  output_key: Uint8Array,
  is_odd: boolean,
  internal_key: Uint8Array,
  tweak: Uint8Array,
): boolean {
  const { Point } = secp256k1;
  try {
    const scalar = Point.Fn.fromBytes(tweak);
    const internal = Point.fromBytes(Uint8Array.of(2, ...internal_key));
    const sum = scalar === 0n ? internal : internal.add(Point.BASE.multiply(scalar));
    const bytes = sum.toBytes(true);
    return bytes[0] === (is_odd ? 3 : 2) && Buffer.compare(bytes.subarray(1), output_key) === 0;
  } catch {
    return false;
  }
}
