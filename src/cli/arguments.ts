/** The command line of the client, by lightning-cli's conventions. */
import { join, resolve } from 'node:path';
import { defaultDir } from '../config/config.ts';
import { isNetworkName } from '../types/network.ts';

export type OutputStyle = 'default' | 'json' | 'raw' | 'human' | 'flat';

/** What the client was asked to do. */
export interface ClientRequest {
  readonly rpc_file: string;
  readonly method: string;
  /** JSON text: an array or an object. */
  readonly params: string;
  readonly style: OutputStyle;
  /** JSON text of the filter, when there is one. */
  readonly filter: string | undefined;
  /** The least loud notices to show while waiting; undefined: none. */
  readonly notices: string | undefined;
}

/** The arguments make no sense. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

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
const VALUED: Readonly<Record<string, string>> = {
  '-N': 'notifications',
  '--notifications': 'notifications',
  '-l': 'filter',
  '--filter': 'filter',
  '--lightning-dir': 'lightning-dir',
  '--network': 'network',
  '--rpc-file': 'rpc-file',
};
const NETWORK_FLAGS: Readonly<Record<string, string>> = {
  '--mainnet': 'bitcoin',
  '--testnet': 'testnet',
  '--testnet4': 'testnet4',
  '--signet': 'signet',
  '--regtest': 'regtest',
};

/** Reads options up to the method, then its parameters. Throws UsageError. */
export function parseClientArguments(args: readonly string[], env: NodeJS.ProcessEnv): ClientRequest {
  let style: OutputStyle = 'default';
  let input: 'auto' | 'keywords' | 'ordered' = 'auto';
  const valued: Record<string, string> = {};
  let index = 0;
  for (; index < args.length && (args[index] as string).startsWith('-'); index++) {
    const argument = args[index] as string;
    const [name, given] = splitOption(argument);
    const valued_name = VALUED[name];
    if (STYLES[name] !== undefined) style = STYLES[name];
    else if (name === '-k' || name === '--keywords') input = 'keywords';
    else if (name === '-o' || name === '--order') input = 'ordered';
    else if (NETWORK_FLAGS[name] !== undefined) valued.network = NETWORK_FLAGS[name];
    else if (valued_name !== undefined) {
      const value = given ?? args[++index];
      if (value === undefined) throw new UsageError(`${name} needs a value`);
      valued[valued_name] = value;
    } else throw new UsageError(`there is no option ${name}; see till --help`);
  }
  const method = args[index];
  if (method === undefined) throw new UsageError('what shall the node do? See till help');
  const { filter, notifications } = valued;
  if (filter !== undefined && !isJson(filter)) throw new UsageError(`the filter is no JSON: ${filter}`);
  return {
    rpc_file: rpcFile(valued, env),
    method,
    params: paramsOf(args.slice(index + 1), input),
    style,
    filter,
    notices: notifications === 'none' ? undefined : notifications,
  };
}

function splitOption(argument: string): [string, string | undefined] {
  if (!argument.startsWith('--')) return [argument.slice(0, 2), argument.slice(2) || undefined];
  const at = argument.indexOf('=');
  return at < 0 ? [argument, undefined] : [argument.slice(0, at), argument.slice(at + 1)];
}

function rpcFile(valued: Readonly<Record<string, string>>, env: NodeJS.ProcessEnv): string {
  const network = valued.network ?? 'regtest';
  if (!isNetworkName(network)) throw new UsageError(`there is no network ${network}`);
  const dir = resolve(valued['lightning-dir'] ?? defaultDir(env));
  return resolve(join(dir, network), valued['rpc-file'] ?? 'lightning-rpc');
}

/** The parameters as JSON text. Words that are no literals become strings. */
function paramsOf(words: readonly string[], input: 'auto' | 'keywords' | 'ordered'): string {
  const isNamed = (word: string): boolean => /^[A-Za-z_][A-Za-z0-9_-]*=/.test(word);
  const named = input === 'keywords' || (input === 'auto' && words.length > 0 && words.every(isNamed));
  if (!named) return `[${words.map(literal).join(',')}]`;
  const members = words.map((word) => {
    const at = word.indexOf('=');
    if (at < 0) throw new UsageError(`with -k a parameter is name=value, not '${word}'`);
    return `${JSON.stringify(word.slice(0, at))}:${literal(word.slice(at + 1))}`;
  });
  return `{${members.join(',')}}`;
}

/** Digits, true, false, null and anything in brackets, braces or quotes is JSON already. */
function literal(word: string): string {
  const isBracketed = /^(\{.*\}|\[.*\]|".*")$/s.test(word) && isJson(word);
  return /^(\d+|-?\d+\.\d+|true|false|null)$/.test(word) || isBracketed ? word : JSON.stringify(word);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
