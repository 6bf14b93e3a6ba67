/** Where a node can be reached, as it says in its announcement (BOLT 7, Address descriptors). */
import { base32nopad } from '@scure/base';
import { ipv6Bytes } from '../../base/types/ipv6.ts';

/** An address by its type's name in Core Lightning. */
export interface NodeAddress {
  readonly type: 'ipv4' | 'ipv6' | 'torv3' | 'dns';
  readonly address: string;
  readonly port: number;
}

/** The addresses of an announcement, and whether others may hear of it. */
export interface ReadAddresses {
  readonly addresses: readonly NodeAddress[];
  /** More than one DNS name: nobody should pass that on. */
  readonly may_forward: boolean;
}

const IPV4 = 1;
const IPV6 = 2;
const TOR_V2 = 3;
const TOR_V3 = 4;
const DNS = 5;
const LENGTHS: Readonly<Record<number, number>> = { [IPV4]: 4, [IPV6]: 16, [TOR_V2]: 10, [TOR_V3]: 35 };
const TOR_SUFFIX = '.onion';

/** Reads the field. Undefined when an address does not fit. What follows an unknown type cannot be read, and is left. */
export function readAddresses(bytes: Buffer): ReadAddresses | undefined {
  const addresses: NodeAddress[] = [];
  let dns_names = 0;
  let at = 0;
  while (at < bytes.length) {
    const type = bytes[at++] as number;
    const dns_length = type === DNS ? bytes[at++] : undefined;
    if (type === DNS && dns_length === undefined) return undefined;
    const length = dns_length ?? LENGTHS[type];
    if (length === undefined) break;
    if (at + length + 2 > bytes.length) return undefined;
    const body = bytes.subarray(at, at + length);
    const port = bytes.readUInt16BE(at + length);
    at += length + 2;
    if (type === DNS && ++dns_names > 1) continue;
    const address = textOf(type, body);
    if (address !== undefined && port !== 0) addresses.push({ ...address, port });
  }
  return { addresses, may_forward: dns_names <= 1 };
}

/** Writes the field, in ascending order of types. Throws RangeError for an address that has no such form. */
export function writeAddresses(addresses: readonly NodeAddress[]): Buffer {
  const encoded = addresses.map((each) => encodeAddress(each)).sort((a, b) => (a[0] as number) - (b[0] as number));
  return Buffer.concat(encoded);
}

function encodeAddress({ type, address, port }: NodeAddress): Buffer {
  const end = Buffer.alloc(2);
  end.writeUInt16BE(port);
  switch (type) {
    case 'ipv4':
      return Buffer.concat([Buffer.of(IPV4), Buffer.from(address.split('.').map(Number)), end]);
    case 'ipv6':
      return Buffer.concat([Buffer.of(IPV6), ipv6Bytes(address), end]);
    case 'torv3':
      return Buffer.concat([
        Buffer.of(TOR_V3),
        base32nopad.decode(address.slice(0, -TOR_SUFFIX.length).toUpperCase()),
        end,
      ]);
    case 'dns': {
      const name = Buffer.from(address, 'ascii');
      if (name.length > 255) throw new RangeError(`a name of ${name.length} bytes does not fit an announcement`);
      return Buffer.concat([Buffer.of(DNS, name.length), name, end]);
    }
  }
}

function textOf(type: number, body: Buffer): Omit<NodeAddress, 'port'> | undefined {
  switch (type) {
    case IPV4:
      return { type: 'ipv4', address: body.join('.') };
    case IPV6:
      return { type: 'ipv6', address: ipv6Text(body) };
    case TOR_V3:
      return { type: 'torv3', address: `${base32nopad.encode(body).toLowerCase()}${TOR_SUFFIX}` };
    case DNS: {
      const name = body.toString('latin1');
      return /^[A-Za-z0-9._-]+$/.test(name) ? { type: 'dns', address: name } : undefined;
    }
    default:
      return undefined;
  }
}

/** The longest run of zero groups is left out (RFC 5952). */
function ipv6Text(body: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => body.readUInt16BE(2 * index));
  let [best_at, best_length] = [-1, 1];
  for (let at = 0; at < 8; at++) {
    let length = 0;
    while (groups[at + length] === 0) length++;
    if (length > best_length) [best_at, best_length] = [at, length];
  }
  const hex = (some: readonly number[]): string => some.map((group) => group.toString(16)).join(':');
  if (best_at === -1) return hex(groups);
  return `${hex(groups.slice(0, best_at))}::${hex(groups.slice(best_at + best_length))}`;
}
