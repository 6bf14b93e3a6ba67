/** The SOCKS5 proxy that the options name, for peers and webhooks. */
import { type NetAddress, parseNetAddress } from '../../node/peers/index.ts';
import { type Config, DEFAULT_PROXY_PORT } from '../config/config.ts';

/** Undefined when there is none. */
export function proxyOf({ values }: Config): NetAddress | undefined {
  return values.proxy === undefined ? undefined : parseNetAddress(values.proxy, DEFAULT_PROXY_PORT);
}
