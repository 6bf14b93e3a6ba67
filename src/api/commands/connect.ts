import { curve } from '../../base/crypto/secp256k1.ts';
import { RpcError } from '../../base/errors.ts';
import type { NodeId } from '../../base/types/brand.ts';
import { encodeFeatures } from '../../base/types/features.ts';
import { fromHex, isHex, toHex } from '../../base/types/hex.ts';
import { type NetAddress, parseNetAddress } from '../../node/peers/index.ts';
import { answer } from '../rpc/answer.ts';
import { optional, required } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';
import { addressAnswer, addressRow, addressRowOf } from './peer-address.ts';
import { REACH_ERRORS, reachPeer } from './reach-peer.ts';

function nodeIdOf(text: string): NodeId {
  if (!/^0[23]/.test(text) || !isHex(text, 33) || !curve.isPublicKey(fromHex(text))) {
    throw new RpcError(
      'INVALID_PARAMS',
      `id: should be a node id, alone or as ID@HOST:PORT: invalid token '${text.slice(0, 80)}'`,
    );
  }
  return text.toLowerCase() as NodeId;
}

/** The address that was typed, in one of four ways; undefined when none was. */
function typedAddress(
  given: { readonly at: string | undefined; readonly host: string | undefined; readonly port: number | undefined },
  default_port: number,
): NetAddress | undefined {
  const { at, host, port } = given;
  if (at !== undefined && host !== undefined) {
    throw new RpcError('INVALID_PARAMS', "Can't specify host as both xxx@yyy and separate argument");
  }
  const text = host ?? at;
  if (text === undefined) {
    if (port !== undefined) throw new RpcError('INVALID_PARAMS', "Can't specify port without host");
    return undefined;
  }
  const address = parseNetAddress(text, default_port);
  if (address === undefined) {
    throw new RpcError('INVALID_PARAMS', `host: should be an address or a name: invalid token '${text.slice(0, 80)}'`);
  }
  if (port === undefined) return address;
  // With another default it comes out the same: then the text holds a port of its own.
  const hasPort = parseNetAddress(text, default_port + 1)?.port === address.port;
  if (at !== undefined && hasPort) {
    throw new RpcError('INVALID_PARAMS', "Can't specify port as both xxx@yyy:port and separate argument");
  }
  return { host: address.host, port };
}

/** Connects to a node. */
export const connect = defineCommand({
  name: 'connect',
  category: 'peers',
  title: 'Command for connecting to another lightning node',
  description:
    'Connects to a node, or answers with the existing connection. Without an address, Till uses the last ones, else those that the node announced to the network. An address that is given is kept, even if the node is connected already: after a loss of data it tells where to ask for the money in its channels. If we have a channel with the node, Till reconnects by itself whenever the connection is lost.',
  params: {
    id: required(field.string, 'The id of the node, alone or as `ID@HOST:PORT`.'),
    host: optional(field.string, 'Its address: IPv4, IPv6, a name, or an onion service (with `proxy`).'),
    port: optional(field.u16, "Its port. Default: the network's (9735 on mainnet)."),
  },
  returns: {
    id: answer.nodeId('The node.'),
    features: answer.hex('Its feature bits (BOLT 9).'),
    direction: answer.oneOf(['in', 'out'], 'Who called: it (`in`) or we.'),
    address: addressAnswer,
  },
  errors: REACH_ERRORS,
  examples: [{ title: 'By id and address', params: ['02aa...@203.0.113.7:9735'] }],
  see_also: ['listpeers', 'disconnect', 'fundchannel'],
  access: 'write',
  async run({ id, host, port }, { peers, peerBook, channels }) {
    const [, name = '', at] = /^([^@]*)(?:@(.*))?$/s.exec(id) ?? [];
    const node_id = nodeIdOf(name);
    const { keys, network } = channels.options;
    if (node_id === keys.node_id) throw new RpcError('INVALID_PARAMS', 'id: this is our own node');
    const typed = typedAddress({ at, host, port }, network.default_port);
    let peer = peers.find(node_id);
    if (peer === undefined)
      peer = await reachPeer(peers, node_id, typed === undefined ? await peerBook.find(node_id) : [typed]);
    // Where it answered, which may be another address that was under way; what was typed is kept in any case.
    const reached = peer.direction === 'out' ? parseNetAddress(peer.address, network.default_port) : undefined;
    let known: readonly NetAddress[] = [];
    if (typed !== undefined) known = await peerBook.save(node_id, typed, 'typed');
    if (reached !== undefined) known = await peerBook.save(node_id, reached, 'reached');
    const hasChannel = channels.list().some(({ peer_id }) => peer_id === node_id);
    if (hasChannel && known.length > 0) peers.keepConnected(node_id, known);
    return {
      id: node_id as string,
      features: toHex(encodeFeatures(peer.features)),
      direction: peer.direction,
      address: addressRowOf(peer.address) ?? addressRow({ host: peer.address, port: 0 }),
    };
  },
});
