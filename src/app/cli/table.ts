/** Listings at a terminal: a table of the columns that people look at. */

import { printableCell } from './printable.ts';
import type { Shown } from './shown.ts';

type Row = Readonly<Record<string, Shown>>;

/** Columns by the name of the list, in their order; a column that no row has is left out. */
const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  invoices: [
    'label',
    'status',
    'amount_msat',
    'amount_received_msat',
    'pay_index',
    'description',
    'expires_at',
    'payment_hash',
  ],
  pays: ['status', 'amount_msat', 'amount_sent_msat', 'destination', 'payment_hash'],
  peers: ['id', 'connected', 'num_channels', 'netaddr'],
  channels: ['peer_id', 'state', 'short_channel_id', 'to_us_msat', 'total_msat', 'spendable_msat', 'receivable_msat'],
  outputs: ['txid', 'output', 'amount_msat', 'status', 'address'],
  htlcs: ['direction', 'state', 'amount_msat', 'expiry', 'payment_hash'],
};
const WIDEST_CELL = 40;
/** Where JavaScript's calendar ends. */
const LAST_DATE_SECONDS = 8.64e12;

/** The table of a result that is one list; undefined when it is something else. */
export function tableOf(result: Shown): string | undefined {
  const lists = Object.entries(result ?? {});
  const [name, list] = lists.length === 1 ? (lists[0] as [string, Shown]) : ['', null];
  const rows = rowsOf(list);
  if (!Object.hasOwn(COLUMNS, name) || rows === undefined) return undefined;
  if (rows.length === 0) return `no ${name}\n`;
  const shown = (COLUMNS[name] as readonly string[]).filter((column) => rows.some((row) => Object.hasOwn(row, column)));
  // A filter may have left nothing that has a column.
  if (shown.length === 0) return undefined;
  const lines = [shown, ...rows.map((row) => shown.map((column) => cell(column, row[column])))];
  const widths = shown.map((_, index) =>
    lines.reduce((most, line) => Math.max(most, (line[index] as string).length), 0),
  );
  const lineText = (line: readonly string[]): string =>
    line
      .map((text, index) => text.padEnd(widths[index] as number))
      .join('  ')
      .trimEnd();
  return lines.map((line) => `${lineText(line)}\n`).join('');
}

function rowsOf(list: Shown): readonly Row[] | undefined {
  const isRow = (each: Shown): boolean => typeof each === 'object' && each !== null;
  return Array.isArray(list) && list.every(isRow) ? (list as readonly Row[]) : undefined;
}

function cell(column: string, value: Shown | undefined): string {
  if (value === undefined || value === null) return '';
  if (column.endsWith('_at') && typeof value === 'number' && value <= LAST_DATE_SECONDS) {
    return new Date(value * 1000).toISOString().replace('.000Z', 'Z');
  }
  const text = printableCell(typeof value === 'string' ? value : JSON.stringify(value));
  return text.length > WIDEST_CELL && !column.endsWith('hash') ? `${text.slice(0, WIDEST_CELL - 1)}…` : text;
}
