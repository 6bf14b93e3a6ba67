/**
 * The interpreter of the embedded chain against Bitcoin Core's own vectors, which the package bitcore-lib carries beside
 * its tests: scripts of every kind, and for taproot what must succeed and what must fail.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { sat } from '../../../src/base/types/amount.ts';
import type { Txid } from '../../../src/base/types/brand.ts';
import { fromHex } from '../../../src/base/types/hex.ts';
import { parseTransaction, type Transaction, type TxOutput, txidOf } from '../../../src/codec/tx/transaction.ts';
import { type Rules, ScriptFault } from '../../../src/infra/chain/embedded/script/fault.ts';
import { writeNumber } from '../../../src/infra/chain/embedded/script/number.ts';
import { OP } from '../../../src/infra/chain/embedded/script/opcodes.ts';
import { judgeSpend } from '../../../src/infra/chain/embedded/script/spend.ts';

const DATA = join(dirname(createRequire(import.meta.url).resolve('bitcore-lib/package.json')), 'test/data/bitcoind');

/** Signatures of taproot are slow: every tenth case, unless more rounds are asked for. */
const STEP = process.env.TILL_ROUNDS === undefined ? 10 : 1;

function vectors<T>(file: string): readonly T[] {
  return JSON.parse(readFileSync(join(DATA, file), 'utf8')) as T[];
}

/** The code of the fault; `OK` where there is none. */
function verdict(transaction: Transaction, index: number, spent: readonly TxOutput[], rules: Rules): string {
  try {
    judgeSpend({ transaction, index, spent }, rules);
    return 'OK';
  } catch (error) {
    if (error instanceof ScriptFault) return error.code;
    throw error;
  }
}

const NAMES: Readonly<Record<string, number>> = {
  ...OP,
  0: 0,
  FALSE: 0,
  TRUE: 0x51,
  NOP2: OP.CHECKLOCKTIMEVERIFY,
  NOP3: OP.CHECKSEQUENCEVERIFY,
  ...Object.fromEntries([4, 5, 6, 7, 8, 9, 10].map((number) => [`NOP${number}`, OP.NOP1 + number - 1])),
  ...{ VER: 0x62, VERIF: 0x65, VERNOTIF: 0x66, CAT: 0x7e, SUBSTR: 0x7f, LEFT: 0x80, RIGHT: 0x81, INVERT: 0x83 },
  ...{ AND: 0x84, OR: 0x85, XOR: 0x86, RESERVED1: 0x89, RESERVED2: 0x8a, '2MUL': 0x8d, '2DIV': 0x8e, MUL: 0x95 },
  ...{ DIV: 0x96, MOD: 0x97, LSHIFT: 0x98, RSHIFT: 0x99 },
};

/** A push as the vectors mean one that is not written out: the shortest. */
function push(data: Uint8Array): Uint8Array {
  const { length } = data;
  if (length < 0x4c) return Uint8Array.of(length, ...data);
  return length <= 0xff
    ? Uint8Array.of(0x4c, length, ...data)
    : Uint8Array.of(0x4d, length & 255, length >> 8, ...data);
}

/** A number that no script computes with, but that a script may push. */
function longNumber(value: bigint): Uint8Array {
  const bytes = Buffer.from((value < 0n ? -value : value).toString(16).padStart(16, '0'), 'hex').reverse();
  if (value < 0n) bytes[7] = (bytes[7] as number) | 0x80;
  return bytes;
}

/** A script as the vectors write it. */
function assemble(text: string): Uint8Array {
  const parts = text
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word): Uint8Array => {
      if (/^0x/.test(word)) return fromHex(word.slice(2));
      if (/^'.*'$/.test(word)) return push(Buffer.from(word.slice(1, -1)));
      if (/^-?\d+$/.test(word)) {
        if (word.length > 15) return push(longNumber(BigInt(word)));
        const value = Number(word);
        if (value === 0) return Uint8Array.of(0);
        if (value === -1 || (value >= 1 && value <= 16)) return Uint8Array.of(0x50 + value);
        return push(writeNumber(value));
      }
      const opcode = NAMES[word.replace(/^OP_/, '')];
      assert.ok(opcode !== undefined, word);
      return Uint8Array.of(opcode);
    });
  return Buffer.concat(parts);
}

/** The transaction that the vectors spend a script with. */
function spending(script_sig: Uint8Array, script_pubkey: Uint8Array, witness: readonly Uint8Array[], amount: bigint) {
  const output: TxOutput = { amount_sat: sat(amount), script_pubkey };
  const credit: Transaction = {
    version: 1,
    inputs: [
      {
        txid: '00'.repeat(32) as Txid,
        vout: 0xffffffff,
        sequence: 0xffffffff,
        script_sig: Uint8Array.of(0, 0),
        witness: [],
      },
    ],
    outputs: [output],
    locktime: 0,
  };
  const transaction: Transaction = {
    version: 1,
    inputs: [{ txid: txidOf(credit), vout: 0, sequence: 0xffffffff, script_sig, witness }],
    outputs: [{ amount_sat: sat(amount), script_pubkey: new Uint8Array(0) }],
    locktime: 0,
  };
  return { transaction, spent: [output] };
}

