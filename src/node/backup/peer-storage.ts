/**
 * Backups with peers (BOLT 1, Peer Storage): each peer that we have a channel with keeps ours, if it offers that, and we
 * keep theirs. So whoever has only the words of the seed, and knows one peer, finds out about every channel.
 *
 * A peer returns ours right after init. Ours is sent only after that, or after the first message that comes later than
 * that would: a node that has lost its data must not overwrite what it has come for.
 */
import type { NodeId } from '../../base/types/brand.ts';
import type { Clock } from '../../base/types/clock.ts';
import { type Features, hasFeature } from '../../base/types/features.ts';
import { type KnownMessage, MAX_STORAGE_BYTES } from '../../codec/wire/index.ts';
import { readAll } from '../../infra/store/read-all.ts';
import type { Store, Write } from '../../infra/store/store.ts';
import type { Backups } from './backups.ts';
import { SHORT_COPY_BYTES } from './peer-copy.ts';

/** BOLT 1: what a peer gave us is kept for so many blocks after its last channel is closed. */
export const KEEP_AFTER_CHANNELS_BLOCKS = 2_016;
/** BOLT 1: a peer may replace what we keep once a minute. What comes sooner waits, and only the last of it counts. */
export const REPLACE_AFTER_MS = 60_000;
/** Peers that have nothing but a promise of a channel, which costs them nothing: what so many of them gave may wait. */
export const MOST_PROMISED = 100;
/** A peer that so many times returned nothing, or less, after it was given a long copy keeps none of that length. */
export const LONG_COPIES_LOST = 2;

/** A connected peer, as far as storage is concerned. */
export interface StoragePeer {
  readonly node_id: NodeId;
  readonly features: Features;
  send(messages: readonly KnownMessage[]): void;
}

export interface PeerStorageOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly backups: Pick<Backups, 'peerContent' | 'forPeers' | 'returned'>;
  /** Whether there is a channel with this node that is not history. */
  readonly hasChannel: (node_id: NodeId) => boolean;
  /** Whether one of them is more than a promise. */
  readonly hasFunded: (node_id: NodeId) => boolean;
  readonly height: () => number;
  /** Work that nobody waits for. */
  readonly inBackground: (what: string, work: Promise<unknown>) => void;
}

/** What a peer gave us. */
interface Kept {
  /** Durable: what the peer is given back. */
  stored: Uint8Array | undefined;
  /** Came less than a minute after that, or before the peer's first channel was funded: such channels cost nothing. */
  waiting: Uint8Array | undefined;
  /** The height at which the peer had no channel any more. */
  idle_since_height: number | undefined;
  is_writing: boolean;
  may_write_after_ms: number;
  cancelTimer: (() => void) | undefined;
}

/** What is known of a connected peer. */
interface Known {
  /** It has returned ours, or has none: what it says of that later is not read. */
  has_returned: boolean;
  /** What it returned is being read. */
  is_reading: boolean;
  /** What it was given last over this connection, as `peerContent` tells it. */
  given: string | undefined;
  /** It was given a long copy over this connection. */
  has_long: boolean;
}

export class PeerStorage {
  readonly #options: PeerStorageOptions;
  readonly #kept = new Map<NodeId, Kept>();
  readonly #peers = new Map<StoragePeer, Known>();
  /** How many long copies each peer was given since it returned one. */
  readonly #long_copies = new Map<NodeId, number>();

  constructor(options: PeerStorageOptions) {
    this.#options = options;
  }

  /** Reads what is kept. */
  async start(): Promise<void> {
    const rows = await readAll(
      this.#options.store,
      'SELECT node_id, blob, idle_since_height FROM peer_storage ORDER BY node_id',
    );
    for (const { node_id, blob, idle_since_height } of rows) {
      const since = idle_since_height === null ? undefined : Number(idle_since_height);
      this.#kept.set(node_id as NodeId, { ...nothing(), stored: blob as Uint8Array, idle_since_height: since });
    }
    this.#look();
  }

