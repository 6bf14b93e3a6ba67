/**
 * From what a list command answers to tables of SQL, as Core Lightning's `sql` does it: an object in a row becomes
 * columns with its name before theirs, and an array becomes a table of its own, whose `row` names the row that it
 * belongs to.
 */
import { fromHex } from '../../base/types/hex.ts';
import type { ColumnType, QueryColumn, QueryTable, TableView } from '../../infra/store/queries/tables.ts';
import type { SqlValue } from '../../infra/store/store.ts';
import type { Answer, AnswerMembers } from '../rpc/answer.ts';
import { writeJson } from '../rpc/writer.ts';

/** A column, and where its value is in a row of the list; nowhere: it is always NULL. */
interface ShapeColumn extends QueryColumn {
  readonly path: readonly string[] | undefined;
}

/** A table, and the place of its rows in a row of the list: undefined for the rows themselves. */
export interface TableShape extends QueryTable {
  readonly columns: readonly ShapeColumn[];
  readonly list_path: readonly string[] | undefined;
}

/** What the answer does not say about its table. */
export interface ShapeOptions {
  /** Columns that Core Lightning has and Till has not: always NULL. */
  readonly foreign?: Readonly<Record<string, ColumnType>>;
  /** Members that are no columns. */
  readonly omit?: readonly string[];
  readonly indices?: readonly (readonly string[])[];
  readonly view?: TableView;
}

/** Types of answers that are bytes, written as hex. */
const BYTES: ReadonlySet<string> = new Set(['hex', 'hash', 'secret', 'txid', 'node_id']);

function typeOf({ type, schema }: Answer<unknown>): ColumnType {
  if (BYTES.has(type)) return 'BLOB';
  if (schema.type === 'integer' || schema.type === 'boolean') return 'INTEGER';
  return schema.type === 'number' ? 'REAL' : 'TEXT';
}

/** `index` is a word of SQL. */
function columnName(path: readonly string[]): string {
  return path.map((name) => (name === 'index' ? 'idx' : name)).join('_');
}

/** A member of a row, by where it is. */
type Found = readonly (readonly [path: readonly string[], answer: Answer<unknown>])[];

function membersOf(members: AnswerMembers, before: readonly string[] = []): Found {
  return Object.entries(members).flatMap(([name, answer]) => {
    const path = [...before, name];
    return answer.kind === 'object' && answer.members !== undefined
      ? membersOf(answer.members, path)
      : [[path, answer] as const];
  });
}

/** The tables of a list whose rows have these members: its own first, then one for each array in a row. */
export function shapesOf(name: string, members: AnswerMembers, options: ShapeOptions = {}): readonly TableShape[] {
  const { foreign = {}, omit = [], indices = [], view } = options;
  const found = membersOf(members).filter(([[first = '']]) => !omit.includes(first));
  const isList = ({ kind }: Answer<unknown>): boolean => kind === 'array' || kind === 'stream';
  const own = found
    .filter(([, answer]) => !isList(answer))
    .map(([path, answer]): ShapeColumn => ({ name: columnName(path), type: typeOf(answer), path }));
  const known = new Set(own.map((column) => column.name));
  const more = Object.entries(foreign)
    .filter(([column]) => !known.has(column))
    .map(([column, type]): ShapeColumn => ({ name: column, type, path: undefined }));
  const key = known.has('created_index') ? 'created_index' : 'rowid';
  const rowid: ShapeColumn = { name: 'rowid', type: 'INTEGER', path: undefined };
  const columns = key === 'rowid' ? [rowid, ...own, ...more] : [...own, ...more];
  const table: TableShape = {
    name,
    columns,
    key,
    indices,
    list_path: undefined,
    ...(view === undefined ? {} : { view }),
  };
  return [
    table,
    ...found.filter(([, answer]) => isList(answer)).map(([path, answer]) => listShape(name, path, answer)),
  ];
}

function listShape(parent: string, path: readonly string[], { element }: Answer<unknown>): TableShape {
  const last = path.at(-1) as string;
  const columns =
    element?.members === undefined
      ? [{ name: columnName([last]), type: typeOf(element as Answer<unknown>), path: [] }]
      : membersOf(element.members).map(([inner, answer]) => ({
          name: columnName(inner),
          type: typeOf(answer),
          path: inner,
        }));
  const place: readonly ShapeColumn[] = ['rowid', 'row', 'arrindex'].map((name) => ({
    name,
    type: 'INTEGER',
    path: undefined,
  }));
  return {
    name: `${parent}_${columnName(path)}`,
    columns: [...place, ...columns],
    key: 'rowid',
    indices: [['row']],
    list_path: path,
  };
}

function valueAt(row: unknown, path: readonly string[]): unknown {
  let value = row;
  for (const name of path) value = (value as Readonly<Record<string, unknown>> | undefined)?.[name];
  return value;
}

function sqlValue(type: ColumnType, value: unknown): SqlValue {
  if (value === undefined || value === null) return null;
  if (type === 'BLOB') return fromHex(value as string);
  if (type === 'REAL') return Number(value);
  if (type === 'INTEGER') return BigInt.asIntN(64, BigInt(value as bigint | number | boolean));
  return typeof value === 'string' ? value : writeJson(value);
}

/**
 * The rows of the table, out of one row of the list. `rowid` is the number of that row: 1, 2, 3 ..., unless it has one of its
 * own, as a member of this name.
 */
export function* tableRows(shape: TableShape, parent: TableShape, row: unknown, rowid: number): Generator<SqlValue[]> {
  const { columns, list_path } = shape;
  const own = (row as { readonly rowid?: bigint }).rowid;
  const id = parent.key === 'rowid' ? (own ?? BigInt(rowid)) : sqlValue('INTEGER', valueAt(row, [parent.key]));
  if (list_path === undefined) {
    yield columns.map(({ name, type, path }) =>
      path === undefined ? (name === 'rowid' ? id : null) : sqlValue(type, valueAt(row, path)),
    );
    return;
  }
  const list = (valueAt(row, list_path) ?? []) as readonly unknown[];
  for (const [arrindex, element] of list.entries()) {
    // The key of a row of an array is nobody's business: SQLite numbers them.
    const place: SqlValue[] = [null, id, BigInt(arrindex)];
    yield [
      ...place,
      ...columns.slice(place.length).map(({ type, path = [] }) => sqlValue(type, valueAt(element, path))),
    ];
  }
}
