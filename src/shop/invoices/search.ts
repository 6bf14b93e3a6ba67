/**
 * Searching invoices, the newest first, in pages that cost the same beside ten invoices and beside a million: each walks along one
 * index from where the last page ended, and looks at a bounded number of rows. A page may so have fewer hits than asked
 * for, and a cursor that goes on.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PaymentHash } from '../../base/types/brand.ts';
import { parseWholeNumber } from '../../base/types/decimal.ts';
import type { Row, SqlValue } from '../../infra/store/store.ts';
import { MAX_COLUMN } from '../../infra/store/u64.ts';
import { findInvoice } from './find.ts';
import type { Invoice, InvoiceStatus } from './invoice.ts';
import type { InvoicesContext } from './ports.ts';
import { readInvoice } from './row.ts';

/** What to search for. */
export interface SearchQuery {
  /** A label, a description or a part of one, a payment hash, a BOLT 11 text, or a number of an invoice. */
  readonly text?: string | undefined;
  readonly status?: InvoiceStatus | undefined;
  /** Unix time: created (with status `paid`: paid) then or later. */
  readonly since?: number | undefined;
  /** Unix time: created (with status `paid`: paid) before then. */
  readonly until?: number | undefined;
  /** Where the page before ended. */
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** A page of what was found. */
export interface SearchPage {
  readonly invoices: readonly Invoice[];
  /** Where the next page begins; undefined when there is nothing more. */
  readonly next_cursor: string | undefined;
  /** When the last invoice that was looked at was created or paid, in Unix time; undefined when all were. */
  readonly looked_back_to: number | undefined;
}

/** Rows that one read brings, and rows that one page looks at. */
const READ_ROWS = 500;
const MOST_LOOKED_AT = 10_000;

/** A way along an index. A place on it is one or two numbers. */
interface Walk {
  readonly begin: readonly bigint[];
  /** What follows the columns. */
  readonly where: string;
  /** The values of the statement before its limit. */
  params(place: readonly bigint[]): readonly SqlValue[];
  placeOf(row: Row): readonly bigint[];
}

const byIndex = (column: 'created_index' | 'pay_index', begin: bigint): Walk => ({
  begin: [begin],
  where: `FROM invoices WHERE ${column} IS NOT NULL AND ${column} < ? ORDER BY ${column} DESC LIMIT ?`,
  params: (place) => place,
  placeOf: (row) => [row[column] as bigint],
});

const byExpiry = (state: 'unpaid' | 'expired', least: number): Walk => ({
  begin: [MAX_COLUMN, MAX_COLUMN],
  where: `FROM invoices WHERE state = '${state}' AND expires_at > ? AND expires_at <= ?
    AND (expires_at < ? OR created_index < ?) ORDER BY expires_at DESC, created_index DESC LIMIT ?`,
  params: (place) => [least, ...place.slice(0, 1), ...place],
  placeOf: (row) => [row.expires_at as bigint, row.created_index as bigint],
});

/** Invoices that a deposit keeps from expiring: there are never many. */
const HELD = "FROM invoices WHERE state = 'held' ORDER BY created_index DESC LIMIT ?";

/** The page of hits. Rejects with RangeError for a cursor of another search. */
export async function searchInvoices(context: InvoicesContext, query: SearchQuery): Promise<SearchPage> {
  const { clock, price_rows } = context;
  const { text = '', cursor, limit } = query;
  const now = clock.nowSeconds();
  const only = cursor === undefined ? await findNamed(context, text.trim()) : undefined;
  if (only?.is_alone === true) {
    const invoices = only.invoice !== undefined && isWanted(only.invoice, query, '') ? [only.invoice] : [];
    return { invoices, next_cursor: undefined, looked_back_to: undefined };
  }
  const walk = await walkOf(context, query);
  let place = cursor === undefined ? walk.begin : readCursor(cursor, walk.begin.length);
  const words = text.trim().toLowerCase();
  // The one that the text names is the first of all, on the first page.
  const isNamed = ({ label }: Invoice): boolean => words !== '' && label === text.trim();
  // Without words nearly every row of the walk is a hit.
  const most_rows = context.page_rows ?? READ_ROWS;
  const page_rows = words === '' ? Math.min(most_rows, limit + 1) : most_rows;
  const found: Invoice[] = [];
  if (only?.invoice !== undefined && isWanted(only.invoice, query, '')) found.push(only.invoice);
  if (cursor === undefined && query.status === 'unpaid') {
    const held = (await price_rows.select(HELD, [limit])).map((row) => readInvoice(row, now));
    found.push(...held.filter((invoice) => !isNamed(invoice) && isWanted(invoice, query, words)));
  }
  let looked_back_to: number | undefined;
  for (let looked_at = 0; looked_at < MOST_LOOKED_AT; looked_at += page_rows) {
    const rows = await price_rows.select(walk.where, [...walk.params(place), page_rows]);
    for (const row of rows) {
      // The page is full, and there is at least one more to look at.
      if (found.length >= limit) return { invoices: found, next_cursor: place.join(':'), looked_back_to };
      place = walk.placeOf(row);
      const invoice = readInvoice(row, now);
      looked_back_to = timeOf(invoice, query);
      if (query.since !== undefined && looked_back_to < query.since && walk.begin.length === 1) {
        return { invoices: found, next_cursor: undefined, looked_back_to: undefined };
      }
      if (!isNamed(invoice) && isWanted(invoice, query, words)) found.push(invoice);
    }
    if (rows.length < page_rows) return { invoices: found, next_cursor: undefined, looked_back_to: undefined };
    await nextTurn();
  }
  return { invoices: found, next_cursor: place.join(':'), looked_back_to };
}

/** The invoice that the text names; `is_alone` when it can mean nothing else. */
async function findNamed(
  context: InvoicesContext,
  text: string,
): Promise<{ readonly invoice: Invoice | undefined; readonly is_alone: boolean } | undefined> {
  if (text === '') return undefined;
  if (/^[0-9a-f]{64}$/i.test(text)) {
    const payment_hash = text.toLowerCase() as PaymentHash;
    return { invoice: await findInvoice(context, { payment_hash }), is_alone: true };
  }
  if (/^(lightning:)?ln(bc|tb|tbs|bcrt)[0-9a-z]{40,}$/i.test(text)) {
    const invoice = await findInvoice(context, { invstring: text }).catch(() => undefined);
    return { invoice, is_alone: true };
  }
  const number = parseWholeNumber(/^#(\d+)$/.exec(text)?.[1] ?? '', BigInt(Number.MAX_SAFE_INTEGER));
  if (number !== undefined) {
    return { invoice: await findInvoice(context, { created_index: Number(number) }), is_alone: true };
  }
  return { invoice: await findInvoice(context, { label: text }), is_alone: false };
}

async function walkOf({ store, clock }: InvoicesContext, { status, until }: SearchQuery): Promise<Walk> {
  if (status === 'unpaid') return byExpiry('unpaid', clock.nowSeconds());
  if (status === 'expired') return byExpiry('expired', 0);
  if (status === 'paid') {
    if (until === undefined) return byIndex('pay_index', MAX_COLUMN);
    const [row] = await store.read(
      `SELECT pay_index FROM invoices WHERE pay_index IS NOT NULL AND paid_at < ? ORDER BY paid_at DESC LIMIT 1`,
      [until],
    );
    // Those of the same second may have higher numbers.
    return byIndex('pay_index', row === undefined ? 0n : (row.pay_index as bigint) + BigInt(READ_ROWS));
  }
  if (until === undefined) return byIndex('created_index', MAX_COLUMN);
  return byIndex('created_index', await firstCreatedSince(store, until));
}

/** The first index of an invoice that was created at this time or later: halves the range until it is found. */
async function firstCreatedSince(store: InvoicesContext['store'], seconds: number): Promise<bigint> {
  const [highest] = await store.read('SELECT created_index FROM invoices ORDER BY created_index DESC LIMIT 1');
  let low = 0n;
  let high = ((highest?.created_index ?? 0n) as bigint) + 1n;
  while (low < high) {
    const middle = (low + high) / 2n;
    const [row] = await store.read(
      'SELECT created_index, created_at FROM invoices WHERE created_index >= ? ORDER BY created_index LIMIT 1',
      [middle],
    );
    if (row === undefined || Number(row.created_at) >= seconds) high = middle;
    else low = (row.created_index as bigint) + 1n;
  }
  return low;
}

function timeOf(invoice: Invoice, { status }: SearchQuery): number {
  return status === 'paid' && invoice.status === 'paid' ? invoice.paid_at : invoice.created_at;
}

function isWanted(invoice: Invoice, query: SearchQuery, words: string): boolean {
  const time = timeOf(invoice, query);
  if (query.status !== undefined && invoice.status !== query.status) return false;
  if (query.since !== undefined && time < query.since) return false;
  if (query.until !== undefined && time >= query.until) return false;
  return [invoice.label, invoice.description, invoice.metadata].some((each) => each?.toLowerCase().includes(words));
}

function readCursor(cursor: string, numbers: number): readonly bigint[] {
  const place = cursor.split(':').map((each) => parseWholeNumber(each, MAX_COLUMN));
  if (place.length !== numbers || place.includes(undefined)) throw new RangeError('the cursor is of another search');
  return place as bigint[];
}
