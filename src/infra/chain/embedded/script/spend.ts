/** Whether an input may spend its output: its scripts one after the other, P2SH (BIP 16), segwit (BIP 141), taproot. */
import { sha256, taggedHash } from '../../../../base/crypto/hash.ts';
import { isTweakedKey } from '../../../../base/crypto/public-key.ts';
import { leafHash, type SpendingInput, taprootDigest, witnessSize } from './digest.ts';
import { must, type Rules, ScriptFault } from './fault.ts';
import { LONGEST_ELEMENT_BYTES, runScript, type Setting } from './machine.ts';
import { isTrue } from './number.ts';
import { isPushOnly, isSuccess, OP, operationAt, pushOf } from './opcodes.ts';
import { judgeSchnorr } from './signature.ts';

const MOST_ELEMENTS = 1_000;
const ANNEX_TAG = 0x50;
const TAPSCRIPT_LEAF = 0xc0;
const LONGEST_PATH = 128;
/** Beside the size of the witness (BIP 342). */
const FREE_WEIGHT = 50;

/** A witness program: its version and its bytes. */
interface Program {
  readonly version: number;
  readonly bytes: Uint8Array;
}

/** Judges one input of a transaction. Throws ScriptFault when it may not spend its output. */
export function judgeSpend(input: SpendingInput, rules: Rules): void {
  const { transaction, index, spent } = input;
  const { script_sig, witness } = transaction.inputs[index] as (typeof transaction.inputs)[number];
  const script_pubkey = spent[index]?.script_pubkey as Uint8Array;
  const isPolicy = rules === 'policy';
  must(!isPolicy || isPushOnly(script_sig), 'SIG_PUSHONLY');
  const legacy: Setting = { kind: 'legacy', rules, input };
  const pushed = runScript(script_sig, [], legacy);
  let stack = runScript(script_pubkey, pushed, legacy);
  mustBeTrue(stack);

  let program = programOf(script_pubkey);
  if (program !== undefined) {
    must(script_sig.length === 0, 'WITNESS_MALLEATED');
    judgeProgram(program, witness, false, input, rules);
    stack = stack.slice(0, 1);
  }
  if (isP2sh(script_pubkey)) {
    must(isPushOnly(script_sig), 'SIG_PUSHONLY');
    const redeem_script = pushed.at(-1) as Uint8Array;
    stack = runScript(redeem_script, pushed.slice(0, -1), legacy);
    mustBeTrue(stack);
    program = programOf(redeem_script);
    if (program !== undefined) {
      must(Buffer.compare(script_sig, pushOf(redeem_script)) === 0, 'WITNESS_MALLEATED_P2SH');
      judgeProgram(program, witness, true, input, rules);
      stack = stack.slice(0, 1);
    }
  }
  must(!isPolicy || stack.length === 1, 'CLEANSTACK');
  must(program !== undefined || witness.length === 0, 'WITNESS_UNEXPECTED');
}

function mustBeTrue(stack: readonly Uint8Array[]): void {
  const top = stack.at(-1);
  must(top !== undefined && isTrue(top), 'EVAL_FALSE');
}

function isP2sh(script: Uint8Array): boolean {
  return script.length === 23 && script[0] === OP.HASH160 && script[1] === 20 && script[22] === OP.EQUAL;
}

function programOf(script: Uint8Array): Program | undefined {
  const [first, length] = script;
  const isVersion = first === 0 || (first !== undefined && first >= OP[1] && first <= OP[16]);
  if (!isVersion || script.length < 4 || script.length > 42 || length !== script.length - 2) return undefined;
  return { version: first === 0 ? 0 : first - OP[1] + 1, bytes: script.subarray(2) };
}

function judgeProgram(
  { version, bytes }: Program,
  witness: readonly Uint8Array[],
  is_p2sh: boolean,
  input: SpendingInput,
  rules: Rules,
): void {
  if (version === 0) judgeSegwit(bytes, witness, input, rules);
  else if (version === 1 && bytes.length === 32 && !is_p2sh) judgeTaproot(bytes, witness, input, rules);
  else must(rules !== 'policy' || isAnchor(version, bytes, is_p2sh), 'DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM');
}

/** The output that anybody may spend to bump a fee: version 1 and the two bytes 4e73. */
function isAnchor(version: number, bytes: Uint8Array, is_p2sh: boolean): boolean {
  return version === 1 && !is_p2sh && bytes.length === 2 && bytes[0] === 0x4e && bytes[1] === 0x73;
}

