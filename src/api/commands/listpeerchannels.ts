import { answer } from '../rpc/answer.ts';
import { optional } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { channelsNamed } from './find-channel.ts';
import { defineCommand } from './modules.ts';
import { peerChannelAnswer, peerChannelRow } from './peer-channel.ts';

/** Shows channels. */
export const listpeerchannels = defineCommand({
  name: 'listpeerchannels',
  category: 'channels',
  title: 'Command returning data on channels of connected lightning nodes',
  description:
    'Lists the channels that are opening, carry payments, are closing, or still have outputs to claim on chain. The figures of what went over a channel (`in_payments_offered` and the others) count an HTLC as offered when it is in a commitment and as fulfilled when both sides have removed it; what the chain settles after the channel is over is not in them.',
  params: {
    id: optional(field.nodeId, 'Only channels with this node.'),
    short_channel_id: optional(field.shortChannelId, 'Only the channel with this short_channel_id.'),
    channel_id: optional(field.channelId, 'Only this channel.'),
  },
  returns: { channels: answer.array(peerChannelAnswer, 'The channels.') },
  errors: [],
  see_also: ['listpeers', 'fundchannel', 'close', 'listclosedchannels'],
  access: 'read',
  run({ id, short_channel_id, channel_id }, { channels, endings, wallet }) {
    const { keys, forwarding } = channels.options;
    const words = [id, short_channel_id, channel_id].filter((word) => word !== undefined);
    const asked = words.reduce((left, word) => channelsNamed(word, left), channels.list());
    return {
      channels: asked.map((channel) =>
        peerChannelRow(channel, endings.view(channel.channel_id), keys.node_id, forwarding, wallet.network),
      ),
    };
  },
});
