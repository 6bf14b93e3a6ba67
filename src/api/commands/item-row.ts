/** Items of the price list as commands answer them, and the parameters that several of them share. */
import type { Item } from '../../shop/counter/item.ts';
import { answer } from '../rpc/answer.ts';
import { byName, optional, required } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { currencyField } from '../rpc/money-fields.ts';

/** The parameter that names an item. */
export const itemParam = required(field.u32, 'The number of the item.');

/** Its currency and place. */
export const itemParams = {
  currency: byName(
    optional(
      currencyField,
      'The currency of the price (ISO 4217). Default: `shop-currency`; without that option prices are in millisatoshi.',
    ),
  ),
  place: byName(
    optional(field.u32, 'Items are shown in the order of this number, then in the order of their making. Default: 0.'),
  ),
} as const;

/** The members of an item. */
export const itemMembers = {
  item_id: answer.integer('Its number: 1, 2, 3 ... in the order of creation.'),
  name: answer.string('What it is called.'),
  currency: answer.optional(answer.string('The currency of the price; absent: the price is in millisatoshi.')),
  amount: answer.u64("The price, in the currency's smallest unit."),
  place: answer.integer('Its place in the list.'),
} as const;

/** What a command answers for an item. */
export function itemRow({ item_id, name, currency, amount, place }: Item) {
  return { item_id, name, currency: currency as string | undefined, amount, place };
}
