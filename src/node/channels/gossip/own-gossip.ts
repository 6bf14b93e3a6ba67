/**
 * What is said and heard of our own channels in gossip (BOLT 7): our `channel_update` for the peer, the announcement of a
 * public channel, and the peer's `channel_update`, whose fees our invoices' hints name. The channels see it through
 * `ChannelGossip` (ports.ts), so that whoever keeps the network's map can take its place.
 */

import type { ChannelId } from '../../../base/types/brand.ts';
import type { Clock } from '../../../base/types/clock.ts';
import { toHex } from '../../../base/types/hex.ts';
import type { Network } from '../../../base/types/network.ts';
import type { ShortChannelId } from '../../../base/types/short-channel-id.ts';
import type { ChannelUpdate } from '../../../codec/wire/index.ts';
import { channelUpdateFacts } from '../../../protocol/channel/facts.ts';
import type { AnnouncementSignatures } from '../../../protocol/channel/state.ts';
import type { Book } from '../book.ts';
import type { LiveChannel } from '../live-channel.ts';
import type { ChannelGossip, ChannelLog, ConnectedPeer, GossipChannel, NodeKeys, PublicMessage } from '../ports.ts';
import {
  announcementDigest,
  completeAnnouncement,
  type ForwardingTerms,
  isFrom,
  remoteUpdateOf,
  signUpdate,
  unsignedAnnouncement,
  verifyUpdate,
} from './signing.ts';

export interface OwnGossipOptions {
  readonly book: Book;
  readonly keys: NodeKeys;
  readonly network: Network;
  readonly forwarding: ForwardingTerms;
  readonly clock: Clock;
  readonly log: ChannelLog;
  /** The channel's row is to be written, before what is said now. */
  save(channel_id: ChannelId): void;
  /** Something of a public channel is for everybody. */
  readonly onPublic?: ((message: PublicMessage) => void) | undefined;
}

/** Two weeks without a word and the network forgets a channel (BOLT 7); we speak again well before. */
const REFRESH_SECONDS = 12 * 24 * 3600;

export class OwnGossip implements ChannelGossip {
  readonly #options: OwnGossipOptions;

  constructor(options: OwnGossipOptions) {
    this.#options = options;
  }

  /** Tells the peer what payments over this channel would ask: without it the peer gives its payers no way through us. */
  sayUpdate(channel: GossipChannel): void {
    const { peer, peer_id } = channel;
    if (peer === undefined) return;
    const update = this.#nextUpdate(channel);
    if (update === undefined) return;
    const { book, keys, network, forwarding, save } = this.#options;
    const { facts, is_new, local_update } = update;
    if (is_new) {
      channel.local_update = local_update;
      save(channel.channel_id);
    }
    const message = signUpdate(keys, peer_id, network.chain_hash, facts, forwarding, local_update.timestamp);
    book.send(peer, message);
    if (!facts.dont_forward) this.#publish(message);
  }

  /** After a start: what was said in public of this channel is said again. */
  sayPublic(channel: GossipChannel): void {
    const { keys, network, forwarding } = this.#options;
    const { state, peer_id, local_update } = channel;
    const { local_announcement, remote_announcement, terms, phase } = state;
    const facts = channelUpdateFacts(state);
    if (local_announcement === undefined || remote_announcement === undefined || phase !== 'normal') return;
    const { chain_hash } = network;
    const announcement = completeAnnouncement(
      keys,
      peer_id,
      chain_hash,
      terms,
      local_announcement,
      remote_announcement,
    );
    if (announcement !== undefined) this.#publish(announcement);
    if (facts === undefined || local_update === undefined) return;
    this.#publish(signUpdate(keys, peer_id, chain_hash, facts, forwarding, local_update.timestamp));
  }

