/**
 * Runs one script. Conditions, limits and signatures are here; what only moves the stack is in `stack.ts`. Sources: the
 * BIPs named at each rule, and for the first scripts Bitcoin Core's test vectors.
 */
import { type LeafExtension, legacyDigest, type SpendingInput, segwitDigest, taprootDigest } from './digest.ts';
import { must, type Rules, ScriptFault } from './fault.ts';
import { isTrue, readNumber, truth } from './number.ts';
import { isDisabled, isMinimalPush, OP, type Operation, operationAt, pushOf } from './opcodes.ts';
import { isSignedBy, judgePublicKey, judgeSchnorr, judgeSignature } from './signature.ts';
import { Stack } from './stack.ts';

/** What kind of script it is: its rules, and what its signatures sign. */
export type ScriptKind = 'legacy' | 'segwit' | 'tapscript';

/** What a script runs in. */
export interface Setting {
  readonly kind: ScriptKind;
  readonly rules: Rules;
  readonly input: SpendingInput;
  /** Of a tapscript. */
  readonly leaf_hash?: Uint8Array;
  readonly annex?: Uint8Array | undefined;
  /** What the signatures of a tapscript may weigh (BIP 342). */
  readonly weight?: number;
}

const LONGEST_SCRIPT_BYTES = 10_000;
export const LONGEST_ELEMENT_BYTES = 520;
const MOST_OPERATIONS = 201;
const MOST_KEYS = 20;
const SIGNATURE_WEIGHT = 50;
/** Lock times may need a byte more than other numbers (BIP 65, BIP 112). */
const LOCK_BYTES = 5;
const LOCKTIME_IS_TIME = 500_000_000;
const SEQUENCE_DISABLED = 2 ** 31;
const SEQUENCE_IS_TIME = 0x400000;
const SEQUENCE_MASK = 0x40ffff;
const FINAL_SEQUENCE = 0xffffffff;
const NO_SEPARATOR = 0xffffffff;

/** Runs the script on what lies on the stack; answers what lies there in the end. Throws ScriptFault. */
export function runScript(script: Uint8Array, items: readonly Uint8Array[], setting: Setting): Uint8Array[] {
  return new Machine(script, items, setting).run();
}

class Machine {
  readonly #script: Uint8Array;
  readonly #setting: Setting;
  readonly #stack: Stack;
  readonly #is_policy: boolean;
  /** Whether each branch that is open is the one that runs. */
  readonly #branches: boolean[] = [];
  #operations = 0;
  /** Where what is signed begins: behind the last CODESEPARATOR. */
  #signed_from = 0;
  #separator = NO_SEPARATOR;
  #weight: number;

  constructor(script: Uint8Array, items: readonly Uint8Array[], setting: Setting) {
    this.#script = script;
    this.#setting = setting;
    this.#is_policy = setting.rules === 'policy';
    this.#stack = new Stack(items, this.#is_policy);
    this.#weight = setting.weight ?? 0;
  }