function judgeSegwit(bytes: Uint8Array, witness: readonly Uint8Array[], input: SpendingInput, rules: Rules): void {
  const setting: Setting = { kind: 'segwit', rules, input };
  if (bytes.length === 32) {
    const script = witness.at(-1);
    if (script === undefined) throw new ScriptFault('WITNESS_PROGRAM_WITNESS_EMPTY');
    must(Buffer.compare(sha256(script), bytes) === 0, 'WITNESS_PROGRAM_MISMATCH');
    runWitnessScript(script, witness.slice(0, -1), setting);
    return;
  }
  must(bytes.length === 20, 'WITNESS_PROGRAM_WRONG_LENGTH');
  must(witness.length === 2, 'WITNESS_PROGRAM_MISMATCH');
  const script = Uint8Array.of(OP.DUP, OP.HASH160, ...pushOf(bytes), OP.EQUALVERIFY, OP.CHECKSIG);
  runWitnessScript(script, witness, setting);
}

/** BIP 341. */
function judgeTaproot(
  output_key: Uint8Array,
  witness: readonly Uint8Array[],
  input: SpendingInput,
  rules: Rules,
): void {
  must(witness.length > 0, 'WITNESS_PROGRAM_WITNESS_EMPTY');
  const last = witness.at(-1);
  const annex = witness.length > 1 && last?.[0] === ANNEX_TAG ? last : undefined;
  const elements = annex === undefined ? witness : witness.slice(0, -1);
  if (elements.length === 1) {
    judgeSchnorr(elements[0] as Uint8Array, output_key, (type) => taprootDigest(input, type, annex, undefined));
    return;
  }
  const [script, control] = elements.slice(-2) as [Uint8Array, Uint8Array];
  const isWhole = control.length >= 33 && control.length <= 33 + 32 * LONGEST_PATH && (control.length - 33) % 32 === 0;
  must(isWhole, 'TAPROOT_WRONG_CONTROL_SIZE');
  const [first] = control as unknown as [number];
  const leaf_hash = leafHash(first & 0xfe, script);
  const internal_key = control.subarray(1, 33);
  const tweak = taggedHash('TapTweak', Buffer.concat([internal_key, rootOf(leaf_hash, control.subarray(33))]));
  must(isTweakedKey(output_key, (first & 1) === 1, internal_key, tweak), 'WITNESS_PROGRAM_MISMATCH');
  if ((first & 0xfe) !== TAPSCRIPT_LEAF) {
    must(rules !== 'policy', 'DISCOURAGE_UPGRADABLE_TAPROOT_VERSION');
    return;
  }
  if (holdsSuccess(script)) {
    must(rules !== 'policy', 'DISCOURAGE_OP_SUCCESS');
    return;
  }
  const weight = witnessSize(witness) + FREE_WEIGHT;
  runWitnessScript(script, elements.slice(0, -2), { kind: 'tapscript', rules, input, leaf_hash, annex, weight });
}

/** The root of the script tree, from a leaf and the path to it. */
function rootOf(leaf_hash: Uint8Array, path: Uint8Array): Uint8Array {
  let root = leaf_hash;
  for (let at = 0; at < path.length; at += 32) {
    const pair = [root, path.subarray(at, at + 32)].sort(Buffer.compare);
    root = taggedHash('TapBranch', Buffer.concat(pair));
  }
  return root;
}

/** Whether the script succeeds whatever else it holds. Throws ScriptFault when it ends within an operation before. */
function holdsSuccess(script: Uint8Array): boolean {
  for (let at = 0; at < script.length; ) {
    const operation = operationAt(script, at);
    if (operation === undefined) throw new ScriptFault('BAD_OPCODE');
    if (isSuccess(operation.opcode)) return true;
    at = operation.end;
  }
  return false;
}

/** Such a script must leave one element, and that must be true. */
function runWitnessScript(script: Uint8Array, items: readonly Uint8Array[], setting: Setting): void {
  must(setting.kind !== 'tapscript' || items.length <= MOST_ELEMENTS, 'STACK_SIZE');
  must(
    items.every(({ length }) => length <= LONGEST_ELEMENT_BYTES),
    'PUSH_SIZE',
  );
  const left = runScript(script, items, setting);
  must(left.length === 1, 'CLEANSTACK');
  mustBeTrue(left);
}
