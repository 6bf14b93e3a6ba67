/** How peers are reached: where we listen, and where the peers of our channels were last reached, to call them again. */

import { listenFault } from '../../base/listen-fault.ts';
import type { NodeId } from '../../base/types/brand.ts';
import { readAll } from '../../infra/store/read-all.ts';
import type { Store } from '../../infra/store/store.ts';
import { formatNetAddress, type NetAddress, type Peers, parseNetAddress } from '../../node/peers/index.ts';
import type { Config } from '../config/config.ts';

/** How an address became known: the node answered there, the operator typed it, or the node announced it to all. */
export type AddressSource = 'reached' | 'typed' | 'announced';

/** So many addresses are kept of a node. */
const MOST_ADDRESSES = 4;

/** The addresses by node, the best first. */
export async function readPeerAddresses(store: Store): Promise<ReadonlyMap<NodeId, readonly NetAddress[]>> {
  const found = new Map<NodeId, readonly NetAddress[]>();
  for (const row of await readAll(store, 'SELECT node_id, address FROM peers ORDER BY node_id')) {
    const texts = (row.address as string).split(',');
    const addresses = texts.map((text) => parseNetAddress(text, 9735)).filter((address) => address !== undefined);
    if (addresses.length > 0) found.set(row.node_id as NodeId, addresses);
  }
  return found;
}

/**
 * Remembers where a node is, and answers all that is known of that, the best first: where it was reached last, then what
 * was typed last. An address that was typed is kept even when the node calls us and nobody has tried it yet.
 */
export async function savePeerAddress(
  store: Store,
  node_id: NodeId,
  address: NetAddress,
  source: AddressSource,
): Promise<readonly NetAddress[]> {
  const text = formatNetAddress(address);
  const known = (await readPeerAddresses(store)).get(node_id) ?? [];
  const others = known.filter((each) => formatNetAddress(each) !== text);
  const [best] = known;
  // What was typed or announced may be wrong, and what was reached was not: it does not take the place of that.
  const keepsFirst = source !== 'reached' && best !== undefined && formatNetAddress(best) !== text;
  const ordered = keepsFirst ? [best, address, ...others.slice(1)] : [address, ...others];
  const kept = ordered.slice(0, MOST_ADDRESSES);
  await store.commit([
    {
      sql: `INSERT INTO peers (node_id, address) VALUES (?, ?)
        ON CONFLICT (node_id) DO UPDATE SET address = excluded.address`,
      params: [node_id, kept.map(formatNetAddress).join(',')],
    },
  ]);
  return kept;
}

/** Listens where the operator says, or on loopback. Resolves with the addresses. */
export async function listen({ values, network }: Config, peers: Peers): Promise<readonly NetAddress[]> {
  const loopback = { host: '127.0.0.1', port: network.name === 'regtest' ? 0 : network.default_port };
  const wanted = [...values.addr, ...values['bind-addr']].map((text) => parseNetAddress(text, network.default_port));
  const bindings: NetAddress[] = [];
  for (const address of wanted.length === 0 ? [loopback] : wanted) {
    if (address === undefined) throw new Error('addr: an address is HOST:PORT');
    bindings.push(await listenAt(address, peers));
  }
  return bindings;
}

async function listenAt(address: NetAddress, peers: Peers): Promise<NetAddress> {
  try {
    return await peers.listen(address);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new Error(`addr: cannot listen for peers at ${formatNetAddress(address)}: ${listenFault(error)}`);
  }
}

/** A channel, as far as it tells whom to call. */
interface HasPeer {
  readonly peer_id: NodeId;
}

/** Calls the peers of these channels again until they answer, where it is known how they are reached. */
export async function callPeers(
  config: Config,
  store: Store,
  peers: Peers,
  channels: readonly HasPeer[],
): Promise<void> {
  const addresses = await readPeerAddresses(store);
  for (const { peer_id } of channels) {
    const known = addresses.get(peer_id);
    if (known !== undefined && !config.values.offline) peers.keepConnected(peer_id, known);
  }
}

/** A peer that has just opened a channel to us, over a connection that we made, knows no way to us: we call it again. */
export function callNewPeers(config: Config, store: Store, peers: Peers, channels: readonly HasPeer[]): Promise<void> {
  const isNew = ({ peer_id }: HasPeer): boolean => peers.find(peer_id) !== undefined && !peers.wants(peer_id);
  return callPeers(config, store, peers, channels.filter(isNew));
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
  const known = await savePeerAddress(store, node_id, address, 'typed');
  if (!config.values.offline) peers.keepConnected(node_id, known);
}
