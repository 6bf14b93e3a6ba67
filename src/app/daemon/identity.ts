/** How the node presents itself to the network: name, color, and where it can be reached. */
import { isIPv4, isIPv6 } from 'node:net';
import type { NodeId } from '../../base/types/brand.ts';
import type { OwnContent } from '../../node/network/own-announcement.ts';
import { INIT_FEATURES, type NetAddress, parseNetAddress } from '../../node/peers/index.ts';
import type { NodeAddress } from '../../protocol/gossip/addresses.ts';
import type { Config } from '../config/config.ts';

const DNS = 'dns:';

/** What our node_announcement says, and `getinfo` as well. */
export function identityOf({ values, network }: Config, node_id: NodeId): OwnContent {
  const listened = values.addr
    .map((text) => parseNetAddress(text, network.default_port))
    .filter((address) => address !== undefined)
    .filter((address) => values.developer || isRoutable(address));
  const told = values['announce-addr'].map((text) => announcedAddress(text, network.default_port));
  return {
    alias: values.alias ?? `till-${node_id.slice(2, 10)}`,
    color: values.rgb?.toLowerCase() ?? node_id.slice(0, 6),
    features: INIT_FEATURES,
    addresses: [...listened, ...told].flatMap((address) => (address === undefined ? [] : [typed(address)])),
  };
}

/** An address as `announce-addr` takes it; undefined when it is none. */
export function announcedAddress(text: string, default_port: number): NetAddress | undefined {
  return parseNetAddress(text.startsWith(DNS) ? text.slice(DNS.length) : text, default_port);
}

function typed({ host, port }: NetAddress): NodeAddress {
  if (isIPv4(host)) return { type: 'ipv4', address: host, port };
  if (isIPv6(host)) return { type: 'ipv6', address: host, port };
  return { type: host.endsWith('.onion') ? 'torv3' : 'dns', address: host, port };
}

/** Whether anybody on the internet can reach it: not this machine alone, nor a network behind a router. */
function isRoutable({ host }: NetAddress): boolean {
  if (isIPv6(host)) return /^[23]/.test(host) && !host.startsWith('2001:db8');
  // `localhost` and the like are names of this machine or its own network.
  if (!isIPv4(host)) return host.includes('.');
  const [first = 0, second = 0] = host.split('.').map(Number);
  const isPrivate =
    first === 10 ||
    first === 127 ||
    first === 0 ||
    first >= 224 ||
    (first === 100 && second >= 64 && second < 128) ||
    (first === 169 && second === 254) ||
    (first === 172 && second >= 16 && second < 32) ||
    (first === 192 && second === 168);
  return !isPrivate;
}
