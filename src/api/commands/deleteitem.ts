import { itemMembers, itemParam, itemRow } from './item-row.ts';
import { defineCommand } from './modules.ts';

/** Takes an item off the price list. */
export const deleteitem = defineCommand({
  name: 'deleteitem',
  category: 'invoices',
  title: 'Command for taking an item off the price list of the counter',
  description: 'Deletes an item, and answers it as it was. Sales of it stay as they are.',
  params: { item_id: itemParam },
  returns: itemMembers,
  errors: ['ITEM_NOT_FOUND'],
  see_also: ['listitems', 'createitem', 'updateitem'],
  access: 'write',
  async run({ item_id }, { counter }) {
    return itemRow(await counter.items.delete(item_id));
  },
});
