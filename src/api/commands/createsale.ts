import { byName, optional, required, withDefault } from '../rpc/command.ts';
import { type Field, Unfit } from '../rpc/field.ts';
import { field } from '../rpc/fields.ts';
import { isJsonObject, type Json } from '../rpc/json.ts';
import { currencyField } from '../rpc/money-fields.ts';
import { defineCommand } from './modules.ts';
import { saleMembers, saleRow } from './sale-row.ts';

const SHOULD_BE = 'should be an array of objects with item_id and count';

/** What is sold: numbers of items and how many of each. */
const soldItemsField: Field<readonly { readonly item_id: number; readonly count: number }[]> = {
  type: 'array of items',
  schema: {
    type: 'array',
    items: {
      type: 'object',
      properties: { item_id: field.u32.schema, count: field.u16.schema },
      required: ['item_id'],
      additionalProperties: false,
    },
  },
  secret: false,
  parse(value) {
    if (!Array.isArray(value)) throw new Unfit(SHOULD_BE);
    return value.map((line: Json) => {
      if (!isJsonObject(line)) throw new Unfit(SHOULD_BE, line);
      const { item_id, count = 1, ...more } = line;
      if (item_id === undefined || Object.keys(more).length > 0) throw new Unfit(SHOULD_BE, line);
      return { item_id: field.u32.parse(item_id), count: field.u16.parse(count) };
    });
  },
};

/** Asks for the payment of a sale. */
export const createsale = defineCommand({
  name: 'createsale',
  category: 'invoices',
  title: 'Command for a sale at the counter',
  description: `Makes a sale and the invoice that asks for its payment, both or neither. It is what the pages of the [counter](../guide/counter.md) do; a till of your own can do the same.

Amounts are of the smallest unit of \`currency\`, or millisatoshi without one; items must have their prices in the same. With a currency the invoice is made at the rate of now, and there is none without a fresh rate. It can be paid for ten minutes, over Lightning only. Its label begins with \`pos/\`, and its metadata has the counter, the items, the note and the tip.`,
  params: {
    counter: required(field.string, 'The name of the counter, in at most 64 characters.'),
    amount: withDefault(field.u64, 0n, 'What is sold beside the items.'),
    items: byName(withDefault(soldItemsField, [], 'The items that are sold.')),
    currency: byName(optional(currencyField, 'The currency of the amounts (ISO 4217).')),
    tip: byName(withDefault(field.u64, 0n, 'A tip on top of all that.')),
    note: byName(
      optional(field.string, 'A note for the shop, in at most 300 characters. The customer does not see it.'),
    ),
  },
  returns: saleMembers,
  errors: ['ITEM_NOT_FOUND', 'RATE_UNAVAILABLE'],
  examples: [
    {
      title: 'Two of item 1 and a tip of 50 cent',
      params: { counter: 'bar', items: [{ item_id: 1, count: 2 }], currency: 'EUR', tip: 50 },
    },
  ],
  see_also: ['listsales', 'createitem', 'invoice', 'waitinvoice'],
  access: 'write',
  async run({ rest: _rest, ...request }, { counter, invoices }) {
    const sale = await counter.sales.create(request);
    return saleRow(sale, await invoices.find({ created_index: sale.created_index }));
  },
});
