/** What the peer asks for payments towards us: its `channel_update` for a channel of ours (BOLT 7). */
import type { ShortChannelId } from '../../base/types/short-channel-id.ts';
import type { ChannelUpdate } from '../../codec/wire/index.ts';
import type { Channels } from './channels.ts';
import { isFrom, remoteUpdateOf, verifyUpdate } from './gossip.ts';
import type { LiveChannel } from './live-channel.ts';
import type { ConnectedPeer } from './ports.ts';

/** Keeps a channel_update of the peer, when it is of one of its channels, signed, and newer than what we know. */
export function receiveUpdate(channels: Channels, peer: ConnectedPeer, update: ChannelUpdate): void {
  const { keys, network } = channels.options;
  const channel = channels.list().find((each) => {
    if (each.peer !== peer) return false;
    const { terms, remote_alias } = each.state;
    return [terms.local_alias, remote_alias, realName(each)].includes(update.short_channel_id);
  });
  if (channel === undefined || update.chain_hash !== network.chain_hash) return;
  if (!isFrom(update, peer.node_id, keys.node_id) || !verifyUpdate(update, peer.node_id)) return;
  if ((channel.remote_update?.timestamp ?? -1) >= update.timestamp) return;
  channel.remote_update = remoteUpdateOf(update);
  channels.touch(channel);
}

function realName({ state }: LiveChannel): ShortChannelId | undefined {
  const { funding_confirmation: found, terms } = state;
  if (found === undefined) return undefined;
  return `${found.block_height}x${found.transaction_index}x${terms.funding_output_index}` as ShortChannelId;
}
