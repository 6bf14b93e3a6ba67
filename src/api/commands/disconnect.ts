import { RpcError } from '../../base/errors.ts';
import { stateName } from '../../node/channels/state-name.ts';
import { required, withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';

/** Hangs up. */
export const disconnect = defineCommand({
  name: 'disconnect',
  category: 'peers',
  title: 'Command for disconnecting from another lightning node',
  description:
    'Ends the connection to a node. If we have a channel with the node, this needs `force`, and Till soon reconnects.',
  params: {
    id: required(field.nodeId, 'The node.'),
    force: withDefault(field.boolean, false, 'Disconnect even if we have a channel with it.'),
  },
  returns: {},
  errors: [],
  see_also: ['connect', 'listpeers'],
  access: 'write',
  run({ id, force }, { peers, channels }) {
    if (peers.find(id) === undefined) throw new RpcError('LIGHTNINGD', 'Peer not connected');
    const channel = channels.list().find(({ peer_id }) => peer_id === id);
    if (channel !== undefined && !force) {
      throw new RpcError(
        'LIGHTNINGD',
        `Peer has (at least one) channel in state ${stateName(channel.state)}; force=true hangs up`,
      );
    }
    peers.disconnect(id, 'the operator disconnected');
    return {};
  },
});
