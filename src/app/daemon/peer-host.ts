/**
 * Who hears what peers say: what is kept for each other comes first, because a peer may have lost its data (BOLT 1); then
 * what liquidity providers answer, which is about no channel.
 */
import type { PeerStorage } from '../../node/backup/peer-storage.ts';
import type { Channels } from '../../node/channels/channels.ts';
import type { Providers } from '../../node/liquidity/providers.ts';
import type { ChannelHost } from '../../node/peers/index.ts';

/** Joins the modules that talk to peers. */
export function peerHost(storage: PeerStorage, providers: Providers, channels: Channels): ChannelHost {
  return {
    peerConnected(peer) {
      storage.peerConnected(peer);
      channels.peerConnected(peer);
      if (peer.is_connected) providers.peerConnected(peer);
    },
    peerDisconnected(peer) {
      storage.peerDisconnected(peer);
      channels.peerDisconnected(peer);
      providers.peerDisconnected(peer);
    },
    message(peer, message) {
      if (message.type === 'lsps0_message') providers.receive(peer, message.payload);
      else if (!storage.receive(peer, message)) channels.message(peer, message);
    },
  };
}
