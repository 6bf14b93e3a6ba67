/** All faults of a file in one text: which of them is there is asked while it runs. So a process can try many. */
import { type Mutant, mutantsOf } from './mutants.ts';

/** A fault with its number. */
export interface Numbered extends Mutant {
  readonly id: number;
}

/** The faults of files, with the same numbers in every process. */
export function numbered(files: readonly string[]): readonly Numbered[] {
  return files.flatMap((file) => mutantsOf(file)).map((mutant, id) => ({ ...mutant, id }));
}

interface Nest {
  readonly mutant: Numbered;
  readonly inner: Nest[];
}

/**
 * Code in which each fault is there when `globalThis.isFault(id)` says so. `mutants` are those of `mutantsOf` in their
 * order; lines stay where they are.
 */
export function withSwitches(code: string, mutants: readonly Numbered[]): string {
  const roots: Nest[] = [];
  const open: Nest[] = [];
  const starts = new Map(mutants.map((mutant) => [mutant, startOf(mutant, code)] as const));
  const start = (mutant: Numbered) => starts.get(mutant) as number;
  // Stable: of two with the same range the one that was found first is the outer one.
  const sorted = [...mutants].sort((a, b) => start(a) - start(b) || b.whole.end - a.whole.end);
  for (const mutant of sorted) {
    while ((open.at(-1)?.mutant.whole.end ?? Number.POSITIVE_INFINITY) <= start(mutant)) open.pop();
    const nest: Nest = { mutant, inner: [] };
    (open.at(-1)?.inner ?? roots).push(nest);
    open.push(nest);
  }
  const text = (from: number, to: number, nests: readonly Nest[]): string => {
    let out = '';
    let at = from;
    for (const nest of nests) {
      out += code.slice(at, start(nest.mutant)) + choice(nest);
      at = nest.mutant.whole.end;
    }
    return out + code.slice(at, to);
  };
  const choice = ({ mutant, inner }: Nest): string => {
    const { id, replacement, whole } = mutant;
    const asked = `globalThis.isFault(${id})`;
    if (whole.kind === 'method') return `[${asked} ? '${replacement}' : '${mutant.original}']`;
    const original = text(whole.start, whole.end, inner);
    if (whole.kind === 'statement') return `{ if (!${asked}) { ${original} } }`;
    const changed = code.slice(whole.start, mutant.start) + replacement + code.slice(mutant.end, whole.end);
    return `(${asked} ? (${changed}) : (${original}))`;
  };
  return text(0, code.length, roots);
}

/** Where the text begins that is replaced. The dot before a method goes with it, but not that of `?.`. */
function startOf({ whole }: Mutant, code: string): number {
  if (whole.kind !== 'method') return whole.start;
  const dot = code.lastIndexOf('.', whole.start);
  return code[dot - 1] === '?' ? whole.start : dot;
}
