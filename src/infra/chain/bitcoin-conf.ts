/**
 * Where bitcoind is and how it is asked, found as bitcoin-cli finds it: its directory, bitcoin.conf in there with the
 * section of the network, and the cookie file that bitcoind writes when it starts.
 */
import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import type { NetworkName } from '../../base/types/network.ts';
import { ChainError } from './backend.ts';

/** What bitcoind calls the networks: in its answers, and as sections of bitcoin.conf. */
export const CHAIN_NAMES: Readonly<Record<NetworkName, string>> = {
  bitcoin: 'main',
  testnet: 'test',
  testnet4: 'testnet4',
  signet: 'signet',
  regtest: 'regtest',
};

/** Where each network's files lie in bitcoind's directory. */
const DATA_FOLDERS: Readonly<Record<NetworkName, string>> = {
  bitcoin: '',
  testnet: 'testnet3',
  testnet4: 'testnet4',
  signet: 'signet',
  regtest: 'regtest',
};

/** Said outside of a section, this counts on mainnet only. */
const MAINNET_UNLESS_IN_SECTION: ReadonlySet<string> = new Set(['rpcport']);

/** What was found. What bitcoin.conf does not say is undefined. */
export interface FoundBitcoind {
  readonly host: string | undefined;
  readonly port: number | undefined;
  /** `USER:PASSWORD`; undefined: the cookie is used. */
  readonly login: string | undefined;
  readonly cookie_file: string;
}

/** bitcoind's own directory when nobody says otherwise. */
export function defaultBitcoinDir(home: string, platform: NodeJS.Platform = process.platform): string {
  return platform === 'darwin' ? join(home, 'Library', 'Application Support', 'Bitcoin') : join(home, '.bitcoin');
}

/**
 * Looks in the directory, or in the default one. Only there bitcoin.conf may name another directory: what is said on a
 * command line counts more. Throws ChainError when bitcoin.conf cannot be read.
 */
export function findBitcoind(network: NetworkName, datadir: string | undefined, home: string): FoundBitcoind {
  const looked_in = datadir ?? defaultBitcoinDir(home);
  const conf = readConf(join(looked_in, 'bitcoin.conf'), looked_in);
  const value = (name: string): string | undefined => lookUp(conf, name, network);
  const own_dir = datadir === undefined ? (value('datadir') ?? looked_in) : datadir;
  const network_dir = join(own_dir, DATA_FOLDERS[network]);
  const cookie = value('rpccookiefile') ?? '.cookie';
  const password = value('rpcpassword');
  const port = Number(value('rpcport') ?? Number.NaN);
  return {
    host: value('rpcconnect'),
    port: Number.isInteger(port) && port > 0 && port <= 0xffff ? port : undefined,
    login: password === undefined ? undefined : `${value('rpcuser') ?? ''}:${password}`,
    cookie_file: isAbsolute(cookie) ? cookie : join(network_dir, cookie),
  };
}

/** A line of bitcoin.conf: `section` is empty where none has begun. */
interface Line {
  readonly section: string;
  readonly name: string;
  readonly value: string;
}

/** The lines of the file and of those that it includes; none when there is no file. */
function readConf(path: string, datadir: string, is_included = false): readonly Line[] {
  if (!existsSync(path)) return [];
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? error.code : error;
    throw new ChainError(
      `${path} cannot be read (${reason}): run Till as the user of bitcoind, or set bitcoin-rpcuser and bitcoin-rpcpassword`,
    );
  }
  const lines: Line[] = [];
  let section = '';
  for (const whole of text.split('\n')) {
    const line = whole.replace(/#.*/, '').trim();
    const header = /^\[(.+)\]$/.exec(line);
    const at = line.indexOf('=');
    if (header !== null) section = header[1] as string;
    else if (at > 0) lines.push(prefixed(section, line.slice(0, at).trim(), line.slice(at + 1).trim()));
  }
  const included = is_included ? [] : lines.filter(({ name }) => name === 'includeconf');
  return [...lines, ...included.flatMap(({ value }) => readConf(resolve(datadir, value), datadir, true))];
}

/** `regtest.rpcport=1` is `rpcport=1` in the section `[regtest]`. */
function prefixed(section: string, name: string, value: string): Line {
  const at = name.indexOf('.');
  return at < 0 ? { section, name, value } : { section: name.slice(0, at), name: name.slice(at + 1), value };
}

/** The network's own section counts most, and of several lines the first. */
function lookUp(lines: readonly Line[], name: string, network: NetworkName): string | undefined {
  const own = CHAIN_NAMES[network];
  const isGeneral = network === 'bitcoin' || !MAINNET_UNLESS_IN_SECTION.has(name);
  return (
    lines.find((line) => line.section === own && line.name === name) ??
    (isGeneral ? lines.find((line) => line.section === '' && line.name === name) : undefined)
  )?.value;
}