  #publish(message: PublicMessage): void {
    const { book, onPublic } = this.#options;
    if (onPublic !== undefined) book.speak(() => onPublic(message));
  }

  /** Says our update again when what was said last is old, or not true any more. */
  refreshUpdate(channel: GossipChannel): void {
    const isUp = channel.peer !== undefined && channel.state.link === 'up';
    // What was never said is said when it is time for that.
    if (isUp && channel.local_update !== undefined && this.#nextUpdate(channel)?.is_new === true)
      this.sayUpdate(channel);
  }

  /** What is to be said of the channel now. Undefined while it has no name that the peer would know. */
  #nextUpdate({ state, local_update: last }: GossipChannel) {
    const facts = channelUpdateFacts(state);
    if (facts === undefined) return undefined;
    const { forwarding, clock } = this.#options;
    const now = clock.nowSeconds();
    const content = JSON.stringify({ ...facts, ...forwarding }, (_key, value: unknown) =>
      typeof value === 'bigint' ? value.toString() : value,
    );
    const isFresh = last !== undefined && now - last.timestamp < REFRESH_SECONDS;
    if (last?.content === content && isFresh) return { facts, is_new: false, local_update: last };
    const timestamp = Math.max(now, (last?.timestamp ?? 0) + 1);
    return { facts, is_new: true, local_update: { timestamp, content } };
  }

  /** Our two signatures of the channel's announcement. */
  signAnnouncement(channel: GossipChannel, short_channel_id: ShortChannelId): AnnouncementSignatures {
    const { keys, network } = this.#options;
    const { terms } = channel.state;
    const digest = announcementDigest(
      unsignedAnnouncement(keys, channel.peer_id, network.chain_hash, terms, short_channel_id),
    );
    return {
      short_channel_id,
      node_signature: toHex(keys.signAsNode(digest)),
      bitcoin_signature: toHex(keys.signAsFunding(channel.key_id, digest)),
    };
  }

  /** Both sides have signed: the peer carries the announcement to the network. False when its signatures are not valid. */
  announce(channel: GossipChannel, local: AnnouncementSignatures, remote: AnnouncementSignatures): boolean {
    const { book, keys, network, log } = this.#options;
    const { peer, peer_id, state } = channel;
    const announcement = completeAnnouncement(keys, peer_id, network.chain_hash, state.terms, local, remote);
    if (announcement === undefined) {
      log.warn(`channel ${channel.channel_id}: the peer's announcement signatures are not valid`);
      return false;
    }
    if (peer !== undefined) book.send(peer, announcement);
    this.#publish(announcement);
    this.sayUpdate(channel);
    return true;
  }

  /** The one of these channels that a channel_update calls so. */
  channelNamed(channels: readonly LiveChannel[], short_channel_id: ShortChannelId): LiveChannel | undefined {
    return channels.find((each) => {
      const { terms, remote_alias } = each.state;
      return [terms.local_alias, remote_alias, realName(each)].includes(short_channel_id);
    });
  }

  /**
   * Keeps a channel_update of the peer when it is about one of these channels, signed, and newer than what we know.
   * Answers the channel whose row it changes.
   */
  receiveUpdate(peer: ConnectedPeer, channels: readonly LiveChannel[], update: ChannelUpdate): LiveChannel | undefined {
    const { keys, network } = this.#options;
    const channel = this.channelNamed(channels, update.short_channel_id);
    if (channel === undefined || update.chain_hash !== network.chain_hash) return undefined;
    if (!isFrom(update, peer.node_id, keys.node_id)) return undefined;
    if (!verifyUpdate(update, peer.node_id)) {
      // BOLT 7 would also hang up, which would cost the peer's channels for a message that moves no money.
      const data = Buffer.from('channel_update: the signature is not valid');
      this.#options.book.send(peer, { type: 'warning', channel_id: channel.channel_id, data });
      return undefined;
    }
    if ((channel.remote_update?.timestamp ?? -1) >= update.timestamp) return undefined;
    channel.remote_update = remoteUpdateOf(update);
    return channel;
  }
}

function realName({ state }: LiveChannel): ShortChannelId | undefined {
  const { funding_confirmation: found, terms } = state;
  if (found === undefined) return undefined;
  return `${found.block_height}x${found.transaction_index}x${terms.funding_output_index}` as ShortChannelId;
}
