/**
 * Runs the scripts of a transaction as Bitcoin would, with bitcore-lib's interpreter: segwit version 0 and taproot, with
 * the checks of locktime and sequence. About 20 ms a signature, so it belongs to the sandbox and to tests.
 */
import { createRequire } from 'node:module';
import { schnorrVerify } from '../../../base/crypto/schnorr.ts';
import type { ChainTransaction, Coin } from './transaction.ts';

/** The package's interface, as far as it is used here: it brings no types of its own. */
interface Bitcore {
  crypto: {
    Schnorr: { verify(public_key: Buffer, digest: Buffer, signature: { toBuffer(): Buffer }): boolean };
  };
  Transaction: {
    new (
      bytes: Buffer,
    ): { inputs: { witnesses?: Buffer[]; script: unknown; output?: unknown; getWitnesses?(): Buffer[] }[] };
    Output: new (fields: { satoshis: number; script: unknown }) => unknown;
  };
  Script: {
    new (bytes?: Buffer): unknown;
    fromBuffer(bytes: Buffer): unknown;
    Interpreter: Interpreter;
  };
}
interface Interpreter {
  new (): {
    verify(
      script_sig: unknown,
      script_pubkey: unknown,
      transaction: unknown,
      input: number,
      flags: number,
      witness: Buffer[],
      satoshis: number,
    ): boolean;
    errstr: string;
  };
  [flag: string]: unknown;
}

let loaded: { bitcore: Bitcore; flags: number } | undefined;

/** Loaded when it is first needed: it takes a third of a second, and a node on a real chain never needs it. */
function load(): { bitcore: Bitcore; flags: number } {
  if (loaded === undefined) {
    const bitcore = createRequire(import.meta.url)('bitcore-lib') as Bitcore;
    // Its own refuses every key that begins with a zero byte, one in 256. The last byte of 65 is the sighash's kind.
    bitcore.crypto.Schnorr.verify = (public_key, digest, signature) =>
      schnorrVerify(signature.toBuffer().subarray(0, 64), digest, public_key);
    const names = [
      'P2SH',
      'STRICTENC',
      'DERSIG',
      'LOW_S',
      'NULLDUMMY',
      'MINIMALDATA',
      'CHECKLOCKTIMEVERIFY',
      'CHECKSEQUENCEVERIFY',
      'WITNESS',
      'MINIMALIF',
      'NULLFAIL',
      'WITNESS_PUBKEYTYPE',
      'TAPROOT',
    ];
    // CLEANSTACK is left out: the interpreter counts the stack before it empties it, and refuses what Bitcoin takes.
    const flags = names.reduce((all, name) => all | (bitcore.Script.Interpreter[`SCRIPT_VERIFY_${name}`] as number), 0);
    loaded = { bitcore, flags };
  }
  return loaded;
}

/** The first input whose script fails, and the interpreter's word for why; undefined when all pass. */
export function scriptFault(transaction: ChainTransaction, coins: readonly Coin[]): string | undefined {
  const { bitcore, flags } = load();
  const parsed = new bitcore.Transaction(transaction.bytes);
  for (const [index, input] of parsed.inputs.entries()) {
    const { amount_sat, script_pubkey } = coins[index] as Coin;
    input.output = new bitcore.Transaction.Output({
      satoshis: Number(amount_sat),
      script: bitcore.Script.fromBuffer(script_pubkey),
    });
  }
  for (const [index, input] of parsed.inputs.entries()) {
    const { amount_sat, script_pubkey } = coins[index] as Coin;
    const interpreter = new bitcore.Script.Interpreter();
    const witness = input.getWitnesses?.() ?? input.witnesses ?? [];
    const script = bitcore.Script.fromBuffer(script_pubkey);
    if (!interpreter.verify(input.script, script, parsed, index, flags, witness, Number(amount_sat))) {
      return `input ${index}: ${interpreter.errstr}`;
    }
  }
  return undefined;
}
