/**
 * Where the map of the public network says that nodes are. It is asked about the peers of our channels that called us, so
 * that nobody knows where to call them after a loss of data, and when the operator connects to a node by its id alone.
 */
import type { NodeId } from '../../base/types/brand.ts';
import type { Store } from '../../infra/store/store.ts';
import type { Backups } from '../../node/backup/backups.ts';
import type { PublicNetwork } from '../../node/network/public-network.ts';
import { formatNetAddress, isOnion, type NetAddress, parseNetAddress } from '../../node/peers/index.ts';
import { readPeerAddresses, savePeerAddress } from './peer-book.ts';

/** What can be asked about the public network. */
export type AskableMap = Pick<PublicNetwork, 'ask'>;

/** The addresses that a node announced, in its order, as far as we can call them; none for a node that announced nothing. */
export async function addressesInMap(
  map: AskableMap,
  node_id: NodeId,
  has_proxy: boolean,
): Promise<readonly NetAddress[]> {
  const { entries } = await map.ask('nodes', { id: node_id, from: 0 });
  const announced = entries.flatMap(({ details }) => details?.addresses ?? []);
  return announced
    .map(({ address, port }) => parseNetAddress(formatNetAddress({ host: address, port }), port))
    .filter((address) => address !== undefined)
    .filter((address) => has_proxy || !isOnion(address));
}

/** What looking up needs of the node. */
export interface Learner {
  readonly store: Store;
  readonly map: AskableMap;
  readonly backups: Pick<Backups, 'withoutAddress' | 'foundAt'>;
  readonly has_proxy: boolean;
  /** Calls this peer whenever it is not connected. */
  keepConnected(node_id: NodeId, addresses: readonly NetAddress[]): void;
}

/** Remembers what the map says of peers with a channel of which no address is known. An address is asked for once. */
export async function learnFromMap({ store, map, backups, has_proxy, keepConnected }: Learner): Promise<void> {
  for (const node_id of backups.withoutAddress()) {
    const [address] = await addressesInMap(map, node_id, has_proxy);
    if (address === undefined) continue;
    // Its own call, or the operator, may have been faster.
    if ((await readPeerAddresses(store)).has(node_id)) continue;
    const known = await savePeerAddress(store, node_id, address, 'announced');
    backups.foundAt(node_id, formatNetAddress(address));
    keepConnected(node_id, known);
  }
}
