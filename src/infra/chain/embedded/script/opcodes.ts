/** Bitcoin's opcodes, and a script taken apart into them. */

/** By their names in the specification, without `OP_`. */
export const OP = {
  PUSHDATA1: 0x4c,
  PUSHDATA2: 0x4d,
  PUSHDATA4: 0x4e,
  '1NEGATE': 0x4f,
  RESERVED: 0x50,
  1: 0x51,
  16: 0x60,
  NOP: 0x61,
  IF: 0x63,
  NOTIF: 0x64,
  ELSE: 0x67,
  ENDIF: 0x68,
  VERIFY: 0x69,
  RETURN: 0x6a,
  TOALTSTACK: 0x6b,
  FROMALTSTACK: 0x6c,
  '2DROP': 0x6d,
  '2DUP': 0x6e,
  '3DUP': 0x6f,
  '2OVER': 0x70,
  '2ROT': 0x71,
  '2SWAP': 0x72,
  IFDUP: 0x73,
  DEPTH: 0x74,
  DROP: 0x75,
  DUP: 0x76,
  NIP: 0x77,
  OVER: 0x78,
  PICK: 0x79,
  ROLL: 0x7a,
  ROT: 0x7b,
  SWAP: 0x7c,
  TUCK: 0x7d,
  SIZE: 0x82,
  EQUAL: 0x87,
  EQUALVERIFY: 0x88,
  '1ADD': 0x8b,
  '1SUB': 0x8c,
  NEGATE: 0x8f,
  ABS: 0x90,
  NOT: 0x91,
  '0NOTEQUAL': 0x92,
  ADD: 0x93,
  SUB: 0x94,
  BOOLAND: 0x9a,
  BOOLOR: 0x9b,
  NUMEQUAL: 0x9c,
  NUMEQUALVERIFY: 0x9d,
  NUMNOTEQUAL: 0x9e,
  LESSTHAN: 0x9f,
  GREATERTHAN: 0xa0,
  LESSTHANOREQUAL: 0xa1,
  GREATERTHANOREQUAL: 0xa2,
  MIN: 0xa3,
  MAX: 0xa4,
  WITHIN: 0xa5,
  RIPEMD160: 0xa6,
  SHA1: 0xa7,
  SHA256: 0xa8,
  HASH160: 0xa9,
  HASH256: 0xaa,
  CODESEPARATOR: 0xab,
  CHECKSIG: 0xac,
  CHECKSIGVERIFY: 0xad,
  CHECKMULTISIG: 0xae,
  CHECKMULTISIGVERIFY: 0xaf,
  NOP1: 0xb0,
  CHECKLOCKTIMEVERIFY: 0xb1,
  CHECKSEQUENCEVERIFY: 0xb2,
  NOP4: 0xb3,
  NOP10: 0xb9,
  CHECKSIGADD: 0xba,
} as const;

/** CAT to RIGHT, INVERT to XOR, 2MUL and 2DIV, MUL to RSHIFT: switched off in 2010, also where they are not reached. */
const DISABLED: ReadonlySet<number> = new Set([
  ...[0x7e, 0x7f, 0x80, 0x81, 0x83, 0x84, 0x85, 0x86],
  ...[0x8d, 0x8e, 0x95, 0x96, 0x97, 0x98, 0x99],
]);

/** Whether the opcode makes every script invalid that holds it, other than a tapscript. */
export function isDisabled(opcode: number): boolean {
  return DISABLED.has(opcode);
}

/** Opcodes without a meaning in a tapscript, besides the disabled ones: 0xbb to 0xfe follow. */
const MEANINGLESS: ReadonlySet<number> = new Set([OP.RESERVED, 0x62, 0x89, 0x8a]);

/** Whether the opcode makes a tapscript succeed as a whole, for a later version to give it a meaning (BIP 342). */
export function isSuccess(opcode: number): boolean {
  return DISABLED.has(opcode) || MEANINGLESS.has(opcode) || (opcode > OP.CHECKSIGADD && opcode < 0xff);
}

/** One operation of a script. */
export interface Operation {
  readonly opcode: number;
  /** What it pushes; undefined where it is no push of bytes. */
  readonly data: Uint8Array | undefined;
  /** Where the next one begins. */
  readonly end: number;
}

/** The operation that begins there; undefined where the script ends within it. */
export function operationAt(script: Uint8Array, start: number): Operation | undefined {
  const opcode = script[start] as number;
  if (opcode > OP.PUSHDATA4) return { opcode, data: undefined, end: start + 1 };
  const width = opcode < OP.PUSHDATA1 ? 0 : 1 << (opcode - OP.PUSHDATA1);
  const begin = start + 1 + width;
  if (begin > script.length) return undefined;
  let length = width === 0 ? opcode : 0;
  for (let index = 0; index < width; index++) length += (script[start + 1 + index] as number) * 256 ** index;
  const end = begin + length;
  return end > script.length ? undefined : { opcode, data: script.subarray(begin, end), end };
}

/** Whether the push is the shortest for what it pushes. */
export function isMinimalPush(opcode: number, data: Uint8Array): boolean {
  const { length } = data;
  const [first] = data;
  if (length === 0) return opcode === 0;
  if (length === 1 && first !== undefined && ((first >= 1 && first <= 16) || first === 0x81)) return false;
  if (length < OP.PUSHDATA1) return opcode === length;
  if (length <= 0xff) return opcode === OP.PUSHDATA1;
  return length > 0xffff || opcode === OP.PUSHDATA2;
}

/** Whether the script only pushes. */
export function isPushOnly(script: Uint8Array): boolean {
  for (let at = 0; at < script.length; ) {
    const operation = operationAt(script, at);
    if (operation === undefined || operation.opcode > OP[16]) return false;
    at = operation.end;
  }
  return true;
}

/** The shortest push of the bytes, none of which is a small number's: at most 520. */
export function pushOf(data: Uint8Array): Uint8Array {
  const { length } = data;
  if (length < OP.PUSHDATA1) return Uint8Array.of(length, ...data);
  if (length <= 0xff) return Uint8Array.of(OP.PUSHDATA1, length, ...data);
  return Uint8Array.of(OP.PUSHDATA2, length & 0xff, length >> 8, ...data);
}
