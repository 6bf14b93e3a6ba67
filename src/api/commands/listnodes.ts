import type { NodeId } from '../../base/types/brand.ts';
import { encodeFeatures } from '../../base/types/features.ts';
import { toHex } from '../../base/types/hex.ts';
import type { ListedNode } from '../../node/network/questions.ts';
import { answer } from '../rpc/answer.ts';
import { optional } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand, type Modules } from './modules.ts';
import { allPages } from './network-modules.ts';
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

/** Whether this is a node of the network, or one near us. */
export async function isKnownNode(modules: Modules, id: NodeId): Promise<boolean> {
  const { entries } = await modules.network.ask('nodes', { id, from: 0 });
  return entries.length > 0 || (await nearbyNodes(modules, id)).length > 0;
}

/** This node and its peers, or the one of this id. */
async function nearbyNodes(
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

/** What a node says of itself, as it is shown. */
function rowOf({ nodeid, details }: ListedNode) {
  if (details === undefined) return { nodeid: nodeid as string };
  const { alias, ...rest } = details;
  return { nodeid: nodeid as string, alias: shownAlias(Buffer.from(alias, 'hex')), ...rest };
}

/** An alias is what its node wrote: bytes that are no text, or move the cursor, are shown as numbers. */
function shownAlias(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (!text.includes('\ufffd')) return text.replaceAll(/\p{Cc}/gu, (letter) => hexOf(letter.codePointAt(0) ?? 0));
  return [...bytes].map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : hexOf(byte))).join('');
}

function hexOf(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

/** Shows nodes of the network. */
export const listnodes = defineCommand({
  name: 'listnodes',
  category: 'peers',
  title: 'Command to get the list of nodes in the known network',
  description:
    'Lists the nodes of the network that have an announced channel, with what they say of themselves; and this node, the peers that are connected, and those with which we have a channel.',
  params: { id: optional(field.nodeId, 'Only this node.') },
  returns: { nodes: answer.stream(node, 'The nodes; empty if `id` is not known.') },
  errors: [],
  see_also: ['listchannels', 'listpeers', 'getinfo'],
  access: 'read',
  async run({ id }, modules) {
    const own = await nearbyNodes(modules, id);
    const rows = async function* () {
      const listed = new Set<string>();
      for await (const each of allPages((from) => modules.network.ask('nodes', { id, from }))) {
        // What we say of ourselves is known better below.
        if (each.details === undefined && own.some(({ nodeid }) => nodeid === each.nodeid)) continue;
        listed.add(each.nodeid);
        yield rowOf(each);
      }
      yield* own.filter(({ nodeid }) => !listed.has(nodeid));
    };
    return { nodes: rows() };
  },
});
