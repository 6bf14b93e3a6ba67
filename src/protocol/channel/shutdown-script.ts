/** Which scripts a mutual close pays to (BOLT 2, Closing Initiation), and below which amount such an output is dust. */
import type { Sat } from '../../base/types/amount.ts';
import { fromHex } from '../../base/types/hex.ts';
import { dustLimit } from '../../codec/tx/fees.ts';
import type { Environment } from './policy.ts';

/** What both sides offered that widens the choice. */
export type ScriptOptions = Pick<Environment, 'option_shutdown_anysegwit' | 'option_simple_close'>;

/** Whether a script (hex) may be sent: a witness program, or OP_RETURN with a single push in a simple close. */
export function isShutdownScript(script: string, options: ScriptOptions): boolean {
  if (/^(0014[0-9a-f]{40}|0020[0-9a-f]{64})$/.test(script)) return true;
  if (options.option_simple_close && isOpReturn(script)) return isSinglePush(script);
  if (!options.option_shutdown_anysegwit || !/^(5[1-9a-f]|60)[0-9a-f]+$/.test(script)) return false;
  const program_bytes = Number.parseInt(script.slice(2, 4), 16);
  return program_bytes >= 2 && program_bytes <= 40 && script.length === 4 + 2 * program_bytes;
}

/**
 * Whether a script of the peer is taken: those that may be sent, and the older P2PKH and P2SH, which BOLT 2 lets nobody
 * send any more and lets a receiver take. There are peers whose users may still ask for them.
 */
export function isTakenShutdownScript(script: string, options: ScriptOptions): boolean {
  return isShutdownScript(script, options) || /^(76a914[0-9a-f]{40}88ac|a914[0-9a-f]{40}87)$/.test(script);
}

/** Whether the script is provably unspendable: its output has no amount, and what it would have had goes to the fee. */
export function isOpReturn(script: string): boolean {
  return script.startsWith('6a');
}

/** The smallest amount of an output with this script that is relayed. */
export function dustOf(script: string): Sat {
  return dustLimit(fromHex(script));
}

/** Whether an output with this script is too small to be relayed. */
export function isDustOutput(amount_sat: bigint, script: string): boolean {
  return amount_sat < dustOf(script);
}

/** OP_RETURN and one push of 6 to 75 bytes, or with OP_PUSHDATA1 of 76 to 80. */
function isSinglePush(script: string): boolean {
  const bytes = fromHex(script);
  const [, push = 0, long = 0] = bytes;
  if (push >= 6 && push <= 75) return bytes.length === 2 + push;
  return push === 76 && long >= 76 && long <= 80 && bytes.length === 3 + long;
}
