import { answer } from '../rpc/answer.ts';
import { optional } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';

const forward = answer.object(
  {
    created_index: answer.integer('The index of its creation.'),
    in_channel: answer.shortChannelId('The channel on which it came.'),
    in_msat: answer.msat('What came.'),
    status: answer.oneOf(['offered', 'settled', 'local_failed', 'failed'], 'Its state.'),
    received_time: answer.number('The Unix time when it came.'),
  },
  'A forwarded payment.',
);

/** Shows payments of others that went through this node. */
export const listforwards = defineCommand({
  name: 'listforwards',
  category: 'channels',
  title: 'Command showing all htlcs and their information',
  description:
    'Lists payments that this node forwarded for others. Till accepts payments and forwards none, so the list is always empty.',
  params: {
    status: optional(field.oneOf('offered', 'settled', 'local_failed', 'failed'), 'Only those with this status.'),
    in_channel: optional(field.shortChannelId, 'Only those that came over this channel.'),
    out_channel: optional(field.shortChannelId, 'Only those that left over this channel.'),
    index: optional(field.oneOf('created', 'updated'), 'The order.'),
    start: optional(field.u64, 'The first index to list.'),
    limit: optional(field.u32, 'The most to list.'),
  },
  returns: { forwards: answer.array(forward, 'The forwarded payments: none.') },
  errors: [],
  see_also: ['listhtlcs', 'listinvoices', 'listsendpays'],
  access: 'read',
  run: () => ({ forwards: [] }),
});
