/** Who hears what peers say: what is kept for each other comes first, because a peer may have lost its data (BOLT 1). */
import type { PeerStorage } from '../../node/backup/peer-storage.ts';
import type { Channels } from '../../node/channels/channels.ts';
import type { ChannelHost } from '../../node/peers/index.ts';

/** Joins the modules that talk to peers. */
export function peerHost(storage: PeerStorage, channels: Channels): ChannelHost {
  return {
    peerConnected(peer) {
      storage.peerConnected(peer);
      channels.peerConnected(peer);
    },
    peerDisconnected(peer) {
      storage.peerDisconnected(peer);
      channels.peerDisconnected(peer);
    },
    message(peer, message) {
      if (!storage.receive(peer, message)) channels.message(peer, message);
    },
  };
}
