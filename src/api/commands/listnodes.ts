import type { NodeId } from '../../base/types/brand.ts';
import { encodeFeatures } from '../../base/types/features.ts';
import { toHex } from '../../base/types/hex.ts';
import { answer } from '../rpc/answer.ts';
import { optional } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand, type Modules } from './modules.ts';
import { addressAnswer } from './peer-address.ts';

const node = answer.object(
  {
    nodeid: answer.nodeId('The node.'),
    last_timestamp: answer.optional(answer.integer('The Unix time of its announcement; absent if we know none.')),
    alias: answer.optional(answer.string('Its name.')),
    color: answer.optional(answer.hex('Its color, as three bytes of RGB.')),
    features: answer.optional(answer.hex('Its feature bits (BOLT 9).')),
    addresses: answer.optional(answer.array(addressAnswer, 'Where it can be reached.')),
  },
  'A node.',
);

interface KnownNode {
  readonly nodeid: string;
  readonly alias?: string;
  readonly color?: string;
  readonly features?: string;
  readonly addresses?: readonly ReturnType<typeof import('./peer-address.ts')['addressRow']>[];
}

/** The nodes that we know, or the one of this id: this node, and peers. */
export async function knownNodes(
  { node, peers, channels }: Pick<Modules, 'node' | 'peers' | 'channels'>,
  id: NodeId | undefined,
): Promise<readonly KnownNode[]> {
  const own = await node.info();
  const ids = new Set<string>([
    own.id,
    ...peers.list().map(({ node_id }) => node_id),
    ...channels.list().map(({ peer_id }) => peer_id),
  ]);
  return [...ids]
    .filter((each) => id === undefined || each === id)
    .map((nodeid) => {
      if (nodeid === own.id) {
        return { nodeid, alias: own.alias, color: own.color, features: own.our_features.node, addresses: [] };
      }
      const peer = peers.find(nodeid as NodeId);
      return peer === undefined ? { nodeid } : { nodeid, features: toHex(encodeFeatures(peer.features)) };
    });
}

/** Shows nodes of the network. */
export const listnodes = defineCommand({
  name: 'listnodes',
  category: 'peers',
  title: 'Command to get the list of nodes in the known network',
  description:
    'Lists the nodes that Till knows: this node, the peers that are connected, and those with which we have a channel. Till does not keep what the network announces yet, so of peers it knows no alias.',
  params: { id: optional(field.nodeId, 'Only this node.') },
  returns: { nodes: answer.array(node, 'The nodes; empty if `id` is not known.') },
  errors: [],
  see_also: ['listchannels', 'listpeers', 'getinfo'],
  access: 'read',
  async run({ id }, modules) {
    return { nodes: [...(await knownNodes(modules, id))] };
  },
});
