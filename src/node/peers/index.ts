/** The module's entry. */
export { type Dial, netDial, type ProxyOptions } from './dial.ts';
export { INIT_FEATURES } from './init.ts';
export { formatNetAddress, isOnion, type NetAddress, parseNetAddress } from './net-address.ts';
export { type ChannelHost, type GossipHost, type Peer, PeerError, type PeerLog, type PeerMessage } from './peer.ts';
export { Peers, type PeersOptions } from './peers.ts';
export { decodeRemoteAddress, encodeRemoteAddress } from './remote-address.ts';
