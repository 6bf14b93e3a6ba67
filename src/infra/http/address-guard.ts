/**
 * Which addresses others may have us connect to. Whoever may create a webhook, or is paid at a Lightning address, could
 * otherwise have the node talk to what only its own network reaches: a router, a database, a cloud's metadata. A name is judged by what it resolves to when the connection is
 * made, not before: what it resolves to may change between the two.
 */
import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { BlockList, isIP, isIPv6, type LookupFunction } from 'node:net';

/** Addresses of IPv4 that are not everybody's (IANA's special-purpose registry, and multicast). */
const PRIVATE_IPV4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const;
/** All public unicast addresses of IPv6 lie here. */
const PUBLIC_IPV6 = ['2000::', 3] as const;
/** Of those, what is not everybody's, or hides an IPv4 address (Teredo, 6to4). */
const PRIVATE_IPV6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const;

const private_ranges = new BlockList();
for (const [address, prefix] of PRIVATE_IPV4) private_ranges.addSubnet(address, prefix, 'ipv4');
const private_ipv6 = new BlockList();
for (const [address, prefix] of PRIVATE_IPV6) private_ipv6.addSubnet(address, prefix, 'ipv6');
const public_ipv6 = new BlockList();
public_ipv6.addSubnet(...PUBLIC_IPV6, 'ipv6');

/** Whether an IP address is of the public internet. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !private_ranges.check(address, 'ipv4');
  if (family !== 6 || address.includes('%')) return false;
  return public_ipv6.check(address, 'ipv6') && !private_ipv6.check(address, 'ipv6');
}

/** The address of a name is not public. */
export class PrivateAddressError extends Error {
  override readonly name = 'PrivateAddressError';

  /** `option`: the one that permits it. */
  constructor(host: string, address: string, option: string) {
    const what = host === address ? `${address} is` : `${host} is ${address},`;
    super(`${what} a private address: start Till with --${option}=${host} to permit it`);
  }
}

/** The host of a URL as names are compared: without the brackets of IPv6. */
export function hostNameOf(url: URL): string {
  return isIPv6(url.hostname.slice(1, -1)) ? url.hostname.slice(1, -1) : url.hostname;
}

export interface AddressGuardOptions {
  /** Hosts that may be private. */
  readonly allowed: ReadonlySet<string>;
  /** The option that names them, for errors. Default: that of webhooks. */
  readonly option?: string;
  /** Default: the system's. */
  readonly lookup?: typeof systemLookup;
}

export class AddressGuard {
  /** The option that names hosts that may be private. */
  readonly option: string;
  readonly #allowed: ReadonlySet<string>;
  readonly #lookup: typeof systemLookup;

  constructor({ allowed, option = 'webhook-allow-private', lookup = systemLookup }: AddressGuardOptions) {
    this.option = option;
    this.#allowed = new Set([...allowed].map((host) => host.toLowerCase()));
    this.#lookup = lookup;
  }

  /** Whether this host may be private. */
  allows(host: string): boolean {
    return this.#allowed.has(host);
  }

  /** Throws PrivateAddressError for a host that is a private address itself: no name is looked up for it. */
  judge(host: string): void {
    if (isIP(host) !== 0 && !this.allows(host) && !isPublicAddress(host)) {
      throw new PrivateAddressError(host, host, this.option);
    }
  }

  /** For the `lookup` of a connection: what is not allowed is not connected to. One private address refuses the name. */
  readonly lookup: LookupFunction = (host, options, callback) => {
    this.#lookup(host, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, []);
      const addresses = found as LookupAddress[];
      const bad = this.allows(host) ? undefined : addresses.find(({ address }) => !isPublicAddress(address));
      if (bad !== undefined) return callback(new PrivateAddressError(host, bad.address, this.option), []);
      if (options.all === true) return callback(null, addresses);
      const [first] = addresses;
      callback(null, first?.address ?? '', first?.family);
    });
  };
}
