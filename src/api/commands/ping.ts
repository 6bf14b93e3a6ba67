import { RpcError } from '../../base/errors.ts';
import { PeerError } from '../../node/peers/index.ts';
import { answer } from '../rpc/answer.ts';
import { required, withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';

/** BOLT 1: more bytes than this are not answered. */
const MAX_PONG_BYTES = 65_531;
/** What fits into one message with its type and two lengths. */
const MAX_PADDING_BYTES = 65_535 - 2 - 2 - 2;

/** Tries a connection. */
export const ping = defineCommand({
  name: 'ping',
  category: 'peers',
  title: 'Command for checking if a node is up',
  description: 'Sends a ping to a connected node and answers when the pong arrives.',
  params: {
    id: required(field.nodeId, 'The node.'),
    len: withDefault(field.u16, 128, 'Bytes of padding to send.'),
    pongbytes: withDefault(field.u16, 128, 'Bytes to ask for; with 65532 or more the peer sends none.'),
  },
  returns: { totlen: answer.integer('The length of the pong, its header included; 0 if none was asked for.') },
  errors: [],
  see_also: ['connect'],
  access: 'read',
  async run({ id, len, pongbytes }, { peers }) {
    const peer = peers.find(id);
    if (peer === undefined) throw new RpcError('LIGHTNINGD', 'Peer not connected');
    if (len > MAX_PADDING_BYTES) throw new RpcError('INVALID_PARAMS', `len: ${len} would result in oversize ping`);
    try {
      if (pongbytes > MAX_PONG_BYTES) {
        peer.send([{ type: 'ping', num_pong_bytes: pongbytes, ignored: new Uint8Array(len) }]);
        return { totlen: 0 };
      }
      return { totlen: await peer.ping(pongbytes, len) };
    } catch (error) {
      if (error instanceof PeerError) throw new RpcError('LIGHTNINGD', `Ping failed: ${error.message}`);
      throw error;
    }
  },
});
