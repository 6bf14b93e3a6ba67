/** Addresses of peers as commands show them. */
import { type NetAddress, parseNetAddress } from '../../node/peers/index.ts';
import { answer } from '../rpc/answer.ts';

export const addressAnswer = answer.object(
  {
    type: answer.oneOf(['ipv4', 'ipv6', 'torv3', 'dns'], 'What kind it is.'),
    address: answer.string('The address or name.'),
    port: answer.integer('The port.'),
  },
  'An address.',
);

/** The address with its kind. */
export function addressRow({ host, port }: NetAddress) {
  return { type: kindOf(host), address: host, port };
}

/** The address of a connection, as it is written; undefined when it is none (a connection by other means). */
export function addressRowOf(text: string) {
  const address = parseNetAddress(text, 0);
  return address === undefined ? undefined : addressRow(address);
}

function kindOf(host: string): 'ipv4' | 'ipv6' | 'torv3' | 'dns' {
  if (host.includes(':')) return 'ipv6';
  if (/^[\d.]+$/.test(host)) return 'ipv4';
  return host.endsWith('.onion') ? 'torv3' : 'dns';
}
