/** A sale as the pages have it, read from what the commands answer. */
import { type CurrencyCode, parseCurrency } from '../../../../base/types/currency.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../rpc/json.ts';

/** An item of the price list. */
export interface ShownItem {
  readonly item_id: number;
  readonly name: string;
  readonly currency: CurrencyCode | undefined;
  readonly amount: bigint;
  readonly place: number;
}

/** A sale. */
export interface ShownSale {
  readonly sale_id: number;
  readonly counter: string;
  readonly label: string;
  readonly currency: CurrencyCode | undefined;
  readonly amount: bigint;
  readonly tip: bigint;
  readonly items: readonly { readonly name: string; readonly amount: bigint; readonly count: number }[];
  readonly note: string | undefined;
  readonly created_at: number;
  readonly status: 'unpaid' | 'paid' | 'expired' | 'deleted';
  readonly amount_msat: bigint | undefined;
  readonly amount_received_msat: bigint | undefined;
  readonly paid_at: number | undefined;
  readonly expires_at: number | undefined;
  readonly payment_hash: string | undefined;
  readonly bolt11: string | undefined;
}

/** A row of `createsale` or `listsales`. */
export function readSale(row: JsonObject): ShownSale {
  return {
    sale_id: Number(row.sale_id),
    counter: String(row.counter),
    label: String(row.label),
    currency: currency(row.currency),
    amount: amount(row.amount) ?? 0n,
    tip: amount(row.tip) ?? 0n,
    items: rows(row.items).map((item) => ({
      name: String(item.name),
      amount: amount(item.amount) ?? 0n,
      count: Number(item.count),
    })),
    note: text(row.note),
    created_at: Number(row.created_at),
    status: row.status as ShownSale['status'],
    amount_msat: amount(row.amount_msat),
    amount_received_msat: amount(row.amount_received_msat),
    paid_at: row.paid_at === undefined ? undefined : Number(row.paid_at),
    expires_at: row.expires_at === undefined ? undefined : Number(row.expires_at),
    payment_hash: text(row.payment_hash),
    bolt11: text(row.bolt11),
  };
}

/** A row of `listitems`. */
export function readItem(row: JsonObject): ShownItem {
  return {
    item_id: Number(row.item_id),
    name: String(row.name),
    currency: currency(row.currency),
    amount: amount(row.amount) ?? 0n,
    place: Number(row.place),
  };
}

/** The objects in a list of an answer. */
export function rows(list: Json | undefined): readonly JsonObject[] {
  return Array.isArray(list) ? list.filter((row): row is JsonObject => isJsonObject(row)) : [];
}

function currency(value: Json | undefined): CurrencyCode | undefined {
  return typeof value === 'string' ? parseCurrency(value) : undefined;
}

function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function amount(value: Json | undefined): bigint | undefined {
  return typeof value === 'number' || typeof value === 'bigint' ? BigInt(value) : undefined;
}

/** A refund of a sale. */
export interface ShownRefund {
  readonly status: 'pending' | 'sent' | 'failed';
  readonly destination: string;
  readonly amount_msat: bigint;
  /** Of the sale's currency. */
  readonly amount: bigint | undefined;
  readonly failure: string | undefined;
  readonly created_at: number;
}

/** A row of `listrefunds`. */
export function readRefund(row: JsonObject): ShownRefund {
  return {
    status: row.status as ShownRefund['status'],
    destination: String(row.destination),
    amount_msat: amount(row.amount_msat) ?? 0n,
    amount: amount(row.amount),
    failure: text(row.failure),
    created_at: Number(row.created_at),
  };
}
