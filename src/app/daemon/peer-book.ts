/** How peers are reached: where we listen, and where the peers of our channels were last reached, to call them again. */

import type { NodeId } from '../../base/types/brand.ts';
import { readAll } from '../../infra/store/read-all.ts';
import type { Store } from '../../infra/store/store.ts';
import { formatNetAddress, type NetAddress, type Peers, parseNetAddress } from '../../node/peers/index.ts';
import type { Config } from '../config/config.ts';

/** The addresses by node. */
export async function readPeerAddresses(store: Store): Promise<ReadonlyMap<NodeId, NetAddress>> {
  const found = new Map<NodeId, NetAddress>();
  for (const row of await readAll(store, 'SELECT node_id, address FROM peers ORDER BY node_id')) {
    const address = parseNetAddress(row.address as string, 9735);
    if (address !== undefined) found.set(row.node_id as NodeId, address);
  }
  return found;
}

/** Remembers where a node was reached. */
export async function savePeerAddress(store: Store, node_id: NodeId, address: NetAddress): Promise<void> {
  await store.commit([
    {
      sql: `INSERT INTO peers (node_id, address) VALUES (?, ?)
        ON CONFLICT (node_id) DO UPDATE SET address = excluded.address`,
      params: [node_id, formatNetAddress(address)],
    },
  ]);
}

/** Listens where the operator says, or on loopback. Resolves with the addresses. */
export async function listen({ values, network }: Config, peers: Peers): Promise<readonly NetAddress[]> {
  const loopback = { host: '127.0.0.1', port: network.name === 'regtest' ? 0 : network.default_port };
  const wanted = values.addr.map((text) => parseNetAddress(text, network.default_port));
  const bindings: NetAddress[] = [];
  for (const address of wanted.length === 0 ? [loopback] : wanted) {
    if (address === undefined) throw new Error('addr: an address is HOST:PORT');
    bindings.push(await peers.listen(address));
  }
  return bindings;
}

/** Calls these nodes again until they answer, where it is known how they are reached. */
export async function callPeers(config: Config, store: Store, peers: Peers, nodes: readonly NodeId[]): Promise<void> {
  const addresses = await readPeerAddresses(store);
  for (const node_id of nodes) {
    const address = addresses.get(node_id);
    if (address !== undefined && !config.values.offline) peers.keepConnected(node_id, [address]);
  }
}

/** Calls a node whose channel was recovered from a backup, now and after a restart. `text`: HOST:PORT. */
export async function connectTo(
  config: Config,
  store: Store,
  peers: Peers,
  node_id: NodeId,
  text: string,
): Promise<void> {
  const address = parseNetAddress(text, 9735);
  if (address === undefined) return;
  await savePeerAddress(store, node_id, address);
  if (!config.values.offline) peers.keepConnected(node_id, [address]);
}
