import type { NodeId } from '../../base/types/brand.ts';
import { encodeFeatures } from '../../base/types/features.ts';
import { toHex } from '../../base/types/hex.ts';
import { answer } from '../rpc/answer.ts';
import { optional } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';

/** Shows peers. */
export const listpeers = defineCommand({
  name: 'listpeers',
  category: 'peers',
  title: 'Command returning data on connected lightning nodes',
  description:
    'Lists the nodes that are connected, and those with which we have a channel. `listpeerchannels` shows the channels.',
  params: {
    id: optional(field.nodeId, 'Only this node.'),
    level: optional(
      field.oneOf('io', 'trace', 'debug', 'info', 'unusual'),
      'Accepted and ignored: the log is in a file.',
    ),
  },
  returns: {
    peers: answer.array(
      answer.object(
        {
          id: answer.nodeId('The node.'),
          connected: answer.boolean('Whether it is connected now.'),
          num_channels: answer.integer('How many channels we have with it.'),
          netaddr: answer.optional(answer.array(answer.string('An address.'), 'The address of the connection.')),
          remote_addr: answer.optional(answer.string('Where the node sees us, if it says so.')),
          features: answer.optional(answer.hex('Its feature bits (BOLT 9).')),
        },
        'A peer.',
      ),
      'The peers.',
    ),
  },
  errors: [],
  see_also: ['connect', 'listpeerchannels'],
  access: 'read',
  run({ id }, { peers, channels }) {
    const counts = new Map<NodeId, number>();
    for (const peer of peers.list()) counts.set(peer.node_id, 0);
    for (const { peer_id } of channels.list()) counts.set(peer_id, (counts.get(peer_id) ?? 0) + 1);
    const rows = [...counts].map(([node_id, num_channels]) => {
      const peer = peers.find(node_id);
      return {
        id: node_id as string,
        connected: peer !== undefined,
        num_channels,
        netaddr: peer && [peer.address],
        remote_addr: peer?.remote_addr,
        features: peer && toHex(encodeFeatures(peer.features)),
      };
    });
    return { peers: rows.filter((row) => id === undefined || row.id === id) };
  },
});
