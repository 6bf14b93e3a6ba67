import { encodeFeatures } from '../../base/types/features.ts';
import { toHex } from '../../base/types/hex.ts';
import { waysIn } from '../../node/channels/hint-source.ts';
import { answer } from '../rpc/answer.ts';
import { defineCommand } from './modules.ts';

/** Shows what can come in. */
export const listincoming = defineCommand({
  name: 'listincoming',
  category: 'channels',
  title: 'Command for listing the channels that payments can come in through',
  description:
    'Lists the channels whose peer has said what it asks for payments to us, with what the network can bring to that peer. Route hints of invoices are chosen by it: a peer to which nothing leads is a dead end.',
  params: {},
  returns: {
    incoming: answer.array(
      answer.object(
        {
          id: answer.nodeId('The peer.'),
          short_channel_id: answer.optional(answer.shortChannelId('The channel, as payers name it.')),
          fee_base_msat: answer.msat('The base fee of the peer.'),
          htlc_min_msat: answer.msat('The smallest payment.'),
          htlc_max_msat: answer.msat('The largest payment.'),
          fee_proportional_millionths: answer.integer('The proportional fee of the peer.'),
          cltv_expiry_delta: answer.integer('The blocks that the peer asks for.'),
          incoming_capacity_msat: answer.msat(
            'What the other public channels of the peer let through to it, all together; 0 is a dead end.',
          ),
          public: answer.boolean('Whether the channel is announced.'),
          peer_features: answer.optional(answer.hex('The feature bits of the peer, while it is connected.')),
          enabled: answer.boolean('Whether the peer is there.'),
        },
        'A channel.',
      ),
      'The channels.',
    ),
  },
  errors: [],
  see_also: ['invoice', 'listpeerchannels'],
  access: 'read',
  async run(_given, { channels, network, peers }) {
    const ways = waysIn(channels.list());
    const node_id = channels.options.keys.node_id;
    const peer_ids = [...new Set(ways.map(({ pubkey }) => pubkey))];
    const { capacities } = await network.ask('incoming', { node_id, peer_ids });
    const incoming_msat = new Map(capacities.map((each) => [each.peer_id, each.incoming_msat]));
    return {
      incoming: ways.map((way) => {
        const peer = peers.find(way.pubkey);
        return {
          id: way.pubkey as string,
          short_channel_id: (way.remote_alias ?? way.short_channel_id) as string | undefined,
          fee_base_msat: BigInt(way.fee_base_msat),
          htlc_min_msat: way.htlc_minimum_msat as bigint,
          htlc_max_msat: way.htlc_maximum_msat as bigint,
          fee_proportional_millionths: way.fee_proportional_millionths,
          cltv_expiry_delta: way.cltv_expiry_delta,
          incoming_capacity_msat: BigInt(incoming_msat.get(way.pubkey) ?? 0),
          public: way.announced,
          peer_features: peer && toHex(encodeFeatures(peer.features)),
          enabled: way.online,
        };
      }),
    };
  },
});
