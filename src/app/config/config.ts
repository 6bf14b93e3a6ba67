/** The node's settings: defaults, then the config files, then the command line; each value knows where it came from. */
import { existsSync, readFileSync, type Stats, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { LONGEST_PATH_BYTES } from '../../api/server/unix-socket.ts';
import { parseMsat } from '../../base/types/amount.ts';
import { NETWORKS, type Network, type NetworkName } from '../../base/types/network.ts';
import { StoreFailure } from '../../infra/store/failure.ts';
import { DATABASE_FILE } from '../../infra/store/file-name.ts';
import { isPostgresDsn, parseTarget } from '../../infra/store/postgres/target.ts';
import { parseNetAddress } from '../../node/peers/net-address.ts';
import { type ForeignOption, LIGHTNINGD_OPTIONS } from './lightningd-options.ts';
import { nearestName } from './nearest.ts';
import { ConfigError, type OptionDefinition, ownPath, parseValue } from './option.ts';
import { OPTIONS, type OptionName, type OptionValues, SHORTHANDS } from './options.ts';
import { parseProvider } from './providers.ts';

/** An option as it was said. */
export interface Said {
  readonly name: OptionName;
  readonly value: unknown;
  /** `cmdline`, or `FILE:LINE`. */
  readonly source: string;
}

/** An option of Core Lightning that was taken and does nothing here. */
export interface Noted {
  /** What it was, where, and what Till does instead. */
  readonly note: string;
}

export interface Config {
  /** What the operator should know of options that do nothing here. */
  readonly notes: readonly string[];
  readonly values: Readonly<OptionValues>;
  readonly sources: Readonly<Record<OptionName, string>>;
  readonly network: Network;
  /** The directory for everything. */
  readonly lightning_dir: string;
  /** Where this network's files are: `lightning_dir/NETWORK`. */
  readonly network_dir: string;
  /** The Unix socket for commands, absolute. */
  readonly rpc_file: string;
  /** The file that is logged to; undefined: standard output. */
  readonly log_file: string | undefined;
  /** The config file that `setconfig` adds to: that of `conf`, else the network's own. It may not be there. */
  readonly own_conf: string;
}

/** Where a node lives when nobody says otherwise. Throws ConfigError. */
export function defaultDir(env: NodeJS.ProcessEnv): string {
  return env.TILL_DIR === undefined ? join(homedir(), '.till') : ownPath(env.TILL_DIR, 'TILL_DIR');
}

/** The port of Tor's SOCKS5 proxy. */
export const DEFAULT_PROXY_PORT = 9050;

/** The network's port for bitcoind's RPC. */
export const BITCOIND_PORTS: Record<NetworkName, number> = {
  bitcoin: 8332,
  testnet: 18332,
  testnet4: 48332,
  signet: 38332,
  regtest: 18443,
};

/** An onion service of version 3: the only ones that still exist. */
const ONION_V3 = /^[a-z2-7]{56}\.onion$/;

/** Reads arguments such as `--alias=shop`, `--alias shop` and `--daemon`. Throws ConfigError. */
export function parseArguments(args: readonly string[]): (Said | Noted)[] {
  const said: (Said | Noted)[] = [];
  for (let index = 0; index < args.length; index++) {
    const argument = args[index] as string;
    const match = /^--([^=]+)(?:=(.*))?$/s.exec(argument);
    if (match === null) throw new ConfigError(`'${argument}' is no option: options begin with --`);
    const [, name, given] = match as unknown as [string, string, string | undefined];
    let text = given;
    if (text === undefined && takesValue(name, 'command line')) text = args[++index];
    said.push(sayOne(name, text, 'command line', 'cmdline'));
  }
  return said;
}

/**
 * Reads a config file: a name or `name=value` a line, `#` begins a comment, `include FILE` reads another file there, whose
 * path counts from the file that names it. Throws ConfigError.
 */
export function parseFile(path: string, included_by: readonly string[] = []): (Said | Noted)[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError(`the config file ${path} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
  const said: (Said | Noted)[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const bare = line.trim();
    if (bare === '' || bare.startsWith('#')) continue;
    const at = bare.indexOf('=');
    const where = `${path}:${index + 1}`;
    const [, included] = /^include\s+(.+)$/.exec(bare) ?? [];
    if (included !== undefined) {
      const file = resolve(dirname(path), ownPath(included, where));
      const open = [...included_by, resolve(path)];
      if (open.includes(file)) throw new ConfigError(`${where}: ${file} includes itself`);
      said.push(...parseFile(file, open));
      continue;
    }
    const name = at < 0 ? bare : bare.slice(0, at).trim();
    said.push(sayOne(name, at < 0 ? undefined : bare.slice(at + 1).trim(), where, where));
  }
  return said;
}

/** Puts defaults, files and command line together. Throws ConfigError. */
export function loadConfig(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Config {
  const noted: string[] = [];
  const taken = (all: readonly (Said | Noted)[]): Said[] =>
    all.filter((each) => {
      if ('note' in each) noted.push(each.note);
      return !('note' in each);
    }) as Said[];
  const line = taken(parseArguments(args));
  const lastOf = (said: readonly Said[], name: OptionName): unknown =>
    said.findLast((each) => each.name === name)?.value;
  const lightning_dir = resolve((lastOf(line, 'lightning-dir') as string | undefined) ?? defaultDir(env));
  const conf = lastOf(line, 'conf') as string | undefined;
  const general = conf ?? join(lightning_dir, 'config');
  const files = conf !== undefined || existsSync(general) ? taken(parseFile(general)) : [];
  const network_name = (lastOf([...files, ...line], 'network') as NetworkName | undefined) ?? 'regtest';
  const own = join(lightning_dir, network_name, 'config');
  const own_files = conf === undefined && existsSync(own) ? taken(parseFile(own)) : [];
  refuseMisplaced([...files, ...own_files], ['lightning-dir', 'conf']);
  refuseMisplaced(own_files, ['network']);
  const all = [...files, ...own_files, ...line];

  const values: Record<string, unknown> = {};
  const sources: Record<string, string> = {};
  for (const [name, { default: value }] of Object.entries(OPTIONS)) {
    values[name] = value;
    sources[name] = 'default';
  }
  for (const { name, value, source } of all) {
    const isList = OPTIONS[name].kind === 'strings';
    values[name] = isList ? [...(values[name] as readonly string[]), value as string] : value;
    sources[name] = source;
  }
  const network_dir = join(lightning_dir, network_name);
  return {
    notes: noted,
    values: values as OptionValues,
    sources: sources as Record<OptionName, string>,
    network: NETWORKS[network_name],
    lightning_dir,
    network_dir,
    rpc_file: resolve(network_dir, values['rpc-file'] as string),
    log_file: values['log-file'] === '-' ? undefined : (values['log-file'] as string | undefined),
    own_conf: conf ?? own,
  };
}

/** These say where a file is read from: in that file they come too late. */
function refuseMisplaced(said: readonly Said[], names: readonly OptionName[]): void {
  const found = said.find(({ name }) => names.includes(name));
  if (found !== undefined) {
    throw new ConfigError(`${found.source}: ${found.name} cannot be said here, only before: on the command line`);
  }
}

/** Checks what no option alone can tell, before a node starts. Throws ConfigError. */
export function checkTogether({ values, network, network_dir, rpc_file, log_file }: Config): void {
  if (network.name === 'bitcoin' && !values['accept-real-money-risk']) {
    throw new ConfigError(
      'network=bitcoin is real money, and Till has not been proven with it: read SECURITY.md, then add --accept-real-money-risk',
    );
  }
  checkWallet(values, network_dir);
  if (values.daemon && log_file === undefined) {
    throw new ConfigError('daemon needs log-file: nobody would see the log otherwise');
  }
  if (values['always-use-proxy'] && values.proxy === undefined) {
    throw new ConfigError('always-use-proxy needs proxy=HOST:PORT: without one every peer would be called openly');
  }
  if (values.proxy !== undefined && parseNetAddress(values.proxy, DEFAULT_PROXY_PORT) === undefined) {
    throw new ConfigError(`proxy is HOST:PORT, not '${values.proxy}'`);
  }
  if (!/^0?[0-7]{3}$/.test(values['rpc-file-mode'])) {
    throw new ConfigError(`rpc-file-mode is an octal mode such as 0600, not '${values['rpc-file-mode']}'`);
  }
  if (values.rgb !== undefined && !/^[0-9a-fA-F]{6}$/.test(values.rgb)) {
    throw new ConfigError(`rgb is six hex digits, not '${values.rgb}'`);
  }
  if (values.alias !== undefined && Buffer.byteLength(values.alias) > 32) {
    throw new ConfigError('alias has at most 32 bytes');
  }
  const nowhere = values['announce-addr'].find((text) => {
    const address = parseNetAddress(text.replace(/^dns:/, ''), network.default_port);
    return address === undefined || (address.host.endsWith('.onion') && !ONION_V3.test(address.host));
  });
  if (nowhere !== undefined) {
    throw new ConfigError(`announce-addr is HOST:PORT, an onion service or dns:NAME:PORT, not '${nowhere}'`);
  }
  const names = [...values.addr, ...values['announce-addr']].filter((text) => isName(text, network.default_port));
  if (names.length > 1) {
    throw new ConfigError(`announce-addr: at most one name (dns:) can be announced, not ${names.join(' and ')}`);
  }
  for (const name of ['zeroconf-peer', 'undefended-peer'] as const) {
    const stranger = values[name].find((peer) => !/^0[23][0-9a-f]{64}$/.test(peer));
    if (stranger !== undefined) {
      throw new ConfigError(`${name} is a node id, 66 lowercase hex digits, not '${stranger}'`);
    }
  }
  const nobody = values.lsp.find((text) => parseProvider(text, network.default_port) === undefined);
  if (nobody !== undefined) throw new ConfigError(`lsp is NODE_ID@HOST:PORT, not '${nobody}'`);
  const ids = values.lsp.map((text) => parseProvider(text, network.default_port)?.node_id);
  if (new Set(ids).size < ids.length) throw new ConfigError('lsp: each provider is named once');
  for (const name of ['lsp-max-fee', 'inbound-keep', 'inbound-keep-limit'] as const) {
    if (parseMsat(values[name]) === undefined) {
      throw new ConfigError(`${name} is an amount such as 5000sat, not '${values[name]}'`);
    }
  }
  if (Buffer.byteLength(rpc_file) > LONGEST_PATH_BYTES) {
    throw new ConfigError(
      `rpc-file: the path of a socket has at most ${LONGEST_PATH_BYTES} bytes, and this is longer: ${rpc_file}`,
    );
  }
  if (dirname(rpc_file) !== network_dir && !existsSync(dirname(rpc_file))) {
    throw new ConfigError(`rpc-file: there is no directory ${dirname(rpc_file)}`);
  }
  const found = lookAt(rpc_file);
  if (found !== undefined && !found.isSocket()) {
    throw new ConfigError(`rpc-file: ${rpc_file} is there already and is no socket: it would be lost`);
  }
}

/** Whether the address is announced as a name (`localhost` is not): nobody passes an announcement with two on (BOLT 7). */
function isName(text: string, default_port: number): boolean {
  const host = parseNetAddress(text.replace(/^dns:/, ''), default_port)?.host;
  return host?.includes('.') === true && isIP(host) === 0 && !host.endsWith('.onion');
}

/** A database is a server's, or the file in its place. Throws ConfigError. */
function checkWallet({ wallet, standby }: Readonly<OptionValues>, network_dir: string): void {
  if (standby && (wallet === undefined || !isPostgresDsn(wallet))) {
    throw new ConfigError(
      'standby needs a database that two nodes can reach: wallet=postgres://USER@HOST:PORT/DATABASE',
    );
  }
  if (wallet === undefined) return;
  const file = join(network_dir, DATABASE_FILE);
  if (wallet === `sqlite3://${file}`) return;
  if (!isPostgresDsn(wallet)) {
    throw new ConfigError(
      `wallet is postgres://USER@HOST:PORT/DATABASE; without it the database is SQLite, in ${file}`,
    );
  }
  try {
    parseTarget(wallet);
  } catch (error) {
    throw error instanceof StoreFailure ? new ConfigError(error.message) : error;
  }
}

/** What stands at the path of the socket; undefined when nothing does. */
function lookAt(rpc_file: string): Stats | undefined {
  try {
    return statSync(rpc_file, { throwIfNoEntry: false });
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? error.code : error;
    throw new ConfigError(`rpc-file: ${rpc_file} cannot be reached (${reason})`);
  }
}

/** What an option of Core Lightning is here. Throws ConfigError for one that Till cannot do without a word. */
function foreign(name: string, where: string): ForeignOption | undefined {
  if (Object.hasOwn(OPTIONS, name) || !Object.hasOwn(LIGHTNINGD_OPTIONS, name)) return undefined;
  const option = LIGHTNINGD_OPTIONS[name] as ForeignOption;
  if ('same_as' in option || option.taken) return option;
  throw new ConfigError(
    `${where}: ${name} is an option of Core Lightning that Till does not have: ${option.till}. Leave it out`,
  );
}

function takesValue(name: string, where: string): boolean {
  const option = foreign(name, where);
  if (option !== undefined) return 'same_as' in option || option.takes_value;
  return find(name, where).option.kind !== 'flag' && !Object.hasOwn(SHORTHANDS, name);
}

function sayOne(name: string, text: string | undefined, where: string, source: string): Said | Noted {
  const other = foreign(name, where);
  if (other !== undefined) {
    if ('same_as' in other) return sayOne(other.same_as, text, where, source);
    return { note: `${where}: ${name} is an option of Core Lightning and does nothing here: ${other.till}` };
  }
  const shorthand = Object.hasOwn(SHORTHANDS, name) ? SHORTHANDS[name] : undefined;
  if (shorthand !== undefined) {
    const [stands_for, value] = shorthand;
    if (text === undefined) return { name: stands_for, value, source };
    throw new ConfigError(`${where}: ${name} takes no value, and stands for ${stands_for}=${value}`);
  }
  const { option } = find(name, where);
  return { name: name as OptionName, value: parseValue(name, option, text, where), source };
}

function find(name: string, where: string): { option: OptionDefinition } {
  if (Object.hasOwn(SHORTHANDS, name)) return { option: OPTIONS.daemon };
  if (Object.hasOwn(OPTIONS, name)) return { option: OPTIONS[name as OptionName] };
  const nearest = nearestName(name, [...Object.keys(OPTIONS), ...Object.keys(SHORTHANDS)]);
  const hint = nearest === undefined ? 'see till start --help' : `did you mean --${nearest}?`;
  throw new ConfigError(`${where}: there is no option ${name}; ${hint}`);
}
