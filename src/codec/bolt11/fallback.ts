/** The `f` field: a version and the program or hash that it names (BOLT 11, Tagged Fields). */
import { p2pkhScript, p2shScript, readScript, witnessScript } from '../../base/types/address.ts';
import { Bolt11Error } from './error.ts';
import type { RawField } from './raw.ts';
import { hexToWords, wordsToHex } from './words.ts';

/** Versions of `f` above those of segwit. */
const P2PKH_VERSION = 17;
const P2SH_VERSION = 18;
const HASH160_HEX_DIGITS = 40;

/** The output script, hex; undefined for a version that nobody knows yet. Throws Bolt11Error. */
export function readFallback({ words, position }: RawField): string | undefined {
  const place = { field: 'f', position };
  const version = words[0];
  if (version === undefined) throw new Bolt11Error('fallback_invalid', 'a fallback without a version', place);
  if (version > P2SH_VERSION) return undefined;
  const program = wordsToHex(words.subarray(1));
  let script: string | undefined;
  if (version <= 16) script = witnessScript(version, program);
  else if (program.length === HASH160_HEX_DIGITS) {
    script = version === P2PKH_VERSION ? p2pkhScript(program) : p2shScript(program);
  }
  if (script === undefined) {
    const length_bytes = program.length / 2;
    throw new Bolt11Error('fallback_invalid', `fallback version ${version} cannot have ${length_bytes} bytes`, place);
  }
  return script;
}

/** The field's data. Throws Bolt11Error for a script that has no address. */
export function writeFallback(script_pubkey: string): Uint8Array {
  const script = readScript(script_pubkey);
  if (script === undefined) {
    throw new Bolt11Error('value_invalid', 'a fallback must be the script of an address', { field: 'f' });
  }
  const witness = 'program' in script;
  const data = hexToWords(witness ? script.program : script.hash);
  const words = new Uint8Array(1 + data.length);
  words[0] = witness ? script.version : script.kind === 'P2PKH' ? P2PKH_VERSION : P2SH_VERSION;
  words.set(data, 1);
  return words;
}
