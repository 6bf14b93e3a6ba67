/** The command line of the client, by lightning-cli's conventions: options may stand anywhere before `--`. */
import { loadConfig } from '../config/config.ts';
import { didYouMean } from '../config/nearest.ts';
import { ConfigError } from '../config/option.ts';
import { OPTIONS } from '../config/options.ts';
import { OWN_COMMAND_NAMES } from './own-commands.ts';

export type OutputStyle = 'default' | 'json' | 'raw' | 'human' | 'flat';

/** Least to most important, as lightning-cli names them; `none` shows nothing. */
const NOTICE_LEVELS = ['trace', 'io', 'debug', 'info', 'unusual', 'broken', 'none'] as const;
export type NoticeLevel = (typeof NOTICE_LEVELS)[number];

/** What the client was asked to do. */
export interface ClientRequest {
  readonly rpc_file: string;
  /** What was said of where the node is, as options of the node. */
  readonly place: readonly string[];
  readonly method: string;
  /** The words after the method, as they came. */
  readonly words: readonly string[];
  /** JSON text: an array or an object. */
  readonly params: string;
  /** Whether words of the form name=value are taken as they are only because the first word is none. */
  readonly is_order_guessed: boolean;
  readonly style: OutputStyle;
  /** JSON text of the filter, when there is one. */
  readonly filter: string | undefined;
  /** The least important notices to show while waiting. */
  readonly notices: NoticeLevel;
}

/** The arguments make no sense. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  /** The option that does not exist, when it is that. */
  readonly unknown_option: string | undefined;

  constructor(message: string, unknown_option?: string) {
    super(message);
    this.unknown_option = unknown_option;
  }
}

type Input = 'auto' | 'keywords' | 'ordered';

const STYLES: Readonly<Record<string, OutputStyle>> = {
  '-J': 'json',
  '--json': 'json',
  '-R': 'raw',
  '--raw': 'raw',
  '-H': 'human',
  '--human-readable': 'human',
  '-F': 'flat',
  '--flat': 'flat',
};
const INPUTS: Readonly<Record<string, Input>> = {
  '-k': 'keywords',
  '--keywords': 'keywords',
  '-o': 'ordered',
  '--order': 'ordered',
};
const VALUED: Readonly<Record<string, string>> = {
  '-N': 'notifications',
  '--notifications': 'notifications',
  '-l': 'filter',
  '--filter': 'filter',
};
/** Options of the node that say where it is: handed on to the configuration. */
const PLACES = new Set(['--lightning-dir', '--network', '--rpc-file', '--conf']);
const NETWORK_FLAGS = new Set(['--mainnet', '--testnet', '--testnet4', '--signet', '--regtest']);
const SHOWN_BEFORE = ['--help', '--version'];
/** Every option that has a long name. */
const LONG_OPTIONS: readonly string[] = [
  ...[STYLES, INPUTS, VALUED].flatMap((group) => Object.keys(group)).filter((name) => name.startsWith('--')),
  ...PLACES,
  ...NETWORK_FLAGS,
  ...SHOWN_BEFORE,
];

/** Reads options, the method and its parameters. Throws UsageError. */
export function parseClientArguments(args: readonly string[], env: NodeJS.ProcessEnv): ClientRequest {
  let style: OutputStyle = 'default';
  let input: Input = 'auto';
  let notices: NoticeLevel = 'info';
  let filter: string | undefined;
  const words: string[] = [];
  const place: string[] = [];
  const left = splitBundles(args);
  while (left.length > 0) {
    const argument = left.shift() as string;
    if (argument === '--') {
      words.push(...left);
      break;
    }
    if (!argument.startsWith('-') || argument === '-') {
      words.push(argument);
      continue;
    }
    const [name, given] = splitOption(argument);
    const takeValue = (): string => {
      const value = given ?? left.shift();
      if (value === undefined) throw new UsageError(`${name} needs a value`);
      return value;
    };
    if (PLACES.has(name)) place.push(`${name}=${takeValue()}`);
    else if (VALUED[name] === 'notifications') notices = noticeLevel(takeValue());
    else if (VALUED[name] === 'filter') filter = takeValue();
    else if (given !== undefined) throw unknownOption(name);
    else if (STYLES[name] !== undefined) style = STYLES[name];
    else if (INPUTS[name] !== undefined) input = INPUTS[name];
    else if (NETWORK_FLAGS.has(name)) place.push(name);
    else throw unknownOption(name);
  }
  const [method, ...rest] = words;
  if (method === undefined) throw new UsageError('what shall the node do? See till help');
  if (OWN_COMMAND_NAMES.includes(method)) {
    throw new UsageError(`${method} comes first, its options after it: till ${method} ...`);
  }
  if (filter !== undefined && !isJson(filter)) throw new UsageError(`the filter is no JSON: ${filter}`);
  const rpc_file = rpcFile(place, env);
  const is_order_guessed = input === 'auto' && !isNamed(rest[0]) && rest.some(isNamed);
  const params = paramsOf(rest, input);
  return { rpc_file, place, method, words: rest, params, is_order_guessed, style, filter, notices };
}

