/** Calls a node for those commands that need it, in Core Lightning's words for what can go wrong. */
import { RpcError } from '../../base/errors.ts';
import type { NodeId } from '../../base/types/brand.ts';
import { type NetAddress, type Peer, PeerError, type Peers } from '../../node/peers/index.ts';

/** What `reachPeer` throws. */
export const REACH_ERRORS = [
  'CONNECT_NO_KNOWN_ADDRESS',
  'CONNECT_ALL_ADDRESSES_FAILED',
  'CONNECT_DISCONNECTED_DURING',
] as const;

/** Calls the node at each of these addresses until it answers. Throws RpcError. */
export async function reachPeer(
  peers: Pick<Peers, 'connect'>,
  node_id: NodeId,
  addresses: readonly NetAddress[],
): Promise<Peer> {
  const failures: string[] = [];
  for (const address of addresses) {
    try {
      return await peers.connect(node_id, address);
    } catch (error) {
      if (!(error instanceof PeerError)) throw error;
      // It is there, and both had said who they are: another address would lead to the same node.
      if (error.stage === 'setup') throw new RpcError('CONNECT_DISCONNECTED_DURING', error.message);
      failures.push(error.message);
    }
  }
  if (failures.length === 0) {
    throw new RpcError(
      'CONNECT_NO_KNOWN_ADDRESS',
      'Unable to connect, no address known for peer: use connect ID@HOST:PORT',
    );
  }
  throw new RpcError('CONNECT_ALL_ADDRESSES_FAILED', `All addresses failed: ${failures.join('. ')}`);
}
