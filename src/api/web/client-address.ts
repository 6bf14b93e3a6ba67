/**
 * Who a request comes from, and how. A proxy in front of Till names its client in `X-Forwarded-For`, and in
 * `X-Forwarded-Proto` how that client came; anybody can write these headers, so they are believed from the addresses that
 * the operator has named, and from nobody else.
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

  /** Whether a trusted proxy says that its client came without TLS. Of several proxies the nearest to Till counts. */
  isInTheClear(request: IncomingMessage): boolean {
    if (!this.#isTrusted(plain(request.socket.remoteAddress ?? ''))) return false;
    const header = request.headers['x-forwarded-proto'];
    const words = (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',');
    return words.at(-1)?.trim().toLowerCase() === 'http';
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
