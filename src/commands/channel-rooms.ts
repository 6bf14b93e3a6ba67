/** What the commands of peers and channels run on. */
import type { Channels } from '../channels/channels.ts';
import type { Endings } from '../endings/endings.ts';
import type { NetAddress, Peers } from '../peers/index.ts';
import type { NodeId } from '../types/brand.ts';
import type { Clock } from '../types/clock.ts';

/** Where nodes were reached before. */
export interface PeerBook {
  find(node_id: NodeId): Promise<NetAddress | undefined>;
  save(node_id: NodeId, address: NetAddress): Promise<void>;
}

export interface ChannelRooms {
  readonly channels: Channels;
  readonly endings: Endings;
  readonly peers: Peers;
  readonly peerBook: PeerBook;
  readonly clock: Clock;
}
