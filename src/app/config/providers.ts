/** The option `lsp`: NODE_ID@HOST:PORT. */
import type { NodeId } from '../../base/types/brand.ts';
import { type NetAddress, parseNetAddress } from '../../node/peers/net-address.ts';

/** A provider, as it is named. */
export interface ProviderOption {
  readonly node_id: NodeId;
  readonly address: NetAddress;
}

/** The provider that the text names; undefined when it names none. */
export function parseProvider(text: string, default_port: number): ProviderOption | undefined {
  const at = text.indexOf('@');
  const node_id = text.slice(0, at).toLowerCase();
  const address = parseNetAddress(text.slice(at + 1), default_port);
  if (at < 0 || address === undefined || !/^0[23][0-9a-f]{64}$/.test(node_id)) return undefined;
  return { node_id: node_id as NodeId, address };
}
