import { RpcError } from '../../base/errors.ts';
import type { NodeId } from '../../base/types/brand.ts';
import type { LiveChannel } from '../../node/channels/live-channel.ts';
import type { ListedChannel } from '../../node/network/questions.ts';
import { channelUpdateFacts } from '../../protocol/channel/facts.ts';
import { answer } from '../rpc/answer.ts';
import { optional } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand, type Modules } from './modules.ts';
import { allPages } from './network-modules.ts';

/** `message_flags` of every update: it names an htlc_maximum_msat (BOLT 7). */
const MUST_BE_ONE = 1;
const DISABLED = 2;

const channel = answer.object(
  {
    source: answer.nodeId('The node that sends in this direction.'),
    destination: answer.nodeId('The other node.'),
    short_channel_id: answer.shortChannelId('The place of the funding output on chain.'),
    direction: answer.integer('0 from the smaller node id to the larger, 1 the other way.'),
    public: answer.boolean('Whether it is announced: always true.'),
    amount_msat: answer.msat('The capacity of the channel.'),
    message_flags: answer.integer('As in the `channel_update` (BOLT 7).'),
    channel_flags: answer.integer('As in the `channel_update` (BOLT 7).'),
    active: answer.boolean('Whether the source takes payments in this direction.'),
    last_update: answer.integer('The Unix time of the `channel_update`.'),
    base_fee_millisatoshi: answer.integer('The base fee.'),
    fee_per_millionth: answer.integer('The proportional fee.'),
    delay: answer.integer('The blocks that the source asks for (`cltv_expiry_delta`).'),
    htlc_minimum_msat: answer.msat('The smallest payment.'),
    htlc_maximum_msat: answer.msat('The largest payment.'),
    features: answer.hex('The feature bits of the channel.'),
  },
  'One direction of a channel.',
);

/** Both directions, as far as the two sides said something of them. */
function directionsOf({ state, peer_id, local_update, remote_update }: LiveChannel, modules: Modules) {
  const { forwarding, keys } = modules.channels.options;
  const facts = channelUpdateFacts(state);
  if (facts === undefined || facts.dont_forward) return [];
  const row = (source: NodeId, destination: NodeId, disabled: boolean, last_update: number) => {
    const direction = source < destination ? 0 : 1;
    return {
      source: source as string,
      destination: destination as string,
      short_channel_id: facts.short_channel_id as string,
      direction,
      public: true,
      amount_msat: state.terms.funding_satoshis * 1000n,
      message_flags: MUST_BE_ONE,
      channel_flags: direction | (disabled ? DISABLED : 0),
      active: !disabled,
      last_update,
      features: '',
    };
  };
  const ours = local_update && {
    ...row(keys.node_id, peer_id, facts.disabled, local_update.timestamp),
    base_fee_millisatoshi: forwarding.fee_base_msat,
    fee_per_millionth: forwarding.fee_proportional_millionths,
    delay: forwarding.cltv_expiry_delta,
    htlc_minimum_msat: facts.htlc_minimum_msat as bigint,
    htlc_maximum_msat: facts.htlc_maximum_msat as bigint,
  };
  const theirs = remote_update && {
    ...row(peer_id, keys.node_id, remote_update.disabled, remote_update.timestamp),
    base_fee_millisatoshi: remote_update.fee_base_msat,
    fee_per_millionth: remote_update.fee_proportional_millionths,
    delay: remote_update.cltv_expiry_delta,
    htlc_minimum_msat: remote_update.htlc_minimum_msat as bigint,
    htlc_maximum_msat: remote_update.htlc_maximum_msat as bigint,
  };
  return [ours, theirs].filter((each) => each !== undefined);
}

function rowOf({ amount_msat, htlc_minimum_msat, htlc_maximum_msat, ...rest }: ListedChannel) {
  return {
    ...rest,
    source: rest.source as string,
    destination: rest.destination as string,
    short_channel_id: rest.short_channel_id as string,
    public: true,
    amount_msat: BigInt(amount_msat),
    htlc_minimum_msat: BigInt(htlc_minimum_msat),
    htlc_maximum_msat: BigInt(htlc_maximum_msat),
  };
}

/** Shows channels of the network. */
export const listchannels = defineCommand({
  name: 'listchannels',
  category: 'channels',
  title: 'Command to query active lightning channels in the entire network',
  description:
    'Lists the announced channels of the network, each direction for itself, as far as its node has said what it asks. Our own come first. `listpeerchannels` also shows those of ours that are not announced.',
  params: {
    short_channel_id: optional(field.shortChannelId, 'Only this channel.'),
    source: optional(field.nodeId, 'Only channels from this node.'),
    destination: optional(field.nodeId, 'Only channels to this node.'),
  },
  returns: { channels: answer.stream(channel, 'The directions of channels.') },
  errors: [],
  see_also: ['listnodes', 'listpeerchannels'],
  access: 'read',
  run({ short_channel_id, source, destination }, modules) {
    const given = Object.values({ short_channel_id, source, destination }).filter((each) => each !== undefined);
    if (given.length > 1) {
      throw new RpcError('INVALID_PARAMS', 'Can only specify one of `short_channel_id`, `source` or `destination`');
    }
    const own = modules.channels.list().flatMap((each) => directionsOf(each, modules));
    const isOwn = new Set(own.map((row) => row.short_channel_id));
    const asked = { short_channel_id, source, destination };
    const rows = async function* () {
      yield* own.filter(
        (row) =>
          (short_channel_id === undefined || row.short_channel_id === short_channel_id) &&
          (source === undefined || row.source === source) &&
          (destination === undefined || row.destination === destination),
      );
      for await (const each of allPages((from) => modules.network.ask('channels', { ...asked, from }))) {
        if (!isOwn.has(each.short_channel_id)) yield rowOf(each);
      }
    };
    return { channels: rows() };
  },
});
