/**
 * Where a database on a server is: read from a DSN as libpq spells it, and as Core Lightning's `wallet` takes it. No error
 * shows what was given: there may be a password in it.
 */
import { userInfo } from 'node:os';
import { Secret } from '../../../base/types/secret.ts';
import { StoreFailure } from '../failure.ts';

/** How far TLS is asked for, in libpq's words. */
export type SslMode = 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

/** One place where the server may answer. */
export interface ServerAddress {
  /** A name, an address, or the directory of a Unix socket. */
  readonly host: string;
  readonly port: number;
}

/** A database on a server. */
export interface PostgresTarget {
  /** Tried in this order until one of them takes writes. */
  readonly addresses: readonly ServerAddress[];
  readonly database: string;
  readonly user: string;
  readonly password: Secret<string> | undefined;
  readonly sslmode: SslMode;
  /** Files of certificates and of the key, as the DSN names them. */
  readonly sslrootcert: string | undefined;
  readonly sslcert: string | undefined;
  readonly sslkey: string | undefined;
  /** Settings of the server for each connection, such as `-c search_path=till`. */
  readonly options: string | undefined;
  /** For people, without the password. */
  readonly name: string;
}

const PREFIX = /^postgres(?:ql)?:\/\//;
const DEFAULT_PORT = 5432;
const SSL_MODES: readonly string[] = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'];
const PARAMETERS: readonly string[] = [
  ...['host', 'port', 'dbname', 'user', 'password', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'options'],
  'target_session_attrs',
];

/** Whether the text names a database on a PostgreSQL server. */
export function isPostgresDsn(dsn: string): boolean {
  return PREFIX.test(dsn);
}

/** Whether nobody can listen between us and this host. */
export function isLocal(host: string): boolean {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** Reads a DSN. Throws StoreFailure with a sentence that says what is wrong with it. */
export function parseTarget(dsn: string): PostgresTarget {
  const text = dsn.replace(PREFIX, '');
  const given = /^\s*\w+\s*=/.test(text) ? readPairs(text) : readUri(text);
  const unknown = [...given.keys()].find((name) => !PARAMETERS.includes(name));
  if (unknown !== undefined) throw wrong(`it has no parameter ${unknown}; there are ${PARAMETERS.join(', ')}`);
  const attributes = given.get('target_session_attrs');
  if (attributes !== undefined && attributes !== 'read-write' && attributes !== 'primary') {
    throw wrong('target_session_attrs is read-write: Till writes');
  }
  const addresses = readAddresses(given.get('host') ?? '', given.get('port') ?? '');
  const user = given.get('user') ?? userInfo().username;
  const database = given.get('dbname') ?? user;
  const password = given.get('password');
  return {
    addresses,
    database,
    user,
    password: password === undefined ? undefined : new Secret(password),
    sslmode: readSslMode(given.get('sslmode'), addresses),
    sslrootcert: given.get('sslrootcert'),
    sslcert: given.get('sslcert'),
    sslkey: given.get('sslkey'),
    options: given.get('options'),
    name: `${database} on ${addresses.map(({ host, port }) => `${host}:${port}`).join(', ')}`,
  };
}

function wrong(what: string): StoreFailure {
  return new StoreFailure(
    `wallet: ${what} (it is postgres://USER@HOST:PORT/DATABASE?sslmode=MODE; a character that means something there is ` +
      'written as % and two hex digits)',
  );
}

/** `host=db dbname=till password='a b'`. */
function readPairs(text: string): Map<string, string> {
  const given = new Map<string, string>();
  const pair = /\s*(\w+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s'\\]|\\.)*))(?=\s|$)/gsy;
  let end = 0;
  for (const [found, name, quoted, bare] of text.matchAll(pair)) {
    given.set(name as string, (quoted ?? bare ?? '').replaceAll(/\\(.)/gs, '$1'));
    end += found.length;
  }
  if (text.slice(end).trim() !== '')
    throw wrong(`what comes behind the parameter ${[...given.keys()].at(-1)} is no NAME=VALUE`);
  return given;
}

/** `user:password@host:port,host:port/database?name=value&name=value`. */
function readUri(text: string): Map<string, string> {
  const match = /^(?:([^/?]*)@)?([^/?@]*)(?:\/([^?]*))?(?:\?(.*))?$/s.exec(text);
  if (match === null) throw wrong('it cannot be read');
  const [, login, places = '', database, query] = match;
  const given = new Map<string, string>();
  const [user, password] = login === undefined ? [] : splitOnce(login, ':');
  const hosts = places.split(',').map((place) => /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(place));
  if (hosts.includes(null)) throw wrong('a host is HOST:PORT, and an address of IPv6 stands in []');
  const values: Record<string, string | undefined> = {
    user,
    password,
    host: places === '' ? undefined : hosts.map((host) => (host?.[1] ?? '').replaceAll(/[[\]]/g, '')).join(','),
    port: hosts.some((host) => host?.[2] !== undefined) ? hosts.map((host) => host?.[2] ?? '').join(',') : undefined,
    dbname: database === '' ? undefined : database,
  };
  for (const [name, value] of Object.entries(values)) if (value !== undefined) given.set(name, decoded(name, value));
  for (const pair of (query ?? '').split('&').filter((each) => each !== '')) {
    const [name, value] = splitOnce(pair, '=');
    given.set(name, decoded(name, value ?? ''));
  }
  return given;
}

function splitOnce(text: string, at: string): [string, string | undefined] {
  const index = text.indexOf(at);
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)];
}

function decoded(name: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw wrong(`a % in ${name} is followed by two hex digits`);
  }
}

function readAddresses(hosts: string, ports: string): readonly ServerAddress[] {
  const all_hosts = hosts.split(',');
  const all_ports = ports.split(',');
  if (all_ports.length > 1 && all_ports.length !== all_hosts.length)
    throw wrong('there are as many ports as hosts, or one');
  return all_hosts.map((host, index) => {
    const text = (all_ports.length > 1 ? all_ports[index] : all_ports[0]) ?? '';
    const port = text === '' ? DEFAULT_PORT : Number(text);
    if (!/^\d*$/.test(text) || port < 1 || port > 65_535) throw wrong('a port is a number from 1 to 65535');
    return { host: host === '' ? 'localhost' : host, port };
  });
}

/** What is said between two machines can be read and changed on the way: less than a proven server is asked for by name. */
function readSslMode(text: string | undefined, addresses: readonly ServerAddress[]): SslMode {
  const far = addresses.find(({ host }) => !isLocal(host));
  if (text === undefined) return far === undefined ? 'prefer' : 'verify-full';
  if (!SSL_MODES.includes(text)) throw wrong(`sslmode is one of ${SSL_MODES.join(', ')}`);
  if (far !== undefined && text !== 'verify-full' && text !== 'disable') {
    throw wrong(
      `sslmode=${text} does not prove that ${far.host} is your server: use verify-full (with sslrootcert=FILE for an ` +
        'authority of your own), or disable if the network between is yours alone',
    );
  }
  return text as SslMode;
}
