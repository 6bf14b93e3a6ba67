/** Listings at a terminal: a table of the columns that people look at. */

type Cell = null | boolean | number | string | { readonly rawJSON: string } | object;
type Row = Readonly<Record<string, Cell>>;

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

/** The table of a result that is one list; undefined when it is something else. */
export function tableOf(result: Readonly<Record<string, unknown>>): string | undefined {
  const lists = Object.entries(result ?? {});
  const [name, rows] = lists.length === 1 ? (lists[0] as [string, unknown]) : ['', undefined];
  const columns = COLUMNS[name];
  if (columns === undefined || !Array.isArray(rows)) return undefined;
  if (rows.length === 0) return `no ${name}\n`;
  const shown = columns.filter((column) => rows.some((row: Row) => row[column] !== undefined));
  const lines = [shown, ...rows.map((row: Row) => shown.map((column) => cell(column, row[column])))];
  const widths = shown.map((_, index) => Math.max(...lines.map((line) => (line[index] as string).length)));
  return lines
    .map(
      (line) =>
        `${line
          .map((text, index) => text.padEnd(widths[index] as number))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

function cell(column: string, value: Cell | undefined): string {
  if (value === undefined || value === null) return '';
  if (column.endsWith('_at') && typeof value === 'number')
    return new Date(value * 1000).toISOString().replace('.000Z', 'Z');
  if (typeof value === 'object' && 'rawJSON' in value) return value.rawJSON;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const safe = text.replace(/\p{Cc}/gu, ' ');
  return safe.length > WIDEST_CELL && !column.endsWith('hash') ? `${safe.slice(0, WIDEST_CELL - 1)}…` : safe;
}