/** Whether the word could be a parameter by name. */
function isNamed(word: string | undefined): boolean {
  return word?.includes('=') === true;
}

/** `-kJ` is `-k -J`, and `-Nnone` is `-N none`. Nothing after `--` is touched. */
function splitBundles(args: readonly string[]): string[] {
  const split: string[] = [];
  for (const [index, argument] of args.entries()) {
    if (argument === '--') return [...split, ...args.slice(index)];
    if (!/^-[A-Za-z]./s.test(argument)) {
      split.push(argument);
      continue;
    }
    for (let at = 1; at < argument.length; at++) {
      const name = `-${argument[at]}`;
      split.push(name);
      if (VALUED[name] === undefined) continue;
      if (at + 1 < argument.length) split.push(argument.slice(at + 1));
      break;
    }
  }
  return split;
}

function splitOption(argument: string): [string, string | undefined] {
  const at = argument.startsWith('--') ? argument.indexOf('=') : -1;
  return at < 0 ? [argument, undefined] : [argument.slice(0, at), argument.slice(at + 1)];
}

function unknownOption(name: string): UsageError {
  const hint = didYouMean(name, LONG_OPTIONS);
  const where = Object.hasOwn(OPTIONS, name.slice(2)) ? `it is one of till start` : `see till --help`;
  return new UsageError(
    `there is no option ${name} here (${where})${hint}; put -- before parameters that begin with a dash`,
    name,
  );
}

function noticeLevel(text: string): NoticeLevel {
  const level = NOTICE_LEVELS.find((each) => each === text);
  if (level === undefined) {
    const hint = didYouMean(text, NOTICE_LEVELS);
    throw new UsageError(`${text} is no level of notices: ${NOTICE_LEVELS.join(', ')}${hint}`);
  }
  return level;
}

/** Whether a notice of this level is to be shown; one whose level is unknown is not. */
export function isShown(level: string, least: NoticeLevel): boolean {
  const known: readonly string[] = NOTICE_LEVELS;
  return known.indexOf(level.toLowerCase()) >= known.indexOf(least);
}

/** Where the socket is: the node's own configuration says it. */
function rpcFile(place: readonly string[], env: NodeJS.ProcessEnv): string {
  try {
    return loadConfig(place, env).rpc_file;
  } catch (error) {
    if (error instanceof ConfigError) throw new UsageError(error.message);
    throw error;
  }
}

/** The parameters as JSON text. As in lightning-cli the first word decides: with `=` in it, all are name=value. */
function paramsOf(words: readonly string[], input: Input): string {
  if (input === 'ordered' || (input === 'auto' && !isNamed(words[0]))) return `[${words.map(literal).join(',')}]`;
  const members = words.map((word) => {
    const at = word.indexOf('=');
    if (at < 0) {
      throw new UsageError(
        `'${word}' is no name=value: parameters are all by name, or all in order; -o takes parameters in order`,
      );
    }
    return `${JSON.stringify(word.slice(0, at))}:${literal(word.slice(at + 1))}`;
  });
  return `{${members.join(',')}}`;
}

/**
 * A word as JSON. Numbers, true, false, null and anything in brackets, braces or double quotes are JSON already, the rest
 * is text. Digits after a leading zero are text: they may be hex.
 */
function literal(word: string): string {
  if (/^((0|[1-9]\d*)(\.\d+)?|true|false|null)$/.test(word)) return word;
  if (!/^(\{.*\}|\[.*\]|".*")$/s.test(word) || word === '"') return JSON.stringify(word);
  if (!isJson(word)) {
    throw new UsageError(`the parameter ${word} looks like JSON and is none; as text it is ${JSON.stringify(word)}`);
  }
  return word;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
