import { RpcError } from '../../base/errors.ts';
import type { NodeId } from '../../base/types/brand.ts';
import { parseShortChannelId } from '../../base/types/short-channel-id.ts';
import type { WaysAnswer } from '../../node/network/questions.ts';
import { answer } from '../rpc/answer.ts';
import { optional, required, withDefault } from '../rpc/command.ts';
import { fieldOf, textOf } from '../rpc/field.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';
import { ownWays, WITHOUT_LIMITS } from './network-modules.ts';

/** What to leave out, in one spelling: a node, a channel, or one direction of a channel. */
const exclusion = fieldOf<string>(
  'string',
  { type: 'string' },
  'should be short_channel_id_dir or node_id',
  (value) => {
    const text = (textOf(value) ?? '').toLowerCase();
    if (/^0[23][0-9a-f]{64}$/.test(text)) return text;
    const [, name = '', direction = ''] = /^(.*?)(\/[01])?$/.exec(text) ?? [];
    const channel = parseShortChannelId(name);
    return channel === undefined ? undefined : `${channel}${direction}`;
  },
);

/** A year has so many blocks; `riskfactor` is in percent of the amount a year. */
const BLOCKS_A_YEAR = 52_596;

/** Finds a route for `sendpay`. */
export const getroute = defineCommand({
  name: 'getroute',
  category: 'payments',
  title: 'Command for finding a route to a node',
  description:
    'Answers the cheapest route for `sendpay`, over our own channels with what they can send now and over the public network. It knows nothing of what channels hold: `getroutes` and `xpay` also take the route that is most likely to work.',
  params: {
    id: required(field.nodeId, 'Where to.'),
    amount_msat: required(field.msat, 'The amount that must arrive. 0 ignores the minimum of channels.'),
    riskfactor: required(field.float, 'How much delay counts against fees: percent of the amount a year.'),
    cltv: withDefault(field.u32, 9, 'Blocks that must be left at the end of the route.'),
    fromid: optional(field.nodeId, 'The start of the route. Default: our own node.'),
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
  see_also: ['sendpay', 'getroutes', 'pay'],
  access: 'read',
  async run({ id, amount_msat, riskfactor, cltv, fromid, exclude, maxhops }, { payments, node, network }) {
    const own = (await node.info()).id as NodeId;
    const source = fromid ?? own;
    if (source === id) return { route: [] };
    const found = await network.ask('ways', {
      ...WITHOUT_LIMITS,
      source,
      destination: id,
      amount_msat: Number(amount_msat),
      final_cltv: cltv,
      max_hops: Math.min(maxhops, WITHOUT_LIMITS.max_hops),
      max_parts: 1,
      price_of_block: riskfactor / 100 / BLOCKS_A_YEAR,
      price_of_doubt: 0,
      own_ways: source === own ? ownWays(payments) : undefined,
      avoid: exclude,
    });
    if (found.kind === 'none') throw noRoute(found, source, id);
    const [route] = found.routes;
    return {
      route: (route?.hops ?? []).map((hop) => ({
        id: hop.node_id_out as string,
        channel: hop.short_channel_id as string,
        direction: hop.direction,
        amount_msat: BigInt(hop.amount_out_msat),
        delay: hop.cltv_out,
        style: 'tlv' as const,
      })),
    };
  },
});

function noRoute({ reason, explanation }: Extract<WaysAnswer, { kind: 'none' }>, source: NodeId, id: NodeId): RpcError {
  switch (reason) {
    case 'unknown_source':
      return new RpcError('INVALID_PARAMS', `${source}: unknown source node_id (no public channels?)`);
    case 'unknown_destination':
      return new RpcError('INVALID_PARAMS', `${id}: unknown destination node_id (no public channels?)`);
    case 'too_long':
      return new RpcError('PAY_ROUTE_NOT_FOUND', explanation);
    default:
      return new RpcError('PAY_ROUTE_NOT_FOUND', `Could not find a route: ${explanation}`);
  }
}
