import { required } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { itemMembers, itemParams, itemRow } from './item-row.ts';
import { defineCommand } from './modules.ts';

/** Adds an item to the price list. */
export const createitem = defineCommand({
  name: 'createitem',
  category: 'invoices',
  title: 'Command for adding an item to the price list of the counter',
  description:
    'Adds an item with its price to the list that the [counter](../guide/counter.md) shows as buttons. The list is meant for a few dozen things; it holds 500.',
  params: {
    name: required(field.string, 'What it is called, in at most 80 characters.'),
    amount: required(field.u64, "The price, in the currency's smallest unit: 450 is 4.50 EUR, or 450 JPY."),
    ...itemParams,
  },
  returns: itemMembers,
  errors: [],
  examples: [{ title: 'A coffee', params: { name: 'Coffee', amount: 350, currency: 'EUR' } }],
  see_also: ['listitems', 'updateitem', 'deleteitem', 'createsale'],
  access: 'write',
  async run({ name, amount, currency, place }, { counter }) {
    return itemRow(
      await counter.items.create({ name, amount, currency: currency ?? counter.currency, place: place ?? 0 }),
    );
  },
});
