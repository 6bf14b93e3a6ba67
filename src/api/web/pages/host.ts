/**
 * Which names the pages answer to. A page of another site may let its own name lead to this machine (DNS rebinding), and
 * would then be of the same origin: what is asked by a name that is not ours is not answered.
 */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { ipv6Bytes } from '../../../base/types/ipv6.ts';

/** What the server of the pages knows of its own address. */
export interface OwnAddress {
  readonly is_tls: boolean;
  /** Such as `https://pay.example`, without a slash at the end. */
  readonly public_url: string | undefined;
}

/** The name that a request asks for: HTTP/2 has it in a field of its own. */
function hostOf({ headers }: IncomingMessage): string {
  const host = headers[':authority'] ?? headers.host ?? '';
  return (Array.isArray(host) ? '' : host).toLowerCase();
}

/** The address under which the pages were asked, without a slash at the end; undefined when it is not ours. */
export function originAsked(request: IncomingMessage, { is_tls, public_url }: OwnAddress): string | undefined {
  const asked = hostOf(request);
  if (public_url !== undefined && asked === new URL(public_url).host) return public_url;
  const [, name = '', port] = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::(\d{1,5}))?$/.exec(asked) ?? [];
  const { localAddress = '', localPort } = request.socket;
  if (port !== undefined ? Number(port) !== localPort : localPort !== (is_tls ? 443 : 80)) return undefined;
  const address = name.replace(/^\[(.*)\]$/, '$1');
  const own = localAddress.replace(/^::ffff:(?=\d+\.)/, '');
  // An address is not a name that somebody could lead elsewhere; that the connection came to it, Node knows.
  const isOwn = name === 'localhost' || (isIP(address) !== 0 && sameAddress(address, own));
  return isOwn ? `${is_tls ? 'https' : 'http'}://${asked}` : undefined;
}

function sameAddress(one: string, other: string): boolean {
  if (one === other) return true;
  if (isIP(one) !== 6 || isIP(other) !== 6) return false;
  return ipv6Bytes(one).equals(ipv6Bytes(other));
}

/**
 * Whether a request that changes something comes from a page of ours. Browsers say so in Sec-Fetch-Site, older ones in
 * Origin; what says neither is no browser that a visitor uses.
 */
export function isFromOwnPage(request: IncomingMessage, origin: string): boolean {
  const { 'sec-fetch-site': site, origin: from } = request.headers;
  if (site !== undefined) return site === 'same-origin';
  return from !== undefined && from === origin;
}
