/**
 * What a signature of any kind signs: the first scripts of Bitcoin, segwit version 0 (BIP 143), taproot and tapscript
 * (BIP 341, BIP 342). Till itself makes only three of these, in `codec/tx/sighash.ts`; here all are judged.
 */
import { sha256, sha256d, taggedHash } from '../../../../base/crypto/hash.ts';
import { outpointBytes, outputBytes, type Transaction, type TxOutput } from '../../../../codec/tx/transaction.ts';
import { OP, operationAt } from './opcodes.ts';

export const SIGHASH_ALL = 1;
export const SIGHASH_NONE = 2;
export const SIGHASH_SINGLE = 3;
const ANYONE_CAN_PAY = 0x80;
const ZERO_HASH = new Uint8Array(32);

/** An input, and all that its signatures may commit to. */
export interface SpendingInput {
  readonly transaction: Transaction;
  readonly index: number;
  /** The outputs that all inputs spend, in their order. */
  readonly spent: readonly TxOutput[];
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

function amount(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

function compactSize(value: number): Buffer {
  if (value < 0xfd) return Buffer.of(value);
  const bytes = Buffer.alloc(value <= 0xffff ? 3 : 5);
  bytes[0] = value <= 0xffff ? 0xfd : 0xfe;
  if (value <= 0xffff) bytes.writeUInt16LE(value, 1);
  else bytes.writeUInt32LE(value, 1);
  return bytes;
}

function withLength(bytes: Uint8Array): Buffer {
  return Buffer.concat([compactSize(bytes.length), bytes]);
}

function partsOf(type: number): { anyone: boolean; none: boolean; single: boolean } {
  const base = type & 0x1f;
  return {
    anyone: (type & ANYONE_CAN_PAY) !== 0,
    none: base === SIGHASH_NONE,
    single: base === SIGHASH_SINGLE,
  };
}

/** Before segwit. `script`: the one that runs, from its last CODESEPARATOR on, without the signature. */
export function legacyDigest({ transaction, index }: SpendingInput, script: Uint8Array, type: number): Uint8Array {
  const { anyone, none, single } = partsOf(type);
  // A mistake of the first version that has become a rule: the number one is signed.
  if (single && index >= transaction.outputs.length)
    return Uint8Array.from({ length: 32 }, (_, at) => (at === 0 ? 1 : 0));
  const code = withoutSeparators(script);
  const inputs = transaction.inputs.flatMap((input, at) => {
    if (anyone && at !== index) return [];
    const sequence = at !== index && (none || single) ? 0 : input.sequence;
    return [Buffer.concat([outpointBytes(input), withLength(at === index ? code : new Uint8Array(0)), u32(sequence)])];
  });
  const nothing = Buffer.concat([Buffer.alloc(8, 0xff), compactSize(0)]);
  const all = transaction.outputs.map((output) => Buffer.from(outputBytes(output)));
  const outputs = none ? [] : single ? [...all.slice(0, index).fill(nothing), all[index] as Buffer] : all;
  return sha256d(
    Buffer.concat([
      u32(transaction.version),
      compactSize(inputs.length),
      ...inputs,
      compactSize(outputs.length),
      ...outputs,
      u32(transaction.locktime),
      u32(type),
    ]),
  );
}

/** The script without every CODESEPARATOR. What cannot be read stays. */
function withoutSeparators(script: Uint8Array): Uint8Array {
  const kept: Uint8Array[] = [];
  let from = 0;
  for (let at = 0; at < script.length; ) {
    const operation = operationAt(script, at);
    if (operation === undefined) break;
    if (operation.opcode === OP.CODESEPARATOR) {
      kept.push(script.subarray(from, at));
      from = operation.end;
    }
    at = operation.end;
  }
  return Buffer.concat([...kept, script.subarray(from)]);
}

/** Segwit version 0. `script`: the witness script from its last CODESEPARATOR on. */
export function segwitDigest(input: SpendingInput, script: Uint8Array, type: number): Uint8Array {
  const { transaction, index, spent } = input;
  const { anyone, none, single } = partsOf(type);
  const own = transaction.inputs[index] as Transaction['inputs'][number];
  const isAllOutputs = !none && !single;
  const output = transaction.outputs[index];
  const outputs = single && output !== undefined ? sha256d(outputBytes(output)) : ZERO_HASH;
  return sha256d(
    Buffer.concat([
      u32(transaction.version),
      anyone ? ZERO_HASH : sha256d(Buffer.concat(transaction.inputs.map(outpointBytes))),
      anyone || !isAllOutputs
        ? ZERO_HASH
        : sha256d(Buffer.concat(transaction.inputs.map(({ sequence }) => u32(sequence)))),
      outpointBytes(own),
      withLength(script),
      amount(spent[index]?.amount_sat as bigint),
      u32(own.sequence),
      isAllOutputs ? sha256d(Buffer.concat(transaction.outputs.map(outputBytes))) : outputs,
      u32(transaction.locktime),
      u32(type),
    ]),
  );
}

/** What a tapscript adds to a signature. */
export interface LeafExtension {
  readonly leaf_hash: Uint8Array;
  /** The place of the last CODESEPARATOR, in operations; 0xffffffff before any. */
  readonly separator: number;
}

/** Taproot: by the key, or with a leaf by a tapscript. Undefined where the type has no meaning for this input. */
export function taprootDigest(
  { transaction, index, spent }: SpendingInput,
  type: number,
  annex: Uint8Array | undefined,
  leaf: LeafExtension | undefined,
): Uint8Array | undefined {
  if (!(type <= SIGHASH_SINGLE || (type >= 0x81 && type <= 0x83))) return undefined;
  const { anyone, none, single } = partsOf(type);
  const output = transaction.outputs[index];
  if (single && output === undefined) return undefined;
  const own = transaction.inputs[index] as Transaction['inputs'][number];
  const own_spent = spent[index] as TxOutput;
  const scripts = spent.map(({ script_pubkey }) => withLength(script_pubkey));
  const message = Buffer.concat([
    // The epoch, then the type.
    Buffer.of(0, type),
    u32(transaction.version),
    u32(transaction.locktime),
    ...(anyone
      ? []
      : [
          sha256(Buffer.concat(transaction.inputs.map(outpointBytes))),
          sha256(Buffer.concat(spent.map(({ amount_sat }) => amount(amount_sat)))),
          sha256(Buffer.concat(scripts)),
          sha256(Buffer.concat(transaction.inputs.map(({ sequence }) => u32(sequence)))),
        ]),
    ...(none || single ? [] : [sha256(Buffer.concat(transaction.outputs.map(outputBytes)))]),
    Buffer.of((leaf === undefined ? 0 : 2) + (annex === undefined ? 0 : 1)),
    ...(anyone
      ? [outpointBytes(own), amount(own_spent.amount_sat), withLength(own_spent.script_pubkey), u32(own.sequence)]
      : [u32(index)]),
    ...(annex === undefined ? [] : [sha256(withLength(annex))]),
    ...(single ? [sha256(outputBytes(output as TxOutput))] : []),
    ...(leaf === undefined ? [] : [leaf.leaf_hash, Buffer.of(0), u32(leaf.separator)]),
  ]);
  return taggedHash('TapSighash', message);
}

/** The hash of a leaf of the script tree (BIP 341). */
export function leafHash(version: number, script: Uint8Array): Uint8Array {
  return taggedHash('TapLeaf', Buffer.concat([Buffer.of(version), withLength(script)]));
}

/** How many bytes the witness takes when it is sent. */
export function witnessSize(witness: readonly Uint8Array[]): number {
  return Buffer.concat([compactSize(witness.length), ...witness.map(withLength)]).length;
}
