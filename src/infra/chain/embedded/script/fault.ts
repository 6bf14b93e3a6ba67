/** Why a script fails, and by which rules it is judged. */

/** `consensus`: what a block may hold. `policy`: what nodes relay, which is less. */
export type Rules = 'consensus' | 'policy';

/** A script does not succeed. The code is that of Bitcoin Core's tests. */
export class ScriptFault extends Error {
  override readonly name = 'ScriptFault';
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** Throws ScriptFault with the code unless it is so. */
export function must(isSo: boolean, code: string): asserts isSo {
  if (!isSo) throw new ScriptFault(code);
}
