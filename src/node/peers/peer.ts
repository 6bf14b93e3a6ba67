/** What a peer is to other modules, and what this module asks of them. */
import type { NodeId } from '../../base/types/brand.ts';
import type { Features } from '../../base/types/features.ts';
import type { Init, KnownMessage, Ping, Pong } from '../../codec/wire/index.ts';

/** Everything that a peer may say after init, except what this module answers itself. */
export type PeerMessage = Exclude<KnownMessage, Init | Ping | Pong>;

/** A connection that is set up: the peer has shown who it is, and both said init. It is never used again once it is gone. */
export interface Peer {
  readonly node_id: NodeId;
  /** What the peer offers and requires. */
  readonly features: Features;
  /** Where the connection comes from or goes to, as people write it. */
  readonly address: string;
  readonly direction: 'in' | 'out';
  /** Where it calls from, as far as places are counted (an IPv6 network of 64 bits is one); undefined when we called it. */
  readonly host: string | undefined;
  /** Whether we called it, or want to be connected to it. */
  readonly is_wanted: boolean;
  readonly is_connected: boolean;
  /** Where the peer sees us, as people write it; undefined when it does not say. */
  readonly remote_addr: string | undefined;
  /** Sends the messages in order, in one write. Nothing happens when the connection is gone. */
  send(messages: readonly KnownMessage[]): void;
  /** The same with messages that are bytes already. */
  sendBytes(messages: readonly Uint8Array[]): void;
  /**
   * Ends the connection, after `farewell` (an error or a warning) when there is one. The host hears `peerDisconnected`
   * before this returns, and nothing of this peer afterwards.
   */
  disconnect(reason: string, farewell?: KnownMessage): void;
  /**
   * Whether the peer is there, as far as can be told: undefined when it was heard just now; else it is asked, and the
   * promise resolves when it is heard again. It never does on a connection that is gone.
   */
  awake(): Promise<void> | undefined;
  /** Stops reading until `resume`: for a host that cannot keep up. */
  pause(): void;
  resume(): void;
  /** Asks for a pong of so many bytes; resolves with the length of the pong message. Rejects with PeerError when gone. */
  ping(num_pong_bytes: number, ignored_length_bytes: number): Promise<number>;
}

/** Who the messages of channels are for. Calls come one at a time, in the order of the wire. */
export interface ChannelHost {
  /** A peer is there. An older connection of the same node was reported gone before. */
  peerConnected(peer: Peer): void;
  /** It is gone: nothing more comes from it. */
  peerDisconnected(peer: Peer, reason: string): void;
  /** A message of BOLT 2, a gossip message, `error` or `warning`. */
  message(peer: Peer, message: PeerMessage): void;
}

/** Who the network's gossip is for. */
export interface GossipHost {
  peerConnected(peer: Peer): void;
  peerDisconnected(peer: Peer): void;
  /**
   * A message of BOLT 7 (256 to 258, 261 to 265), as it came. False: it is about a channel of ours, and goes to the
   * channels as well.
   */
  takes(peer: Peer, message: Uint8Array): boolean;
}

/** What happened, for the log: a word, and what it concerns. Never a secret. */
export type PeerLog = (event: string, fields: Readonly<Record<string, string | number>>) => void;

/** A peer could not be reached, or went away. */
export class PeerError extends Error {
  override readonly name = 'PeerError';
  /**
   * Where it failed: no connection at all, one that ended before the peer had shown who it is or before both said init, one
   * that ended right after that, or a peer that went away later.
   */
  readonly stage: 'dial' | 'handshake' | 'init' | 'setup' | 'connected';

  constructor(stage: PeerError['stage'], message: string) {
    super(message);
    this.stage = stage;
  }
}
