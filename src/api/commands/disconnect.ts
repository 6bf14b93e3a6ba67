import { RpcError } from '../../base/errors.ts';
import { stateName } from '../../node/channels/state-name.ts';
import { required, withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './rooms.ts';

/** Hangs up. */
export const disconnect = defineCommand({
  name: 'disconnect',
  category: 'peers',
  title: 'Command for disconnecting from another lightning node',
  description:
    'Ends the connection to a node. One with which we have a channel is called again soon; `force` hangs up all the same.',
  params: {
    id: required(field.nodeId, 'The node.'),
    force: withDefault(field.boolean, false, 'Also when there is a channel with it.'),
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
    peers.disconnect(id, 'the operator hung up');
    return {};
  },
});
