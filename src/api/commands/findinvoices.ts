import { RpcError } from '../../base/errors.ts';
import { answer } from '../rpc/answer.ts';
import { byName, optional, withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { timeOf, timeOrDayField } from './day-field.ts';
import { invoiceMembers, invoiceRow } from './invoice-row.ts';
import { defineCommand } from './modules.ts';

const MOST_ROWS = 500;

/** Searches invoices. */
export const findinvoices = defineCommand({
  name: 'findinvoices',
  category: 'invoices',
  title: 'Command for searching invoices, the newest first',
  description: `Finds invoices by a text, by status and by time, a page at a time. A page costs the same however many invoices there are: it looks at up to 10,000 of them, so it may have fewer hits than \`limit\` and still a \`next_cursor\`, by which the search goes on further back.

With status \`paid\` they are in the order of payment, with \`unpaid\` and \`expired\` in the order in which they expire, otherwise in that of creation.`,
  params: {
    text: optional(
      field.string,
      'A label, or text in a label, a description or metadata, ignoring case; a payment hash; a BOLT 11 text; or `#` and the `created_index`.',
    ),
    status: byName(optional(field.oneOf('unpaid', 'paid', 'expired'), 'Only those with this status.')),
    since: byName(
      optional(
        timeOrDayField,
        'Only those created (with status `paid`: paid) at this Unix time or later, or from this day of the shop on.',
      ),
    ),
    until: byName(
      optional(
        timeOrDayField,
        'Only those created (with status `paid`: paid) before this Unix time, or until the end of this day.',
      ),
    ),
    cursor: byName(optional(field.string, 'The `next_cursor` of the page before, with the same other parameters.')),
    limit: byName(withDefault(field.u16, 50, `The maximum number of invoices in the page, up to ${MOST_ROWS}.`)),
  },
  returns: {
    invoices: answer.array(
      answer.object(
        { ...invoiceMembers, created_at: answer.integer('When it was created, in Unix time.') },
        'An invoice.',
      ),
      'The page.',
    ),
    next_cursor: answer.optional(answer.string('Where the next page begins; absent when there is none.')),
    looked_back_to: answer.optional(
      answer.integer('With `next_cursor`: how far back this page looked, in Unix time of creation or payment.'),
    ),
  },
  errors: [],
  examples: [
    { title: 'What was paid lately', params: { status: 'paid', limit: 10 } },
    { title: 'An order', params: { text: 'order-17' } },
  ],
  see_also: ['listinvoices', 'listtakings'],
  access: 'read',
  async run({ text, status, since, until, cursor, limit }, { invoices, calendar }) {
    try {
      const page = await invoices.search({
        text,
        status,
        since: timeOf(since, 'start', calendar),
        until: timeOf(until, 'end', calendar),
        cursor,
        limit: Math.min(Math.max(limit, 1), MOST_ROWS),
      });
      return {
        invoices: page.invoices.map((invoice) => ({ ...invoiceRow(invoice), created_at: invoice.created_at })),
        next_cursor: page.next_cursor,
        looked_back_to: page.next_cursor === undefined ? undefined : page.looked_back_to,
      };
    } catch (error) {
      if (error instanceof RangeError) throw new RpcError('INVALID_PARAMS', `cursor: ${error.message}`);
      throw error;
    }
  },
});
