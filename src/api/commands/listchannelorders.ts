import { answer } from '../rpc/answer.ts';
import { optional } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { channelOrderMembers, channelOrderRow } from './channel-order-row.ts';
import { defineCommand } from './modules.ts';

/** Shows the channels that were bought ahead. */
export const listchannelorders = defineCommand({
  name: 'listchannelorders',
  category: 'channels',
  title: 'Command for listing channels that were bought of liquidity providers',
  description:
    'Lists the orders of `buychannel` and of `inbound-keep`, the first one first, with how each stands. Prices that were only asked for are among them.',
  params: { order: optional(field.integer, 'Only the order of this number.') },
  returns: { orders: answer.array(answer.object(channelOrderMembers, 'An order.'), 'The orders.') },
  errors: [],
  examples: [{ title: 'All', params: [] }],
  see_also: ['buychannel', 'inbound'],
  access: 'read',
  async run({ order }, { liquidity }) {
    const wanted = liquidity.channel_orders.list().filter(({ number }) => order === undefined || number === order);
    return { orders: wanted.map((each) => channelOrderRow(each)) };
  },
});
