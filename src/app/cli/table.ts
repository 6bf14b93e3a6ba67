/**
 * Listings at a terminal: a table of the columns that people look at. Where the terminal is too narrow for it, even with
 * long texts cut, each entry is a list of its own, with nothing cut.
 */

import { printableCell } from './printable.ts';
import type { Shown } from './shown.ts';
import { cutTo, padTo, widthOf } from './terminal.ts';

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
/** Texts for people, which may be cut: what is cut of anything else could not be copied. */
const CUTTABLE: ReadonlySet<string> = new Set(['label', 'description', 'netaddr']);
const WIDEST_CELL = 40;
/** A text that is cut to less than this tells nothing. */
const NARROWEST_CELL = 12;
const GAP = '  ';
/** Where JavaScript's calendar ends. */
const LAST_DATE_SECONDS = 8.64e12;

/** The table of a result that is one list, for so many columns; undefined when it is something else. */
export function tableOf(result: Shown, columns: number): string | undefined {
  const lists = Object.entries(result ?? {});
  const [name, list] = lists.length === 1 ? (lists[0] as [string, Shown]) : ['', null];
  const rows = rowsOf(list);
  if (!Object.hasOwn(COLUMNS, name) || rows === undefined) return undefined;
  if (rows.length === 0) return `no ${name}\n`;
  const shown = (COLUMNS[name] as readonly string[]).filter((column) => rows.some((row) => Object.hasOwn(row, column)));
  // A filter may have left nothing that has a column.
  if (shown.length === 0) return undefined;
  const cells = rows.map((row) => shown.map((column) => cell(column, row[column])));
  const widths = columnWidths(shown, cells, columns);
  if (widths === undefined) return cells.map((row) => entry(shown, row)).join('\n');
  const lineText = (line: readonly string[]): string =>
    line
      .map((text, index) => padTo(cutTo(text, widths[index] as number), widths[index] as number))
      .join(GAP)
      .trimEnd();
  return [shown, ...cells].map((line) => `${lineText(line)}\n`).join('');
}

/** How wide each column is: texts are cut as far as it helps. Undefined when the table does not fit all the same. */
function columnWidths(
  names: readonly string[],
  cells: readonly (readonly string[])[],
  columns: number,
): readonly number[] | undefined {
  const widths = names.map((name, index) => {
    const widest = cells.reduce((most, row) => Math.max(most, widthOf(row[index] as string)), 0);
    return Math.max(widthOf(name), CUTTABLE.has(name) ? Math.min(widest, WIDEST_CELL) : widest);
  });
  let excess = widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1)) - columns;
  for (const [index, name] of names.entries()) {
    if (excess <= 0) break;
    if (!CUTTABLE.has(name)) continue;
    const width = widths[index] as number;
    const kept = Math.max(Math.min(width, NARROWEST_CELL), width - excess);
    widths[index] = kept;
    excess -= width - kept;
  }
  return excess > 0 ? undefined : widths;
}

/** One row as lines of a name and a value. */
function entry(names: readonly string[], row: readonly string[]): string {
  const width = names.reduce((most, name) => Math.max(most, name.length), 0);
  return names
    .map((name, index) => `${name.padEnd(width)}${GAP}${row[index] as string}`.trimEnd())
    .filter((_, index) => row[index] !== '')
    .map((line) => `${line}\n`)
    .join('');
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
  if (Array.isArray(value)) return value.map((each) => cell(column, each as Shown)).join(', ');
  return printableCell(typeof value === 'string' ? value : JSON.stringify(value));
}
