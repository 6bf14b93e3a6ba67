import { RpcError } from '../../base/errors.ts';
import type { NodeId } from '../../base/types/brand.ts';
import type { FoundHop, FoundRoute, WayQuestion, WaysAnswer } from '../../node/network/questions.ts';
import { answer } from '../rpc/answer.ts';
import { required, withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';
import { ownWays, WITHOUT_LIMITS } from './network-modules.ts';

/** The layers that Till knows. Each changes what the question takes for granted. */
const LAYERS = ['auto.localchans', 'auto.sourcefree', 'auto.include_fees', 'auto.no_mpp_support'] as const;
/** HTLCs that hang longer would be closed on the chain by somebody. */
const MOST_DELAY = 2016;
const PRICE_OF_DOUBT = 0.3;
const MILLION = 1_000_000;
/** How often the amount is lowered by the fees that were found, until both come to what was asked. */
const MOST_ROUNDS = 4;

const hop = answer.object(
  {
    short_channel_id_dir: answer.string('The channel and its direction, as `SCID/DIRECTION`.'),
    node_id_in: answer.nodeId('The node that forwards over it.'),
    node_id_out: answer.nodeId('The node at its end.'),
    amount_in_msat: answer.msat('The amount that the first of them has.'),
    amount_out_msat: answer.msat('The amount that the other gets. The rest is the fee.'),
    cltv_in: answer.integer('Blocks left at the first.'),
    cltv_out: answer.integer('Blocks left at the other.'),
    next_node_id: answer.nodeId('The same as node_id_out.'),
    amount_msat: answer.msat('The same as amount_in_msat.'),
    delay: answer.integer('The same as cltv_in.'),
  },
  'A hop.',
);

/** Finds likely routes. */
export const getroutes = defineCommand({
  name: 'getroutes',
  category: 'payments',
  title: 'Command for routing a payment',
  description:
    'Answers the routes that would be tried first for a payment: of the cheapest ones those that are likely to work, by what is known of channels and what payments of this node taught. An amount that one route does not carry is split. A path goes into `sendpay` as it is.',
  params: {
    source: required(field.nodeId, 'Where from.'),
    destination: required(field.nodeId, 'Where to.'),
    amount_msat: required(field.msat, 'The amount that must arrive.'),
    layers: required(
      field.arrayOf(field.string),
      'Layers: `auto.localchans` (our channels, with what they can send now), `auto.sourcefree` (the first hop costs nothing), `auto.include_fees` (the payee pays the fees), `auto.no_mpp_support` (one route only).',
    ),
    maxfee_msat: required(field.msat, 'The maximum fee.'),
    final_cltv: required(field.u32, 'Blocks that must be left at the end.'),
    maxdelay: withDefault(field.u32, MOST_DELAY, 'The maximum number of blocks that the money may be locked.'),
    maxparts: withDefault(field.u32, 100, 'The maximum number of routes.'),
  },
  returns: {
    probability_ppm: answer.integer('How likely it is that all of them work, in millionths.'),
    routes: answer.array(
      answer.object(
        {
          probability_ppm: answer.integer('How likely it is that this one works, in millionths.'),
          amount_msat: answer.msat('The amount that arrives by it.'),
          final_cltv: answer.integer('Blocks left at the end.'),
          path: answer.array(hop, 'Its hops, in order.'),
        },
        'A route.',
      ),
      'The routes.',
    ),
  },
  errors: ['PAY_ROUTE_NOT_FOUND', 'PAY_ROUTE_TOO_EXPENSIVE', 'PAY_USER_ERROR'],
  see_also: ['getroute', 'xpay', 'sendpay'],
  access: 'read',
  async run(given, { payments, node, network }) {
    const { source, destination, amount_msat, layers, maxfee_msat, final_cltv, maxdelay, maxparts } = given;
    const unknown = layers.find((layer) => !(LAYERS as readonly string[]).includes(layer));
    if (unknown !== undefined) {
      throw new RpcError('INVALID_PARAMS', `layers: unknown layer: invalid token '"${unknown}"'`);
    }
    if (amount_msat === 0n) throw new RpcError('INVALID_PARAMS', 'amount must be non-zero');
    if (maxdelay > MOST_DELAY) throw new RpcError('PAY_USER_ERROR', `maximum delay allowed is ${MOST_DELAY}`);
    const has = (layer: (typeof LAYERS)[number]): boolean => layers.includes(layer);
    const own = (await node.info()).id as NodeId;
    const isLocal = source === own && has('auto.localchans');
    const question: WayQuestion = {
      ...WITHOUT_LIMITS,
      source,
      destination,
      amount_msat: Number(amount_msat),
      final_cltv,
      max_fee_msat: Number(maxfee_msat),
      max_delay: maxdelay,
      max_parts: has('auto.no_mpp_support') ? 1 : Math.max(1, maxparts),
      price_of_block: 0,
      price_of_doubt: PRICE_OF_DOUBT,
      own_ways: isLocal ? ownWays(payments) : undefined,
      avoid: [],
    };
    const ask = (each: WayQuestion): Promise<WaysAnswer> => network.ask('ways', each);
    const found = has('auto.include_fees') ? await askWithFees(ask, question) : await ask(question);
    if (found.kind === 'none') throw noRoutes(found);
    const isFree = isLocal || has('auto.sourcefree');
    return {
      probability_ppm: Math.round(found.routes.reduce((all, { probability }) => all * probability, MILLION)),
      routes: found.routes.map((route) => rowOf(route, final_cltv, isFree)),
    };
  },
});

/** The payee pays: less arrives, by what the routes cost. */
async function askWithFees(ask: (question: WayQuestion) => Promise<WaysAnswer>, question: WayQuestion) {
  let found = await ask(question);
  for (let round = 0; round < MOST_ROUNDS && found.kind === 'found'; round++) {
    const fee_msat = found.routes.reduce(
      (sum, route) => sum + (route.hops[0]?.amount_out_msat ?? 0) - route.amount_msat,
      0,
    );
    const arrives_msat = found.routes.reduce((sum, route) => sum + route.amount_msat, 0);
    if (fee_msat + arrives_msat <= question.amount_msat) break;
    found = await ask({ ...question, amount_msat: question.amount_msat - fee_msat });
  }
  return found;
}

function rowOf({ amount_msat, probability, hops }: FoundRoute, final_cltv: number, is_free: boolean) {
  return {
    probability_ppm: Math.round(probability * MILLION),
    amount_msat: BigInt(amount_msat),
    final_cltv,
    path: hops.map((each, index) => hopRow(each, index === 0 && !is_free)),
  };
}

function hopRow(each: FoundHop, has_fee: boolean) {
  const { fee_base_msat, fee_proportional_millionths, cltv_expiry_delta, amount_out_msat } = each;
  const amount_out = BigInt(amount_out_msat);
  const fee = BigInt(fee_base_msat) + (amount_out * BigInt(fee_proportional_millionths)) / 1_000_000n;
  const amount_in_msat = has_fee ? amount_out + fee : BigInt(each.amount_in_msat);
  const cltv_in = has_fee ? each.cltv_out + cltv_expiry_delta : each.cltv_in;
  return {
    short_channel_id_dir: `${each.short_channel_id}/${each.direction}`,
    node_id_in: each.node_id_in as string,
    node_id_out: each.node_id_out as string,
    amount_in_msat,
    amount_out_msat: amount_out,
    cltv_in,
    cltv_out: each.cltv_out,
    next_node_id: each.node_id_out as string,
    amount_msat: amount_in_msat,
    delay: cltv_in,
  };
}

function noRoutes({ reason, explanation }: Extract<WaysAnswer, { kind: 'none' }>): RpcError {
  const isTooMuch = reason === 'too_expensive' || reason === 'too_slow';
  return new RpcError(isTooMuch ? 'PAY_ROUTE_TOO_EXPENSIVE' : 'PAY_ROUTE_NOT_FOUND', explanation);
}
