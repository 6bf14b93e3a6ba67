import { answer } from '../rpc/answer.ts';
import { byName, optional, withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';
import { ofCounter, saleMembers, saleRow } from './sale-row.ts';

/** So many are looked up at once. */
const MOST_SALES = 500;

/** The sales of the counters. */
export const listsales = defineCommand({
  name: 'listsales',
  category: 'invoices',
  title: 'Command for listing sales at the counter',
  description:
    'Lists sales, the newest first, with how each stands. For the next page, give the number of the last one as `before`.',
  params: {
    counter: optional(field.string, 'Only those of this counter.'),
    sale_id: byName(optional(field.u32, 'Only this one.')),
    before: byName(optional(field.u32, 'Only those before this one.')),
    limit: byName(withDefault(field.u32, 50, `How many; at most ${MOST_SALES}.`)),
  },
  returns: { sales: answer.array(answer.object(saleMembers, 'A sale.'), 'The sales.') },
  errors: ['SALE_NOT_FOUND'],
  see_also: ['createsale', 'listinvoices'],
  access: 'read',
  async run({ counter: name, sale_id, before, limit }, { counter, invoices }) {
    const found =
      sale_id === undefined
        ? await counter.sales.list({ counter: name, before, limit: Math.min(limit, MOST_SALES) })
        : [ofCounter(await counter.sales.get(sale_id), name)];
    const rows = found.map(async (sale) => saleRow(sale, await invoices.find({ created_index: sale.created_index })));
    return { sales: await Promise.all(rows) };
  },
});