  run(): Uint8Array[] {
    const script = this.#script;
    const isTapscript = this.#setting.kind === 'tapscript';
    must(isTapscript || script.length <= LONGEST_SCRIPT_BYTES, 'SCRIPT_SIZE');
    for (let at = 0, position = 0; at < script.length; position++) {
      const operation = operationAt(script, at);
      if (operation === undefined) throw new ScriptFault('BAD_OPCODE');
      at = operation.end;
      must((operation.data?.length ?? 0) <= LONGEST_ELEMENT_BYTES, 'PUSH_SIZE');
      if (!isTapscript && operation.opcode > OP[16]) this.#count(1);
      must(isTapscript || !isDisabled(operation.opcode), 'DISABLED_OPCODE');
      const isForbidden = operation.opcode === OP.CODESEPARATOR && this.#setting.kind === 'legacy' && this.#is_policy;
      must(!isForbidden, 'OP_CODESEPARATOR');
      this.#step(operation, position);
      this.#stack.judgeSize();
    }
    must(this.#branches.length === 0, 'UNBALANCED_CONDITIONAL');
    return this.#stack.items;
  }

  #count(more: number): void {
    this.#operations += more;
    must(this.#operations <= MOST_OPERATIONS, 'OP_COUNT');
  }

  #step({ opcode, data, end }: Operation, position: number): void {
    const isRunning = this.#branches.every((branch) => branch);
    if (opcode >= OP.IF && opcode <= OP.ENDIF) {
      this.#branch(opcode, isRunning);
      return;
    }
    if (!isRunning) return;
    if (data !== undefined) {
      must(!this.#is_policy || isMinimalPush(opcode, data), 'MINIMALDATA');
      this.#stack.push(data);
    } else if (opcode === OP['1NEGATE']) this.#stack.pushNumber(-1);
    else if (opcode >= OP[1] && opcode <= OP[16]) this.#stack.pushNumber(opcode - OP[1] + 1);
    else if (opcode === OP.CODESEPARATOR) [this.#signed_from, this.#separator] = [end, position];
    else if (!this.#stack.operate(opcode)) this.#special(opcode);
  }

  #branch(opcode: number, isRunning: boolean): void {
    if (opcode === OP.IF || opcode === OP.NOTIF) {
      this.#branches.push(isRunning && this.#condition() === (opcode === OP.IF));
      return;
    }
    // VERIF and VERNOTIF lie between: they are refused even where they do not run.
    must(opcode === OP.ELSE || opcode === OP.ENDIF, 'BAD_OPCODE');
    must(this.#branches.length > 0, 'UNBALANCED_CONDITIONAL');
    const branch = this.#branches.pop() as boolean;
    if (opcode === OP.ELSE) this.#branches.push(!branch);
  }

  #condition(): boolean {
    must(this.#stack.items.length > 0, 'UNBALANCED_CONDITIONAL');
    const bytes = this.#stack.pop();
    const isMinimal = bytes.length === 0 || (bytes.length === 1 && bytes[0] === 1);
    const { kind } = this.#setting;
    must(isMinimal || kind !== 'tapscript', 'TAPSCRIPT_MINIMALIF');
    must(isMinimal || kind !== 'segwit' || !this.#is_policy, 'MINIMALIF');
    return isTrue(bytes);
  }

  #special(opcode: number): void {
    switch (opcode) {
      case OP.NOP:
        return;
      case OP.RETURN:
        throw new ScriptFault('OP_RETURN');
      case OP.CHECKLOCKTIMEVERIFY:
        this.#judgeLocktime();
        return;
      case OP.CHECKSEQUENCEVERIFY:
        this.#judgeSequence();
        return;
      case OP.CHECKSIG:
      case OP.CHECKSIGVERIFY:
        this.#checkSignature(opcode === OP.CHECKSIGVERIFY);
        return;
      case OP.CHECKMULTISIG:
      case OP.CHECKMULTISIGVERIFY:
        this.#checkMultisig(opcode === OP.CHECKMULTISIGVERIFY);
        return;
      case OP.CHECKSIGADD:
        this.#checkSignatureAdd();
        return;
    }
    const isNop = opcode === OP.NOP1 || (opcode >= OP.NOP4 && opcode <= OP.NOP10);
    must(isNop, 'BAD_OPCODE');
    must(!this.#is_policy, 'DISCOURAGE_UPGRADABLE_NOPS');
  }

  #lock(): number {
    const value = readNumber(this.#stack.peek(1), this.#is_policy, LOCK_BYTES);
    must(value >= 0, 'NEGATIVE_LOCKTIME');
    return value;
  }

  /** BIP 65. */
  #judgeLocktime(): void {
    const lock = this.#lock();
    const { transaction, index } = this.#setting.input;
    const isSameKind = lock < LOCKTIME_IS_TIME === transaction.locktime < LOCKTIME_IS_TIME;
    const isFinal = transaction.inputs[index]?.sequence === FINAL_SEQUENCE;
    must(isSameKind && lock <= transaction.locktime && !isFinal, 'UNSATISFIED_LOCKTIME');
  }

  /** BIP 112. */
  #judgeSequence(): void {
    const lock = this.#lock();
    const isDisabledBy = (value: number): boolean => Math.floor(value / SEQUENCE_DISABLED) % 2 === 1;
    if (isDisabledBy(lock)) return;
    const { transaction, index } = this.#setting.input;
    const sequence = transaction.inputs[index]?.sequence as number;
    const [wanted, given] = [lock & SEQUENCE_MASK, sequence & SEQUENCE_MASK];
    const isSameKind = wanted < SEQUENCE_IS_TIME === given < SEQUENCE_IS_TIME;
    // The version counts without a sign.
    const isOld = transaction.version >>> 0 < 2;
    must(!isOld && !isDisabledBy(sequence) && isSameKind && wanted <= given, 'UNSATISFIED_LOCKTIME');
  }

  #checkSignature(is_verify: boolean): void {
    const [signature, key] = this.#stack.takeLast(2) as [Uint8Array, Uint8Array];
    const isRight =
      this.#setting.kind === 'tapscript'
        ? this.#isTapscriptSignature(signature, key)
        : this.#isEcdsaSignature(signature, key, this.#signedScript([signature]));
    must(isRight || !this.#is_policy || signature.length === 0, 'NULLFAIL');
    if (is_verify) must(isRight, 'CHECKSIGVERIFY');
    else this.#stack.push(truth(isRight));
  }

  /** BIP 342. */
  #checkSignatureAdd(): void {
    must(this.#setting.kind === 'tapscript', 'BAD_OPCODE');
    const [signature, number, key] = this.#stack.takeLast(3) as [Uint8Array, Uint8Array, Uint8Array];
    const count = this.#stack.number(number);
    this.#stack.pushNumber(count + Number(this.#isTapscriptSignature(signature, key)));
  }

  #isTapscriptSignature(signature: Uint8Array, key: Uint8Array): boolean {
    const isGiven = signature.length > 0;
    if (isGiven) {
      this.#weight -= SIGNATURE_WEIGHT;
      must(this.#weight >= 0, 'TAPSCRIPT_VALIDATION_WEIGHT');
    }
    must(key.length > 0, 'PUBKEYTYPE');
    if (key.length !== 32) {
      // For a later version to give it a meaning: until then every signature is right.
      must(!this.#is_policy, 'DISCOURAGE_UPGRADABLE_PUBKEYTYPE');
      return isGiven;
    }
    const { input, annex, leaf_hash } = this.#setting;
    const leaf: LeafExtension = { leaf_hash: leaf_hash as Uint8Array, separator: this.#separator };
    if (isGiven) judgeSchnorr(signature, key, (type) => taprootDigest(input, type, annex, leaf));
    return isGiven;
  }

  #isEcdsaSignature(signature: Uint8Array, key: Uint8Array, signed: Uint8Array): boolean {
    const { kind, rules, input } = this.#setting;
    judgeSignature(signature, rules);
    judgePublicKey(key, rules, kind === 'segwit');
    const type = signature.at(-1);
    if (type === undefined) return false;
    const digest = (kind === 'segwit' ? segwitDigest : legacyDigest)(input, signed, type);
    return isSignedBy(signature, key, digest);
  }

  /** What a signature signs of the script. Before segwit the signatures themselves are taken out of it. */
  #signedScript(signatures: readonly Uint8Array[]): Uint8Array {
    const script = this.#script.subarray(this.#signed_from);
    if (this.#setting.kind === 'segwit') return script;
    const without = signatures.reduce(removed, script);
    must(without.length === script.length || !this.#is_policy, 'SIG_FINDANDDELETE');
    return without;
  }

  #checkMultisig(is_verify: boolean): void {
    must(this.#setting.kind !== 'tapscript', 'TAPSCRIPT_CHECKMULTISIG');
    const stack = this.#stack;
    const key_count = stack.popNumber();
    must(key_count >= 0 && key_count <= MOST_KEYS, 'PUBKEY_COUNT');
    this.#count(key_count);
    stack.need(key_count + 1);
    const keys = key_count === 0 ? [] : stack.takeLast(key_count);
    const signature_count = stack.popNumber();
    must(signature_count >= 0 && signature_count <= key_count, 'SIG_COUNT');
    stack.need(signature_count + 1);
    const signatures = signature_count === 0 ? [] : stack.takeLast(signature_count);
    const isRight = this.#areSigned(signatures, keys);
    const areEmpty = signatures.every(({ length }) => length === 0);
    must(isRight || areEmpty || !this.#is_policy, 'NULLFAIL');
    // One more element is taken than is needed, since the first version did; it must be empty (BIP 147).
    must(stack.pop().length === 0, 'SIG_NULLDUMMY');
    if (is_verify) must(isRight, 'CHECKMULTISIGVERIFY');
    else stack.push(truth(isRight));
  }

  /** Each signature needs a key of its own, in the same order. Both are gone through from the last. */
  #areSigned(signatures: readonly Uint8Array[], keys: readonly Uint8Array[]): boolean {
    const signed = this.#signedScript(signatures);
    let [signatures_left, keys_left] = [signatures.length, keys.length];
    while (signatures_left > 0) {
      if (signatures_left > keys_left) return false;
      const signature = signatures[signatures_left - 1] as Uint8Array;
      const key = keys[keys_left - 1] as Uint8Array;
      if (this.#isEcdsaSignature(signature, key, signed)) signatures_left--;
      keys_left--;
    }
    return true;
  }
}

/** The script without each push of these bytes that stands where an operation may begin. */
function removed(script: Uint8Array, data: Uint8Array): Uint8Array {
  if (data.length === 0) return script;
  const push = pushOf(data);
  const kept: Uint8Array[] = [];
  let from = 0;
  for (let at = 0; at < script.length; ) {
    while (Buffer.compare(script.subarray(at, at + push.length), push) === 0) {
      kept.push(script.subarray(from, at));
      at += push.length;
      from = at;
    }
    const operation = at < script.length ? operationAt(script, at) : undefined;
    if (operation === undefined) break;
    at = operation.end;
  }
  return from === 0 ? script : Buffer.concat([...kept, script.subarray(from)]);
}
