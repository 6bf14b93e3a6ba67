/**
 * Who a request comes from. A proxy in front of Till names its client in `X-Forwarded-For`; anybody can write that header,
 * so it is believed from the addresses that the operator has named, and from nobody else.
 */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

export class ClientAddresses {
  readonly #trusted = new BlockList();

  /** Throws RangeError for what is no address. */
  constructor(trusted_proxies: readonly string[]) {
    for (const address of trusted_proxies) {
      const family = isIP(address);
      if (family === 0) throw new RangeError(`${address} is no IP address`);
      this.#trusted.addAddress(address, family === 4 ? 'ipv4' : 'ipv6');
    }
  }

  /** The address of the client itself: the last one that no trusted proxy has. */
  of(request: IncomingMessage): string {
    const peer = plain(request.socket.remoteAddress ?? '');
    if (!this.#isTrusted(peer)) return peer;
    const header = request.headers['x-forwarded-for'];
    const forwarded = (Array.isArray(header) ? header.join(',') : (header ?? ''))
      .split(',')
      .map((part) => plain(part.trim()));
    return forwarded.findLast((address) => isIP(address) !== 0 && !this.#isTrusted(address)) ?? peer;
  }

  #isTrusted(address: string): boolean {
    const family = isIP(address);
    return family !== 0 && this.#trusted.check(address, family === 4 ? 'ipv4' : 'ipv6');
  }
}

/** An IPv4 address that came over IPv6, as what it is. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, '');
}
