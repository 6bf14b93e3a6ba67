import { answer } from '../rpc/answer.ts';
import { byName, optional, withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand, type Modules } from './modules.ts';
import { refundMembers, refundRow } from './refund-row.ts';

async function* rowsOf(found: ReturnType<Modules['refunds']['list']>) {
  for await (const refund of found) yield refundRow(refund);
}

/** Who got what back. */
export const listrefunds = defineCommand({
  name: 'listrefunds',
  category: 'invoices',
  title: 'Command for listing refunds',
  description:
    'Lists refunds in the order of their recording, with who got what, and how they ended. A full list is sent while it is read; to read it in pages, give `start` and `limit`.',
  params: {
    label: optional(field.label, 'Those of the invoice with this label.'),
    status: byName(optional(field.oneOf('pending', 'sent', 'failed'), 'Only those with this status.')),
    start: byName(withDefault(field.u64, 0n, 'The first number to list.')),
    limit: byName(optional(field.u32, 'The maximum number of refunds.')),
  },
  returns: { refunds: answer.stream(answer.object(refundMembers, 'A refund.'), 'The refunds.') },
  errors: [],
  examples: [{ title: 'Of one invoice', params: ['table-5'] }],
  see_also: ['refund'],
  access: 'read',
  run({ rest: _rest, ...query }, { refunds }) {
    return { refunds: rowsOf(refunds.list(query)) };
  },
});
