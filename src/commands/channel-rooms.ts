/** What the commands of peers and channels run on. */
import type { Backups } from '../backup/backups.ts';
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

/** Backups of the node, and the way back. */
export interface BackupRoom extends Pick<Backups, 'each' | 'recover' | 'recoverFile'> {
  /** Copies the database to a new file; answers its size in bytes. Rejects with StoreFailure. */
  copyDatabase(destination: string): Promise<number>;
}

export interface ChannelRooms {
  readonly backups: BackupRoom;
  readonly channels: Channels;
  readonly endings: Endings;
  readonly peers: Peers;
  readonly peerBook: PeerBook;
  readonly clock: Clock;
}
