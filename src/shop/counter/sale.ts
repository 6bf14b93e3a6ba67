/** A sale at the counter: what a cashier has keyed in, what it comes to, and how it is kept. */
import { RpcError } from '../../base/errors.ts';
import type { CurrencyCode } from '../../base/types/currency.ts';
import { MAX_PRICE } from '../../base/types/price.ts';
import type { Row } from '../../infra/store/store.ts';
import { checkWords, type Item } from './item.ts';

/** What a cashier keys in. Amounts are of the currency's smallest unit; without a currency they are millisatoshi. */
export interface SaleRequest {
  readonly counter: string;
  readonly currency: CurrencyCode | undefined;
  /** What is sold beside the items; may be nothing. */
  readonly amount: bigint;
  readonly items: readonly { readonly item_id: number; readonly count: number }[];
  readonly tip: bigint;
  /** For the shop: the customer does not see it. */
  readonly note: string | undefined;
}

/** An item as it was sold. */
export interface SoldItem {
  readonly name: string;
  /** Of one. */
  readonly amount: bigint;
  readonly count: number;
}

/** A sale as it is kept. */
export interface Sale {
  /** 1, 2, 3 ... in the order of the sales, over all counters. */
  readonly sale_id: number;
  readonly counter: string;
  /** Of its invoice. */
  readonly created_index: number;
  readonly label: string;
  readonly currency: CurrencyCode | undefined;
  /** All that is asked for, with the tip. */
  readonly amount: bigint;
  readonly tip: bigint;
  readonly items: readonly SoldItem[];
  readonly note: string | undefined;
  /** Unix time, seconds. */
  readonly created_at: number;
}

/** What is known before the sale has its number. */
export type NewSale = Omit<Sale, 'sale_id' | 'created_index'>;

const LONGEST_COUNTER = 64;
const LONGEST_NOTE = 300;
const MOST_LINES = 100;
const MOST_OF_ONE = 10_000;
/** Of what the customer's wallet shows: BOLT 11 has room for 639 bytes. */
const LONGEST_DESCRIPTION_BYTES = 600;

/** Looks the items up and adds all up. Throws RpcError INVALID_PARAMS, and ITEM_NOT_FOUND for an item that is gone. */
export function addUp(
  request: SaleRequest,
  price_list: readonly Item[],
): Pick<NewSale, 'amount' | 'tip' | 'items' | 'counter' | 'currency' | 'note'> {
  const { counter, currency, tip, note } = request;
  checkWords('counter', counter, LONGEST_COUNTER);
  if (counter.trim() === '') throw new RpcError('INVALID_PARAMS', 'counter: the name of the counter is missing');
  if (note !== undefined) checkWords('note', note, LONGEST_NOTE);
  if (request.items.length > MOST_LINES) throw new RpcError('INVALID_PARAMS', `items: at most ${MOST_LINES} lines`);
  const items = request.items.map(({ item_id, count }) => soldItem(price_list, { item_id, count, currency }));
  const amount = items.reduce((sum, item) => sum + item.amount * BigInt(item.count), request.amount + tip);
  if (amount - tip < 1n) throw new RpcError('INVALID_PARAMS', 'amount: there is nothing to pay for');
  if (amount > MAX_PRICE) throw new RpcError('INVALID_PARAMS', `amount: all together at most ${MAX_PRICE}`);
  return { counter, currency, note, tip, items, amount };
}

function soldItem(
  price_list: readonly Item[],
  { item_id, count, currency }: { item_id: number; count: number; currency: CurrencyCode | undefined },
): SoldItem {
  const item = price_list.find((each) => each.item_id === item_id);
  if (item === undefined) throw new RpcError('ITEM_NOT_FOUND', `There is no item ${item_id}`);
  if (item.currency !== currency) {
    const [has, asked] = [item.currency ?? 'bitcoin', currency ?? 'bitcoin'];
    throw new RpcError('INVALID_PARAMS', `items: ${item.name} has its price in ${has}, and the sale is in ${asked}`);
  }
  if (!Number.isInteger(count) || count < 1 || count > MOST_OF_ONE) {
    throw new RpcError('INVALID_PARAMS', `items: the count should be 1 to ${MOST_OF_ONE}`);
  }
  return { name: item.name, amount: item.amount, count };
}

/** What the customer's wallet shows. */
export function descriptionOf({ items, counter }: Pick<NewSale, 'items' | 'counter'>): string {
  if (items.length === 0) return counter;
  const whole = items.map(({ name, count }) => (count === 1 ? name : `${count} × ${name}`)).join(', ');
  if (Buffer.byteLength(whole) <= LONGEST_DESCRIPTION_BYTES) return whole;
  let short = '';
  for (const character of whole) {
    if (Buffer.byteLength(short + character) > LONGEST_DESCRIPTION_BYTES - 3) break;
    short += character;
  }
  return `${short}…`;
}

/** What is kept with the invoice: the JSON of an object. */
export function metadataOf({ counter, items, note, tip }: NewSale): string {
  const counted = items.map(({ name, count }) => ({ name, count }));
  return JSON.stringify({
    counter,
    ...(items.length === 0 ? {} : { items: counted }),
    ...(note === undefined ? {} : { note }),
    // More than a number of JSON holds exactly is no tip: MAX_PRICE is below that.
    ...(tip === 0n ? {} : { tip: Number(tip) }),
  });
}

/** The sale of a row. */
export function saleOf(row: Row): Sale {
  return {
    sale_id: Number(row.sale_id),
    counter: row.counter as string,
    created_index: Number(row.created_index),
    label: row.label as string,
    currency: (row.currency as CurrencyCode | null) ?? undefined,
    amount: row.amount as bigint,
    tip: row.tip as bigint,
    items: (JSON.parse(row.items as string) as { name: string; amount: string; count: number }[]).map((item) => ({
      ...item,
      amount: BigInt(item.amount),
    })),
    note: (row.note as string | null) ?? undefined,
    created_at: Number(row.created_at),
  };
}

/** The items as a column holds them: amounts in text, because they may be larger than a number of JSON. */
export function itemsToColumn(items: readonly SoldItem[]): string {
  return JSON.stringify(items.map(({ name, amount, count }) => ({ name, amount: amount.toString(), count })));
}
