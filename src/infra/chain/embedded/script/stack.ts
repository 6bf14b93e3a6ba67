/** The stacks of a running script, and the operations that only move, compare and count what is on them. */
import { createHash } from 'node:crypto';
import { hash160, ripemd160, sha256, sha256d } from '../../../../base/crypto/hash.ts';
import { must } from './fault.ts';
import { isTrue, readNumber, truth, writeNumber } from './number.ts';
import { OP } from './opcodes.ts';

const MOST_ELEMENTS = 1_000;

export class Stack {
  readonly items: Uint8Array[];
  readonly #alternative: Uint8Array[] = [];
  readonly #is_minimal: boolean;

  /** Begins with these. `is_minimal`: numbers must be written in the fewest bytes. */
  constructor(items: readonly Uint8Array[], is_minimal: boolean) {
    this.items = [...items];
    this.#is_minimal = is_minimal;
  }

  /** Throws ScriptFault when there are fewer. */
  need(count: number): void {
    must(this.items.length >= count, 'INVALID_STACK_OPERATION');
  }

  push(...items: readonly Uint8Array[]): void {
    this.items.push(...items);
  }

  pop(): Uint8Array {
    this.need(1);
    return this.items.pop() as Uint8Array;
  }

  /** The last is 1. */
  peek(from_top: number): Uint8Array {
    this.need(from_top);
    return this.items.at(-from_top) as Uint8Array;
  }

