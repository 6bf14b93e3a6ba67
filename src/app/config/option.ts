/** What an option of the node is. Each stands once, in options.ts; parsing, help, listconfigs and docs follow from it. */

import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseWholeNumber } from '../../base/types/decimal.ts';
import { didYouMean } from './nearest.ts';

/** What an option's value looks like. */
export type OptionKind = 'flag' | 'string' | 'integer' | 'boolean' | 'msat' | 'strings';

/** An option, as options.ts declares it. */
export interface OptionDefinition<Kind extends OptionKind = OptionKind, Value = unknown> {
  readonly kind: Kind;
  /** What is in force when nothing is said; undefined: nothing. */
  readonly default: Value;
  /** One sentence for people. */
  readonly doc: string;
  /** What the help calls the value, such as `DIR`. */
  readonly placeholder?: string;
  /** The only values that are taken. */
  readonly one_of?: readonly string[];
  /** The bounds of an integer. */
  readonly min?: number;
  readonly max?: number;
  /** Its value is never shown. */
  readonly is_secret?: boolean;
  /** It names a file or a directory: `~/` is the user's own directory, as in a shell. */
  readonly is_path?: boolean;
  /** It may be changed while the node runs, by `setconfig`. */
  readonly is_dynamic?: boolean;
}

/** Something is wrong with an option; the sentence says what, where and what to do. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

type Extra = Partial<
  Pick<OptionDefinition, 'placeholder' | 'one_of' | 'min' | 'max' | 'is_secret' | 'is_path' | 'is_dynamic'>
>;

/** On when it is named. */
export function flag(doc: string): OptionDefinition<'flag', boolean> {
  return { kind: 'flag', default: false, doc };
}

/** On or off, with what stands when it is left out. */
export function boolean(value: boolean, doc: string): OptionDefinition<'boolean', boolean> {
  return { kind: 'boolean', default: value, doc };
}

/** A text, with what stands when it is left out. */
export function string(value: string, doc: string, extra: Extra = {}): OptionDefinition<'string', string> {
  return { kind: 'string', default: value, doc, ...extra };
}

/** A text that may be left out. */
export function optionalString(doc: string, extra: Extra = {}): OptionDefinition<'string', string | undefined> {
  return { kind: 'string', default: undefined, doc, ...extra };
}

/** A whole number, with what stands when it is left out. */
export function integer(value: number, doc: string, extra: Extra = {}): OptionDefinition<'integer', number> {
  return { kind: 'integer', default: value, doc, ...extra };
}

/** A whole number that may be left out. */
export function optionalInteger(doc: string, extra: Extra = {}): OptionDefinition<'integer', number | undefined> {
  return { kind: 'integer', default: undefined, doc, ...extra };
}

/** May be given several times. */
export function strings(doc: string, extra: Extra = {}): OptionDefinition<'strings', readonly string[]> {
  return { kind: 'strings', default: [], doc, ...extra };
}

/** NaN when the text is no whole number, or one that is not exact in a number. */
function readInteger(text: string): number {
  const isNegative = text.startsWith('-');
  const value = Number(
    parseWholeNumber(isNegative ? text.slice(1) : text, BigInt(Number.MAX_SAFE_INTEGER)) ?? Number.NaN,
  );
  return isNegative ? -value : value;
}

/** Reads a value as it stands on a command line or in a file. `where` begins the sentence of an error. */
export function parseValue(name: string, option: OptionDefinition, text: string | undefined, where: string): unknown {
  const { kind, one_of, min = 0, max = Number.MAX_SAFE_INTEGER } = option;
  if (kind === 'flag' || kind === 'boolean') {
    if (text === undefined || text === 'true') return true;
    if (text === 'false') return false;
    throw new ConfigError(`${where}: ${name} is true or false, not '${text}'`);
  }
  // An empty value is most often a variable of a script that was never set.
  if (text === undefined || text === '')
    throw new ConfigError(`${where}: ${name} needs a value: --${name}=${option.placeholder ?? 'VALUE'}`);
  if (kind === 'integer') {
    const value = readInteger(text);
    if (!(value >= min && value <= max)) {
      throw new ConfigError(`${where}: ${name} is a whole number from ${min} to ${max}, not '${text}'`);
    }
    return value;
  }
  if (one_of !== undefined && !one_of.includes(text)) {
    const hint = didYouMean(text, one_of);
    throw new ConfigError(`${where}: ${name} is one of ${one_of.join(', ')}, not '${text}'${hint}`);
  }
  return option.is_path === true ? ownPath(text, `${where}: ${name}`) : text;
}

/** The path with `~/` as a shell expands it; in a config file, or behind a `=`, no shell does. Throws ConfigError. */
export function ownPath(text: string, what: string): string {
  if (text === '~' || text.startsWith('~/')) return join(homedir(), text.slice(1));
  if (!text.startsWith('~')) return text;
  throw new ConfigError(`${what}: '${text}' is the directory of another user: write its whole path`);
}
