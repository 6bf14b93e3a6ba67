/** `remote_addr` of init: the address at which the sender sees the receiver (BOLT 1; BOLT 7 for its form). */
import { isIPv4, isIPv6 } from 'node:net';
import { ipv6Bytes } from '../../base/types/ipv6.ts';
import { formatNetAddress, parseNetAddress } from './net-address.ts';

const IPV4 = 1;
const IPV6 = 2;
const IPV4_LENGTH_BYTES = 4;
const IPV6_LENGTH_BYTES = 16;

/**
 * The field's bytes. Undefined for an address that is no IP address (a proxy hides those, and a name says nothing new), and
 * for one with a zone (`fe80::1%eth0`): it is good on one link only, and the zone is our own name for that.
 */
export function encodeRemoteAddress(text: string): Uint8Array | undefined {
  const address = parseNetAddress(text, 0);
  if (address === undefined || address.port === 0 || address.host.includes('%')) return undefined;
  const host = address.host.replace(/^::ffff:(?=[\d.]+$)/, '');
  const port = Buffer.alloc(2);
  port.writeUInt16BE(address.port);
  if (isIPv4(host)) return Buffer.concat([Buffer.of(IPV4, ...host.split('.').map(Number)), port]);
  if (isIPv6(host)) return Buffer.concat([Buffer.of(IPV6), ipv6Bytes(host), port]);
  return undefined;
}

/** The address as people write it. Undefined when the bytes are of a kind that we do not know. */
export function decodeRemoteAddress(bytes: Uint8Array): string | undefined {
  const data = Buffer.from(bytes);
  const [kind] = data;
  if (kind === IPV4 && data.length === 1 + IPV4_LENGTH_BYTES + 2) {
    return formatNetAddress({ host: [...data.subarray(1, 5)].join('.'), port: data.readUInt16BE(5) });
  }
  if (kind !== IPV6 || data.length !== 1 + IPV6_LENGTH_BYTES + 2) return undefined;
  const groups = Array.from({ length: 8 }, (_, index) => data.readUInt16BE(1 + 2 * index).toString(16));
  // The URL parser shortens it as people write it.
  const host = new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
  return formatNetAddress({ host, port: data.readUInt16BE(17) });
}

/**
 * By what connections from this host are counted: whoever has one address of an IPv6 network of 64 bits has them all. What
 * is no IP address stands for itself.
 */
export function countedHost(host: string): string {
  const plain = host.replace(/^::ffff:(?=[\d.]+$)/, '');
  return isIPv6(plain) ? `${ipv6Bytes(plain).subarray(0, 8).toString('hex')}/64` : plain;
}