/** The faults that only a rule makes which a vector may have switched off. */
const RULES_OF: Readonly<Record<string, readonly string[]>> = {
  SIG_DER: ['DERSIG'],
  SIG_HIGH_S: ['LOW_S'],
  SIG_HASHTYPE: ['STRICTENC'],
  PUBKEYTYPE: ['STRICTENC'],
  SIG_NULLDUMMY: ['NULLDUMMY'],
  SIG_PUSHONLY: ['SIGPUSHONLY'],
  MINIMALDATA: ['MINIMALDATA'],
  UNKNOWN_ERROR: ['MINIMALDATA'],
  CLEANSTACK: ['CLEANSTACK'],
  NULLFAIL: ['NULLFAIL'],
  MINIMALIF: ['MINIMALIF'],
  WITNESS_PUBKEYTYPE: ['WITNESS_PUBKEYTYPE'],
  DISCOURAGE_UPGRADABLE_NOPS: ['DISCOURAGE_UPGRADABLE_NOPS'],
  DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM: ['DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM'],
  OP_CODESEPARATOR: ['CONST_SCRIPTCODE'],
  SIG_FINDANDDELETE: ['CONST_SCRIPTCODE'],
  NEGATIVE_LOCKTIME: ['CHECKLOCKTIMEVERIFY', 'CHECKSEQUENCEVERIFY'],
  UNSATISFIED_LOCKTIME: ['CHECKLOCKTIMEVERIFY', 'CHECKSEQUENCEVERIFY'],
};

test('scripts of every kind: what Bitcoin refuses is refused, and what it takes is refused only by a rule of its own', () => {
  type Vector = readonly (string | readonly (string | number)[])[];
  let judged = 0;
  for (const vector of vectors<Vector>('script_tests.json')) {
    if (vector.length < 4) continue;
    const [first] = vector;
    const words = (typeof first === 'string' ? vector : vector.slice(1)) as readonly string[];
    const [script_sig, script_pubkey, flags, expected] = words as [string, string, string, string];
    const witness = typeof first === 'string' ? [] : (first as readonly (string | number)[]);
    const amount = BigInt(Math.round(Number(witness.at(-1) ?? 0) * 1e8));
    const items = witness.slice(0, -1).map((hex) => fromHex(hex as string));
    const { transaction, spent } = spending(assemble(script_sig), assemble(script_pubkey), items, amount);
    const found = verdict(transaction, 0, spent, 'policy');
    const what = `${JSON.stringify(vector)}: ${found}`;
    const on = new Set(flags.split(','));
    judged++;
    if (expected !== 'OK') assert.notEqual(found, 'OK', what);
    else if (found !== 'OK') {
      const rules = RULES_OF[found] ?? (what.includes('no VERIFY_P2SH') ? ['P2SH'] : []);
      assert.ok(
        rules.some((rule) => !on.has(rule)),
        what,
      );
    }
  }
  assert.ok(judged > 1_100, String(judged));
});

test('taproot and tapscript: each case succeeds, and fails when it is changed where it should not be', () => {
  interface Case {
    readonly tx: string;
    readonly prevouts: readonly string[];
    readonly index: number;
    readonly success?: { readonly scriptSig: string; readonly witness: readonly string[] };
    readonly failure?: { readonly scriptSig: string; readonly witness: readonly string[] };
    readonly flags: string;
    readonly comment: string;
  }
  let judged = 0;
  const cases = vectors<Case>('script_assets_test.json');
  const chosen = cases.filter((_, at) => at % STEP === 0);
  for (const { tx, prevouts, index, success, failure, flags, comment } of chosen) {
    // Some are about times in which a rule did not hold yet.
    if (!flags.includes('TAPROOT') || !flags.includes('WITNESS')) continue;
    const bare = parseTransaction(fromHex(tx));
    const spent = prevouts.map(outputOf);
    const as = ({ scriptSig, witness }: NonNullable<Case['success']>): string => {
      const inputs = bare.inputs.map((input, at) =>
        at === index ? { ...input, script_sig: fromHex(scriptSig), witness: witness.map(fromHex) } : input,
      );
      return verdict({ ...bare, inputs }, index, spent, 'consensus');
    };
    if (success !== undefined) assert.equal(as(success), 'OK', comment);
    if (failure !== undefined) assert.notEqual(as(failure), 'OK', comment);
    judged++;
  }
  assert.ok(judged * STEP > 1_000, String(judged));
});

/** A serialized output. */
function outputOf(hex: string): TxOutput {
  const bytes = Buffer.from(hex, 'hex');
  const length = bytes[8] as number;
  const start = length < 0xfd ? 9 : 11;
  return { amount_sat: sat(bytes.readBigUInt64LE(0)), script_pubkey: bytes.subarray(start) };
}