  /** Writes what waits. */
  async stop(): Promise<void> {
    for (const kept of this.#kept.values()) kept.cancelTimer?.();
    await Promise.all([...this.#kept].map(([node_id, kept]) => this.#write(node_id, kept)));
  }

  /** Call it before anything else is sent to the peer: it may have lost its data. */
  peerConnected(peer: StoragePeer): void {
    this.#peers.set(peer, { has_returned: false, is_reading: false, given: undefined, has_long: false });
    const blob = this.#kept.get(peer.node_id)?.stored;
    if (blob !== undefined) peer.send([{ type: 'peer_storage_retrieval', blob }]);
  }

  peerDisconnected(peer: StoragePeer): void {
    if (this.#peers.get(peer)?.has_long) {
      this.#long_copies.set(peer.node_id, (this.#long_copies.get(peer.node_id) ?? 0) + 1);
    }
    this.#peers.delete(peer);
    // It may have lost its data, and want the last of it back when it comes again. That costs it a connection.
    const { hasFunded, inBackground } = this.#options;
    const kept = this.#kept.get(peer.node_id);
    const isThere = [...this.#peers.keys()].some(({ node_id }) => node_id === peer.node_id);
    if (kept?.waiting === undefined || isThere || !hasFunded(peer.node_id)) return;
    kept.cancelTimer?.();
    kept.cancelTimer = undefined;
    inBackground('keeping the backup of a peer', this.#write(peer.node_id, kept));
  }

  /** Looks at each message of a peer. Answers whether it was for us alone. */
  receive(peer: StoragePeer, message: KnownMessage): boolean {
    switch (message.type) {
      case 'peer_storage':
        this.#keep(peer.node_id, message.blob);
        return true;
      case 'peer_storage_retrieval':
        this.#takeBack(peer, message.blob);
        return true;
      case 'channel_reestablish':
      case 'channel_ready':
        // Later than what a peer returns. A channel that is ready may be the first with something of ours in it.
        this.#give(peer);
        return false;
      default:
        return false;
    }
  }

  /** Our backup is not what it was, or a channel has come or gone: peers get the new one. */
  changed(): void {
    this.#look();
    for (const [peer, { has_returned }] of this.#peers) if (has_returned) this.#give(peer);
  }

  /** The chain has grown: what was kept long enough goes. */
  blockConnected(): void {
    this.#look();
  }

  /** Once for each connection: anybody may say it, as often as it likes. */
  #takeBack(peer: StoragePeer, blob: Uint8Array): void {
    const known = this.#peers.get(peer);
    if (known === undefined || known.has_returned || known.is_reading) return;
    known.is_reading = true;
    this.#options.inBackground('reading a backup that a peer returned', this.#read(peer, known, blob));
  }

  async #read(peer: StoragePeer, known: Known, blob: Uint8Array): Promise<void> {
    const { backups } = this.#options;
    if (blob.length > SHORT_COPY_BYTES) this.#long_copies.delete(peer.node_id);
    const copy = await backups.returned(peer.node_id, blob, this.#mostBytes(peer.node_id));
    known.is_reading = false;
    if (copy === 'current') known.given = backups.peerContent();
    this.#give(peer);
  }

  #give(peer: StoragePeer): void {
    const { backups, hasChannel } = this.#options;
    const known = this.#peers.get(peer);
    if (known === undefined || known.is_reading) return;
    known.has_returned = true;
    if (!hasFeature(peer.features, 'option_provide_storage') || !hasChannel(peer.node_id)) return;
    const content = backups.peerContent();
    if (known.given === content) return;
    known.given = content;
    const blob = backups.forPeers(this.#mostBytes(peer.node_id));
    if (blob.length > SHORT_COPY_BYTES) known.has_long = true;
    peer.send([{ type: 'peer_storage', blob }]);
  }

  /** Some peers keep no more than a short copy, and BOLT 1 has no way to say so. */
  #mostBytes(node_id: NodeId): number {
    const keeps_none = (this.#long_copies.get(node_id) ?? 0) >= LONG_COPIES_LOST;
    return keeps_none ? SHORT_COPY_BYTES : MAX_STORAGE_BYTES;
  }

  /** Only for peers with a channel: nobody else may leave anything here. */
  #keep(node_id: NodeId, blob: Uint8Array): void {
    const { hasChannel, hasFunded } = this.#options;
    if (!hasChannel(node_id)) return;
    const known = this.#kept.get(node_id);
    if (known === undefined && !hasFunded(node_id) && this.#countPromised() >= MOST_PROMISED) return;
    const kept = known ?? nothing();
    this.#kept.set(node_id, kept);
    kept.waiting = blob;
    this.#writeInTime(node_id, kept);
  }

  #countPromised(): number {
    const never_stored = [...this.#kept].filter(([, { stored, is_writing }]) => stored === undefined && !is_writing);
    return never_stored.filter(([node_id]) => !this.#options.hasFunded(node_id)).length;
  }

  #writeInTime(node_id: NodeId, kept: Kept): void {
    const { clock, hasFunded, inBackground } = this.#options;
    if (kept.is_writing || kept.cancelTimer !== undefined || !hasFunded(node_id)) return;
    const write = (): void => {
      kept.cancelTimer = undefined;
      inBackground('keeping the backup of a peer', this.#write(node_id, kept));
    };
    const wait_ms = kept.may_write_after_ms - clock.monotonicMs();
    if (wait_ms > 0) kept.cancelTimer = clock.after(wait_ms, write);
    else write();
  }

  async #write(node_id: NodeId, kept: Kept): Promise<void> {
    const { store, clock } = this.#options;
    const blob = kept.waiting;
    if (blob === undefined || kept.is_writing) return;
    kept.is_writing = true;
    kept.waiting = undefined;
    kept.may_write_after_ms = clock.monotonicMs() + REPLACE_AFTER_MS;
    await store.commit([
      {
        sql: `INSERT INTO peer_storage (node_id, blob) VALUES (?, ?)
          ON CONFLICT (node_id) DO UPDATE SET blob = excluded.blob`,
        params: [node_id, blob],
      },
    ]);
    kept.stored = blob;
    kept.is_writing = false;
    if (kept.waiting !== undefined) this.#writeInTime(node_id, kept);
  }

  /** Whose first channel is funded by now, whose last is closed, and whose storage has therefore had its time. */
  #look(): void {
    for (const [node_id, kept] of this.#kept) {
      if (kept.waiting !== undefined) this.#writeInTime(node_id, kept);
      if (this.#options.hasChannel(node_id)) this.#setIdle(node_id, kept, undefined);
      else if (kept.stored === undefined && !kept.is_writing) this.#drop(node_id, kept);
      else this.#age(node_id, kept);
    }
  }

  #age(node_id: NodeId, kept: Kept): void {
    const height = this.#options.height();
    const since = kept.idle_since_height ?? height;
    if (height < since + KEEP_AFTER_CHANNELS_BLOCKS) {
      this.#setIdle(node_id, kept, since);
      return;
    }
    this.#drop(node_id, kept);
    this.#commit({ sql: 'DELETE FROM peer_storage WHERE node_id = ?', params: [node_id] });
  }

  #setIdle(node_id: NodeId, kept: Kept, since: number | undefined): void {
    if (kept.idle_since_height === since) return;
    kept.idle_since_height = since;
    this.#commit({
      sql: 'UPDATE peer_storage SET idle_since_height = ? WHERE node_id = ?',
      params: [since ?? null, node_id],
    });
  }

  #drop(node_id: NodeId, kept: Kept): void {
    kept.cancelTimer?.();
    this.#kept.delete(node_id);
  }

  #commit(write: Write): void {
    const { store, inBackground } = this.#options;
    inBackground('looking after the backups of peers', store.commit([write]));
  }
}

function nothing(): Kept {
  return {
    stored: undefined,
    waiting: undefined,
    idle_since_height: undefined,
    is_writing: false,
    may_write_after_ms: 0,
    cancelTimer: undefined,
  };
}
