import { answer } from '../rpc/answer.ts';
import { itemMembers, itemRow } from './item-row.ts';
import { defineCommand } from './modules.ts';

/** The price list. */
export const listitems = defineCommand({
  name: 'listitems',
  category: 'invoices',
  title: 'Command for listing the price list of the counter',
  description: 'Lists the items of the counter in the order in which it shows them.',
  params: {},
  returns: { items: answer.array(answer.object(itemMembers, 'An item.'), 'The items.') },
  errors: [],
  see_also: ['createitem', 'updateitem', 'deleteitem', 'createsale'],
  access: 'read',
  async run(_params, { counter }) {
    return { items: (await counter.items.list()).map(itemRow) };
  },
});
