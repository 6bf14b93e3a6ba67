/** From what a cashier has typed to what the node is asked for. */
import type { JsonObject } from '../../../rpc/json.ts';
import type { Form } from '../form.ts';
import { parseTyped, percentOf, type Unit } from './money.ts';
import type { ShownItem } from './sale.ts';
import type { CounterTexts } from './texts/english.ts';

/** What is in the fields, so that the page can show it again. */
export interface Typed {
  readonly unit: Unit;
  readonly amount: string;
  readonly counts: ReadonlyMap<number, number>;
  /** In percent, or `other`. */
  readonly tip: string;
  readonly other_tip: string;
  readonly note: string;
}

/** Nothing typed yet. */
export function emptyTyped(unit: Unit): Typed {
  return { unit, amount: '', counts: new Map(), tip: '0', other_tip: '', note: '' };
}

/** Reads the fields. `shop_unit`: the currency of the shop. */
export function readTyped(form: Form, items: readonly ShownItem[], shop_unit: Unit): Typed {
  const counts = new Map<number, number>();
  for (const { item_id } of items) {
    const count = form.text(`item-${item_id}`).trim();
    if (/^\d{1,4}$/.test(count) && Number(count) > 0) counts.set(item_id, Number(count));
  }
  return {
    unit: form.text('unit') === 'sat' ? undefined : shop_unit,
    amount: form.text('amount'),
    counts,
    tip: form.text('tip') || '0',
    other_tip: form.text('other_tip'),
    note: form.text('note').trim(),
  };
}

/** The parameters of `createsale`, or what is wrong in words for the cashier. */
export function saleParams(
  { unit, amount: typed_amount, counts, tip: chosen, other_tip, note }: Typed,
  items: readonly ShownItem[],
  texts: CounterTexts,
): { readonly params: JsonObject } | { readonly fault: string } {
  const amount = parseTyped(typed_amount, unit);
  if (amount === undefined) return { fault: texts.not_an_amount(typed_amount) };
  const sold = items.filter(({ item_id }) => counts.has(item_id));
  const foreign = sold.find((item) => item.currency !== unit);
  if (foreign !== undefined) return { fault: texts.other_currency(foreign.currency ?? 'sat') };
  const goods = sold.reduce((sum, item) => sum + item.amount * BigInt(counts.get(item.item_id) ?? 0), amount);
  if (goods === 0n) return { fault: texts.nothing };
  // Any percentage: what the shop offers may have changed since the page was opened.
  const tip = /^(?:[1-9]\d?|100)$/.test(chosen)
    ? percentOf(goods, BigInt(chosen), unit)
    : chosen === 'other'
      ? parseTyped(other_tip, unit)
      : 0n;
  if (tip === undefined) return { fault: texts.not_an_amount(other_tip) };
  return {
    params: {
      amount,
      tip,
      items: sold.map(({ item_id }) => ({ item_id, count: counts.get(item_id) ?? 0 })),
      ...(unit === undefined ? {} : { currency: unit }),
      ...(note === '' ? {} : { note }),
    },
  };
}
