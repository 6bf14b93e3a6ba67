/** Where a node listens: `host:port`, `[2001:db8::1]:port`, a name, or a Tor onion service. */
import { isIP, isIPv6 } from 'node:net';
import { parseWholeNumber } from '../../base/types/decimal.ts';

export interface NetAddress {
  /** An IPv4 or IPv6 address without brackets, or a name, lowercase. */
  readonly host: string;
  readonly port: number;
}

/** Parses an address; the port may be left out. Undefined when it is none. */
export function parseNetAddress(text: string, default_port: number): NetAddress | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d+))?$/.exec(text);
  // A bare IPv6 address has no room for a port.
  if (match === null) return isIPv6(text) ? { host: text.toLowerCase(), port: default_port } : undefined;
  const [, bracketed, plain, digits] = match;
  const host = (bracketed ?? plain ?? '').toLowerCase();
  const port = digits === undefined ? default_port : Number(parseWholeNumber(digits, 65_535n) ?? 0n);
  if (port < 1) return undefined;
  if (bracketed !== undefined) return isIPv6(host) ? { host, port } : undefined;
  return isIP(host) !== 0 || isHostName(host) ? { host, port } : undefined;
}

/** The address as people write it. */
export function formatNetAddress({ host, port }: NetAddress): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether only a proxy (Tor) can reach it. */
export function isOnion({ host }: NetAddress): boolean {
  return host.endsWith('.onion');
}

function isHostName(host: string): boolean {
  return (
    host.length <= 253 && host.split('.').every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label))
  );
}
