/** Where the peers of our channels were last reached: after a restart they are called again. */

import type { NodeId } from '../../base/types/brand.ts';
import { readAll } from '../../infra/store/read-all.ts';
import type { Store } from '../../infra/store/store.ts';
import { formatNetAddress, type NetAddress, parseNetAddress } from '../../node/peers/index.ts';

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
