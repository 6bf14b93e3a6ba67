import { answer } from '../rpc/answer.ts';
import { optional } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { type IncomeEvent, incomeEvents, movementMembers } from './account-events.ts';
import { defineCommand } from './modules.ts';

const event = answer.object(
  {
    ...movementMembers,
    description: answer.optional(answer.string('The description of the invoice.')),
    outpoint: answer.optional(answer.string('The output, of events on the chain.')),
    txid: answer.optional(answer.txid('The transaction, of fees.')),
    payment_id: answer.optional(answer.hex('The payment hash, of payments over Lightning.')),
  },
  'An event.',
);

async function* within(events: AsyncIterable<IncomeEvent>, start_time: number, end_time: number) {
  for await (const each of events) if (each.timestamp >= start_time && each.timestamp <= end_time) yield each;
}

/** What was earned and spent. */
export const bkprListincome = defineCommand({
  name: 'bkpr-listincome',
  category: 'wallet',
  title: 'Command for listing all income impacting events',
  description:
    'Lists what made the node richer or poorer: invoices that were paid over Lightning (`invoice`, credit) and what a liquidity provider took off them for a channel (`lease_fee`), payments of ours (`invoice`, debit) and their fees (`invoice_fee`), deposits of others and payments to others on the chain, and the fees of transactions. First Lightning, each in its own order, then the chain. Of a paid invoice Till does not keep which channel brought it: its account is `channels`.',
  params: {
    consolidate_fees: optional(field.boolean, 'Accepted and ignored: each fee is one event already.'),
    start_time: optional(field.u32, 'Only events at this Unix time or later.'),
    end_time: optional(field.u32, 'Only events at this Unix time or earlier.'),
  },
  returns: { income_events: answer.stream(event, 'The events.') },
  errors: [],
  see_also: ['bkpr-listaccountevents', 'bkpr-listbalances', 'listinvoices', 'listpays'],
  access: 'read',
  run({ start_time = 0, end_time = Number.MAX_SAFE_INTEGER }, modules) {
    return { income_events: within(incomeEvents(modules), start_time, end_time) };
  },
});
