import { RpcError } from '../../base/errors.ts';
import { QueryFailure } from '../../infra/store/queries/conversation.ts';
import type { SqlValue } from '../../infra/store/store.ts';
import { answer } from '../rpc/answer.ts';
import { type Context, required } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { Literal } from '../rpc/json.ts';
import { defineCommand, type Modules } from './modules.ts';
import { tableRows } from './sql-shape.ts';
import { type ListRows, SQL_LISTS, type SqlList } from './sql-tables.ts';

/** Rows that are handed to the process of queries at a time. */
const PAGE_ROWS = 200;

/** The rows of lists for one query. A list of several tables is asked once: its tables must fit together. */
class ListedRows {
  readonly #modules: Modules;
  readonly #context: Context;
  readonly #kept = new Map<SqlList, readonly unknown[]>();

  constructor(modules: Modules, context: Context) {
    this.#modules = modules;
    this.#context = context;
  }

  /** The rows of the table of this name, in pages. */
  async *of(name: string): AsyncGenerator<readonly (readonly SqlValue[])[]> {
    const list = SQL_LISTS.find(({ tables }) => tables.some((table) => table.name === name));
    const shape = list?.tables.find((table) => table.name === name);
    const parent = list?.tables[0];
    if (list === undefined || shape === undefined || parent === undefined) return;
    let page: SqlValue[][] = [];
    let rowid = 0;
    for await (const row of await this.#rows(list)) {
      page.push(...tableRows(shape, parent, row, ++rowid));
      if (page.length < PAGE_ROWS) continue;
      yield page;
      page = [];
    }
    yield page;
  }

  async #rows(list: SqlList): Promise<ListRows> {
    const kept = this.#kept.get(list);
    if (kept !== undefined) return kept;
    const rows = await list.rows(this.#modules, this.#context);
    if (list.tables.length === 1) return rows;
    const all: unknown[] = [];
    for await (const row of rows) all.push(row);
    this.#kept.set(list, all);
    return all;
  }
}

/** Asks a query. */
export const sql = defineCommand({
  name: 'sql',
  category: 'node',
  title: 'Command to do complex queries on list commands',
  description: `Runs one SELECT in the SQL of SQLite and answers its rows. \`listsqlschemas\` shows the tables: they are those of Core Lightning, and each holds what a list command answers. Bytes (hashes, keys) are blobs, which the answer writes as hex: compare them as \`x'02ab...'\` or with \`hex(column)\`. Columns may be added later, so name those that you want instead of writing \`*\`. The answers are the same whether the database is a file or on a server. SQLite's \`rowid\` is there only where \`listsqlschemas\` shows it: \`invoices\` and \`sendpays\` have \`created_index\` instead.

Nothing can be written. The functions abs, avg, coalesce, count, date, datetime, hex, json_group_array, json_object, julianday, length, like, lower, max, min, quote, strftime, sum, time, timediff, total, unixepoch and upper may be used. Queries run one after the other in a process of their own with low priority. One that computes for more than 10 seconds, takes more than 512 MB or answers more than 200,000 rows or 32 MB is ended.`,
  params: { query: required(field.string, 'The query.') },
  returns: {
    rows: answer.stream(
      answer.array(answer.any('An integer, a number with a fraction, a string, or null.'), 'The columns of a row.'),
      'The rows.',
    ),
  },
  errors: [],
  examples: [
    { title: 'How many invoices were paid', params: { query: "SELECT count(*) FROM invoices WHERE status = 'paid'" } },
  ],
  see_also: ['listsqlschemas', 'listinvoices', 'listpays', 'listpeerchannels'],
  access: 'read',
  async run({ query }, modules, context) {
    const listed = new ListedRows(modules, context);
    try {
      const rows = await modules.queries.run(query, (table) => listed.of(table), context.signal);
      return { rows: literals(rows) };
    } catch (error) {
      throw error instanceof QueryFailure ? new RpcError('LIGHTNINGD', error.message) : error;
    }
  },
});

/** Rows whose JSON is written already. */
function* literals(rows: readonly string[]) {
  for (const row of rows) yield new Literal(row, row) as unknown as readonly unknown[];
}