  number(bytes: Uint8Array, most_bytes?: number): number {
    return readNumber(bytes, this.#is_minimal, most_bytes);
  }

  popNumber(): number {
    return this.number(this.pop());
  }

  pushNumber(value: number): void {
    this.push(writeNumber(value));
  }

  /** Throws ScriptFault when there are too many. */
  judgeSize(): void {
    must(this.items.length + this.#alternative.length <= MOST_ELEMENTS, 'STACK_SIZE');
  }

  /** Does what the opcode says; false where it is none of these. Throws ScriptFault. */
  operate(opcode: number): boolean {
    const operation = MOVES[opcode] ?? ARITHMETIC[opcode] ?? HASHES[opcode];
    operation?.(this);
    return operation !== undefined;
  }

  toAlternative(): void {
    this.#alternative.push(this.pop());
  }

  fromAlternative(): void {
    must(this.#alternative.length > 0, 'INVALID_ALTSTACK_OPERATION');
    this.push(this.#alternative.pop() as Uint8Array);
  }

  /** Takes the element out that lies so deep: the last is 0. */
  take(depth: number): Uint8Array {
    must(depth >= 0 && depth < this.items.length, 'INVALID_STACK_OPERATION');
    return this.items.splice(-1 - depth, 1)[0] as Uint8Array;
  }

  /** Takes the last of them, in their order. */
  takeLast(count: number): Uint8Array[] {
    this.need(count);
    return this.items.splice(-count);
  }
}

type Operation = (stack: Stack) => void;
type Operations = Readonly<Record<number, Operation>>;

/** Takes so many from the top, and puts these back: each is named by its place among those that were taken. */
function rearranged(count: number, ...places: readonly number[]): Operation {
  return (stack) => {
    const taken = stack.takeLast(count);
    stack.push(...places.map((place) => taken[place] as Uint8Array));
  };
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

const MOVES: Operations = {
  [OP.TOALTSTACK]: (stack) => stack.toAlternative(),
  [OP.FROMALTSTACK]: (stack) => stack.fromAlternative(),
  [OP['2DROP']]: rearranged(2),
  [OP['2DUP']]: rearranged(2, 0, 1, 0, 1),
  [OP['3DUP']]: rearranged(3, 0, 1, 2, 0, 1, 2),
  [OP['2OVER']]: rearranged(4, 0, 1, 2, 3, 0, 1),
  [OP['2ROT']]: rearranged(6, 2, 3, 4, 5, 0, 1),
  [OP['2SWAP']]: rearranged(4, 2, 3, 0, 1),
  [OP.IFDUP]: (stack) => isTrue(stack.peek(1)) && stack.push(stack.peek(1)),
  [OP.DEPTH]: (stack) => stack.pushNumber(stack.items.length),
  [OP.DROP]: rearranged(1),
  [OP.DUP]: rearranged(1, 0, 0),
  [OP.NIP]: rearranged(2, 1),
  [OP.OVER]: rearranged(2, 0, 1, 0),
  [OP.PICK]: (stack) => {
    stack.need(2);
    const depth = stack.popNumber();
    must(depth >= 0 && depth < stack.items.length, 'INVALID_STACK_OPERATION');
    stack.push(stack.peek(depth + 1));
  },
  [OP.ROLL]: (stack) => {
    stack.need(2);
    stack.push(stack.take(stack.popNumber()));
  },
  [OP.ROT]: rearranged(3, 1, 2, 0),
  [OP.SWAP]: rearranged(2, 1, 0),
  [OP.TUCK]: rearranged(2, 1, 0, 1),
  [OP.SIZE]: (stack) => stack.pushNumber(stack.peek(1).length),
  [OP.VERIFY]: (stack) => must(isTrue(stack.pop()), 'VERIFY'),
  [OP.EQUAL]: (stack) => {
    const [a, b] = stack.takeLast(2) as [Uint8Array, Uint8Array];
    stack.push(truth(isEqual(a, b)));
  },
  [OP.EQUALVERIFY]: (stack) => {
    const [a, b] = stack.takeLast(2) as [Uint8Array, Uint8Array];
    must(isEqual(a, b), 'EQUALVERIFY');
  },
};

/** Of one number, of two, of three. */
function counting(compute: (...numbers: readonly number[]) => number | boolean): Operation {
  return (stack) => {
    const numbers = stack.takeLast(compute.length).map((bytes) => stack.number(bytes));
    stack.pushNumber(Number(compute(...numbers)));
  };
}

const one = (compute: (a: number) => number | boolean): Operation => counting(compute as never);
const two = (compute: (a: number, b: number) => number | boolean): Operation => counting(compute as never);

const ARITHMETIC: Operations = {
  [OP['1ADD']]: one((a) => a + 1),
  [OP['1SUB']]: one((a) => a - 1),
  [OP.NEGATE]: one((a) => -a),
  [OP.ABS]: one((a) => Math.abs(a)),
  [OP.NOT]: one((a) => a === 0),
  [OP['0NOTEQUAL']]: one((a) => a !== 0),
  [OP.ADD]: two((a, b) => a + b),
  [OP.SUB]: two((a, b) => a - b),
  [OP.BOOLAND]: two((a, b) => a !== 0 && b !== 0),
  [OP.BOOLOR]: two((a, b) => a !== 0 || b !== 0),
  [OP.NUMEQUAL]: two((a, b) => a === b),
  [OP.NUMEQUALVERIFY]: (stack) => {
    ARITHMETIC[OP.NUMEQUAL]?.(stack);
    must(isTrue(stack.pop()), 'NUMEQUALVERIFY');
  },
  [OP.NUMNOTEQUAL]: two((a, b) => a !== b),
  [OP.LESSTHAN]: two((a, b) => a < b),
  [OP.GREATERTHAN]: two((a, b) => a > b),
  [OP.LESSTHANOREQUAL]: two((a, b) => a <= b),
  [OP.GREATERTHANOREQUAL]: two((a, b) => a >= b),
  [OP.MIN]: two((a, b) => Math.min(a, b)),
  [OP.MAX]: two((a, b) => Math.max(a, b)),
  [OP.WITHIN]: counting(((a: number, least: number, above: number) => a >= least && a < above) as never),
};

const hashed =
  (hash: (bytes: Uint8Array) => Uint8Array): Operation =>
  (stack) =>
    stack.push(hash(stack.pop()));

const HASHES: Operations = {
  [OP.RIPEMD160]: hashed(ripemd160),
  [OP.SHA1]: hashed((bytes) => createHash('sha1').update(bytes).digest()),
  [OP.SHA256]: hashed(sha256),
  [OP.HASH160]: hashed(hash160),
  [OP.HASH256]: hashed(sha256d),
};
