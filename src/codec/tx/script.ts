/**
 * Writing Bitcoin scripts: a list of opcodes, small numbers and pushes becomes bytes, each push in its shortest form.
 * Also the standard output scripts (BIP 141, BIP 341).
 */
import { hash160, sha256 } from '../../base/crypto/hash.ts';

/** The opcodes that Lightning's scripts are made of. */
export const OP = {
  0: 0x00,
  1: 0x51,
  2: 0x52,
  16: 0x60,
  IF: 0x63,
  NOTIF: 0x64,
  ELSE: 0x67,
  ENDIF: 0x68,
  DROP: 0x75,
  DUP: 0x76,
  IFDUP: 0x73,
  SWAP: 0x7c,
  SIZE: 0x82,
  EQUAL: 0x87,
  EQUALVERIFY: 0x88,
  HASH160: 0xa9,
  CHECKSIG: 0xac,
  CHECKSIGVERIFY: 0xad,
  CHECKMULTISIG: 0xae,
  CHECKLOCKTIMEVERIFY: 0xb1,
  CHECKSEQUENCEVERIFY: 0xb2,
} as const;

/** An opcode (a number) or data to push (bytes). */
export type ScriptPart = number | Uint8Array;

/** The longest push that a single byte can announce; no script of Lightning has a longer one. */
const MAX_PUSH_BYTES = 75;

/** The script of these parts. Throws RangeError for a push of more than 75 bytes. */
export function script(...parts: readonly ScriptPart[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += typeof part === 'number' ? 1 : part.length + 1;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    if (typeof part === 'number') {
      bytes[at++] = part;
      continue;
    }
    if (part.length > MAX_PUSH_BYTES) throw new RangeError(`a push of ${part.length} bytes`);
    bytes[at++] = part.length;
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The shortest way to have a number from 0 to 2^32 - 1 on the stack. */
export function scriptNumber(value: number): ScriptPart {
  if (value === 0) return OP[0];
  if (value <= 16) return OP[1] + value - 1;
  const bytes: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.push(rest % 256);
  // The top bit of the last byte is the sign.
  if ((bytes.at(-1) as number) >= 0x80) bytes.push(0);
  return Uint8Array.from(bytes);
}

/** The output script that is spent by revealing this script and satisfying it. */
export function p2wsh(witness_script: Uint8Array): Uint8Array {
  return script(OP[0], sha256(witness_script));
}

/** The output script that is spent by a signature of this key (33 bytes). */
export function p2wpkh(public_key: Uint8Array): Uint8Array {
  return script(OP[0], hash160(public_key));
}

/** The output script of a taproot output key (32 bytes). */
export function p2tr(output_key: Uint8Array): Uint8Array {
  return script(OP[1], output_key);
}

/** The legacy script that BIP 143 signs for a P2WPKH output of this key. */
export function p2wpkhScriptCode(public_key: Uint8Array): Uint8Array {
  return script(OP.DUP, OP.HASH160, hash160(public_key), OP.EQUALVERIFY, OP.CHECKSIG);
}
