/** Which channels are alive, which ever were, and which peers are connected. It keeps the list and does nothing else. */
import type { ChannelId, NodeId } from '../../base/types/brand.ts';
import { isUnfunded } from '../../protocol/channel/funding.ts';
import { dustMsat } from '../../protocol/channel/htlc.ts';
import type { LiveChannel } from './live-channel.ts';
import type { ConnectedPeer } from './ports.ts';

export class ChannelTable {
  readonly #channels = new Map<ChannelId, LiveChannel>();
  /** All channels that ever had a row: a funding output is for one channel. */
  readonly #known = new Set<ChannelId>();
  readonly #peers = new Map<NodeId, ConnectedPeer>();

  list(): readonly LiveChannel[] {
    return [...this.#channels.values()];
  }

  find(channel_id: ChannelId): LiveChannel | undefined {
    return this.#channels.get(channel_id);
  }

  /** The channels with this node, connected or not. */
  with(node_id: NodeId): readonly LiveChannel[] {
    return this.list().filter(({ peer_id }) => peer_id === node_id);
  }

  /** The channels whose messages come over this connection. */
  over(peer: ConnectedPeer): readonly LiveChannel[] {
    return this.list().filter((channel) => channel.peer === peer);
  }

  /** Whether there is a channel with this node that is more than a promise. */
  hasFunded(node_id: NodeId): boolean {
    return this.with(node_id).some(({ state }) => !isUnfunded(state));
  }

  /** What is in dust HTLCs of all channels but this one. */
  dustBesideMsat(channel: LiveChannel): bigint {
    const others = this.list().filter((each) => each !== channel);
    return others.reduce((total, { state }) => total + dustMsat(state), 0n);
  }

  /** Whether a channel has this id, or ever had. */
  isKnown(channel_id: ChannelId): boolean {
    return this.#known.has(channel_id);
  }

  /** Adds a channel. Throws RangeError when there is one of this id, or was. */
  add(channel: LiveChannel): void {
    const { channel_id } = channel;
    if (this.#known.has(channel_id)) throw new RangeError(`there is a channel ${channel_id} already`);
    this.#known.add(channel_id);
    this.#channels.set(channel_id, channel);
  }

  /** Adds a channel again that was removed before. */
  addAgain(channel: LiveChannel): void {
    this.#channels.set(channel.channel_id, channel);
  }

  /** Remembers the id of a channel that is over, so that no other channel takes it. */
  addClosed(channel_id: ChannelId): void {
    this.#known.add(channel_id);
  }

  /** The channel is not alive any more. Its id stays taken. */
  remove({ channel_id }: LiveChannel): void {
    this.#channels.delete(channel_id);
  }

  /** The channel never had funding: its id is free again. */
  forget({ channel_id }: LiveChannel): void {
    this.#channels.delete(channel_id);
    this.#known.delete(channel_id);
  }

  /** The connection to a node, if there is one. */
  peer(node_id: NodeId): ConnectedPeer | undefined {
    return this.#peers.get(node_id);
  }

  peerConnected(peer: ConnectedPeer): void {
    this.#peers.set(peer.node_id, peer);
  }

  peerDisconnected(peer: ConnectedPeer): void {
    if (this.#peers.get(peer.node_id) === peer) this.#peers.delete(peer.node_id);
  }
}
