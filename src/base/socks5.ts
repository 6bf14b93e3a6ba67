/** A SOCKS5 client (RFC 1928), as far as Tor asks for one: no authentication, CONNECT, names resolved by the proxy. */
import { isIPv4, isIPv6 } from 'node:net';
import type { Duplex } from 'node:stream';
import { ipv6Bytes } from './types/ipv6.ts';

/** What the proxy is asked to connect to: a name, or an address without brackets. */
export interface ProxyTarget {
  readonly host: string;
  readonly port: number;
}

/** The proxy refused, or is none. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
}

const VERSION = 5;
const NO_AUTHENTICATION = 0;
const CONNECT = 1;
const IPV4 = 1;
const NAME = 3;
const IPV6 = 4;

/** What a reply's code means (RFC 1928, section 6). */
const REPLIES: Readonly<Record<number, string>> = {
  1: 'general failure',
  2: 'not allowed',
  3: 'network unreachable',
  4: 'host unreachable',
  5: 'connection refused',
  6: 'time to live expired',
  7: 'command not supported',
  8: 'address type not supported',
};

/**
 * Asks the proxy at the other end of the stream to connect it to the target. Resolves when what is written next reaches
 * the target; nothing that the target says is read. Throws ProxyError. Time-outs are the caller's: destroy the stream.
 */
export async function connectThroughProxy(stream: Duplex, target: ProxyTarget): Promise<void> {
  stream.write(Buffer.of(VERSION, 1, NO_AUTHENTICATION));
  const [version, method] = (await readExactly(stream, 2)) as unknown as [number, number];
  if (version !== VERSION) throw new ProxyError('the proxy does not speak SOCKS5');
  if (method !== NO_AUTHENTICATION) throw new ProxyError('the proxy asks for a user name and a password');

  const port = Buffer.alloc(2);
  port.writeUInt16BE(target.port);
  stream.write(Buffer.concat([Buffer.of(VERSION, CONNECT, 0), encodeHost(target.host), port]));
  const [reply_version, code, , kind] = (await readExactly(stream, 4)) as unknown as [number, number, number, number];
  if (reply_version !== VERSION) throw new ProxyError('the proxy does not speak SOCKS5');
  if (code !== 0) throw new ProxyError(`the proxy cannot connect: ${REPLIES[code] ?? `code ${code}`}`);
  // The address that the proxy uses on its other side: of no use to us, but it must be read.
  const length = kind === IPV4 ? 4 : kind === IPV6 ? 16 : kind === NAME ? (await readExactly(stream, 1))[0] : undefined;
  if (length === undefined) throw new ProxyError(`the proxy answers with an address of unknown type ${kind}`);
  await readExactly(stream, length + 2);
}

function encodeHost(host: string): Uint8Array {
  if (isIPv4(host)) return Uint8Array.of(IPV4, ...host.split('.').map(Number));
  if (isIPv6(host)) return Uint8Array.of(IPV6, ...ipv6Bytes(host));
  const name = Buffer.from(host, 'ascii');
  if (name.length > 255) throw new ProxyError('the name is too long for SOCKS5');
  return Buffer.concat([Buffer.of(NAME, name.length), name]);
}

/** Exactly so many bytes; the rest stays in the stream. */
function readExactly(stream: Duplex, length: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const finish = (run: () => void): void => {
      stream.off('readable', attempt).off('end', closed).off('close', closed).off('error', closed);
      run();
    };
    const closed = (): void => finish(() => reject(new ProxyError('the proxy closed the connection')));
    const attempt = (): void => {
      const bytes = stream.read(length) as Buffer | null;
      if (bytes === null) return;
      // At the end of a stream, read() gives what is left even when that is less.
      finish(() =>
        bytes.length === length ? resolve(bytes) : reject(new ProxyError('the proxy closed the connection')),
      );
    };
    stream.on('readable', attempt).on('end', closed).on('close', closed).on('error', closed);
    if (stream.destroyed || stream.readableEnded) closed();
    else attempt();
  });
}
