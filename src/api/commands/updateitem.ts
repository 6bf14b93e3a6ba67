import { optional } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { itemMembers, itemParam, itemParams, itemRow } from './item-row.ts';
import { defineCommand } from './modules.ts';

/** Changes an item of the price list. */
export const updateitem = defineCommand({
  name: 'updateitem',
  category: 'invoices',
  title: 'Command for changing an item of the price list of the counter',
  description: 'Changes what is given, and leaves the rest. Sales that were made already stay as they are.',
  params: {
    item_id: itemParam,
    name: optional(field.string, 'What it is called, in at most 80 characters.'),
    amount: optional(field.u64, "The price, in the currency's smallest unit."),
    ...itemParams,
  },
  returns: itemMembers,
  errors: ['ITEM_NOT_FOUND'],
  examples: [{ title: 'A new price', params: { item_id: 1, amount: 380 } }],
  see_also: ['listitems', 'createitem', 'deleteitem'],
  access: 'write',
  async run({ item_id, name, amount, currency, place }, { counter }) {
    const changed = await counter.items.update(item_id, {
      ...(name === undefined ? {} : { name }),
      ...(amount === undefined ? {} : { amount }),
      ...(currency === undefined ? {} : { currency }),
      ...(place === undefined ? {} : { place }),
    });
    return itemRow(changed);
  },
});
