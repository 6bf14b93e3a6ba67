import { RpcError } from '../../base/errors.ts';
import type { NodeId } from '../../base/types/brand.ts';
import { parseShortChannelId } from '../../base/types/short-channel-id.ts';
import { answer } from '../rpc/answer.ts';
import { optional, required, withDefault } from '../rpc/command.ts';
import { fieldOf, textOf } from '../rpc/field.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';

/** The direction of a channel from a node: 0 from the smaller node id to the larger (BOLT 7). */
function directionFrom(from: NodeId, to: NodeId): 0 | 1 {
  return from < to ? 0 : 1;
}

/** What to leave out, in one spelling: a node, a channel, or one direction of a channel. */
const exclusion = fieldOf<string>(
  'string',
  { type: 'string' },
  'should be a short_channel_id, with or without a direction, or a node id',
  (value) => {
    const text = (textOf(value) ?? '').toLowerCase();
    if (/^0[23][0-9a-f]{64}$/.test(text)) return text;
    const [, name = '', direction = ''] = /^(.*?)(\/[01])?$/.exec(text) ?? [];
    const channel = parseShortChannelId(name);
    return channel === undefined ? undefined : `${channel}${direction}`;
  },
);

/** Finds a route for `sendpay`. */
export const getroute = defineCommand({
  name: 'getroute',
  category: 'payments',
  title: 'Command for finding a route to a node',
  description:
    'Answers a route for `sendpay`. Till does not know the network yet, only its own channels, so a route is one of those. `pay` also follows the hints of an invoice.',
  params: {
    id: required(field.nodeId, 'Where to.'),
    amount_msat: required(field.msat, 'The amount that must arrive.'),
    riskfactor: required(field.float, 'How much delay counts against fees. A single hop has neither.'),
    cltv: withDefault(field.u32, 9, 'Blocks that must be left at the end of the route.'),
    fromid: optional(field.nodeId, 'The start of the route. Only our own node is possible.'),
    fuzzpercent: optional(field.float, 'Accepted and ignored.'),
    exclude: withDefault(field.arrayOf(exclusion), [], 'Channels (`SCID` or `SCID/DIRECTION`) and nodes to leave out.'),
    maxhops: withDefault(field.u32, 20, 'The maximum number of hops.'),
  },
  returns: {
    route: answer.array(
      answer.object(
        {
          id: answer.nodeId('The node at the end of the hop.'),
          channel: answer.shortChannelId('The channel.'),
          direction: answer.integer('0 from the smaller node id to the larger, 1 the other way.'),
          amount_msat: answer.msat('The amount that arrives there.'),
          delay: answer.integer('Blocks left there.'),
          style: answer.oneOf(['tlv'], 'The format of its payload.'),
        },
        'A hop.',
      ),
      'The hops, in order.',
    ),
  },
  errors: ['PAY_ROUTE_NOT_FOUND'],
  see_also: ['sendpay', 'pay'],
  access: 'read',
  async run({ id, amount_msat, cltv, fromid, exclude, maxhops }, { payments, node }) {
    const own = (await node.info()).id as NodeId;
    const excluded = new Set(exclude);
    const direction = directionFrom(own, id);
    const isExcluded = (name: string): boolean => excluded.has(name) || excluded.has(`${name}/${direction}`);
    const way = payments
      .waysOut()
      .filter(({ peer_id }) => peer_id === id && !excluded.has(id))
      .filter(({ names }) => names.length > 0 && !names.some(isExcluded))
      .filter((each) => each.spendable_msat >= amount_msat && each.htlc_minimum_msat <= amount_msat)
      .sort((a, b) => (a.spendable_msat < b.spendable_msat ? 1 : -1))[0];
    const [channel] = way?.names ?? [];
    if (channel === undefined || maxhops < 1 || (fromid !== undefined && fromid !== own)) {
      throw new RpcError('PAY_ROUTE_NOT_FOUND', 'Could not find a route');
    }
    return { route: [{ id, channel, direction, amount_msat, delay: cltv, style: 'tlv' as const }] };
  },
});
