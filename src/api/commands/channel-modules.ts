/** What the commands of peers and channels run on. */

import type { NodeId } from '../../base/types/brand.ts';
import type { Clock } from '../../base/types/clock.ts';
import type { Backups } from '../../node/backup/backups.ts';
import type { Channels } from '../../node/channels/channels.ts';
import type { Endings } from '../../node/endings/endings.ts';
import type { NetAddress, Peers } from '../../node/peers/index.ts';

/** Where nodes were reached before. */
export interface PeerBook {
  /** Where the node may be, the best first; empty when nobody knows. */
  find(node_id: NodeId): Promise<readonly NetAddress[]>;
  /** Keeps an address at which the node was reached, or which somebody typed. Answers all that are known then. */
  save(node_id: NodeId, address: NetAddress, source: 'reached' | 'typed'): Promise<readonly NetAddress[]>;
}

/** How backups stand. Times are Unix times. */
export interface BackupState {
  /** The file of static backups, and when it was written; undefined before there was a channel. */
  readonly emergency_file: string;
  readonly emergency_written_at: number | undefined;
  /** Copies of the database that were made while the node ran, the newest first. */
  readonly copies: readonly { readonly made_at: number; readonly destination: string; readonly size_bytes: number }[];
}

/** Backups of the node, and the way back. */
export interface BackupModule extends Pick<Backups, 'each' | 'recover' | 'recoverFile' | 'withoutAddress'> {
  /** Copies the database to a new file; answers its size in bytes. Rejects with StoreFailure. */
  copyDatabase(destination: string): Promise<number>;
  state(): Promise<BackupState>;
}

export interface ChannelModules {
  readonly backups: BackupModule;
  readonly channels: Channels;
  readonly endings: Endings;
  readonly peers: Peers;
  readonly peerBook: PeerBook;
  readonly clock: Clock;
}
