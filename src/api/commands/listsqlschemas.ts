import { RpcError } from '../../base/errors.ts';
import { answer } from '../rpc/answer.ts';
import { optional } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';
import { SQL_TABLES } from './sql-tables.ts';

const schema = answer.object(
  {
    tablename: answer.string('The name of the table.'),
    columns: answer.array(
      answer.object(
        {
          name: answer.string('The name of the column.'),
          type: answer.oneOf(['INTEGER', 'BLOB', 'TEXT', 'REAL'], 'Its type in SQL.'),
        },
        'A column.',
      ),
      'The columns, in order.',
    ),
    indices: answer.optional(
      answer.array(answer.array(answer.string('A column.'), 'The columns of an index.'), 'What rows are looked up by.'),
    ),
  },
  'A table.',
);

/** Shows the tables of `sql`. */
export const listsqlschemas = defineCommand({
  name: 'listsqlschemas',
  category: 'node',
  title: 'Command to example lightning-sql schemas',
  description:
    'Shows the tables that `sql` can ask, with their columns. A table whose first columns are `rowid`, `row` and `arrindex` holds the elements of an array: `row` is the key of the row that it belongs to, in the table of the name before.',
  params: { table: optional(field.string, 'Only this table.') },
  returns: { schemas: answer.array(schema, 'The tables.') },
  errors: [],
  see_also: ['sql'],
  access: 'read',
  run({ table }) {
    const shown = SQL_TABLES.filter(({ name }) => table === undefined || name === table);
    if (shown.length === 0) {
      throw new RpcError('INVALID_PARAMS', `table: Unknown table: invalid token '${table?.slice(0, 80)}'`);
    }
    return {
      schemas: shown.map(({ name, columns, indices }) => ({
        tablename: name,
        columns: columns.map((column) => ({ name: column.name, type: column.type })),
        indices: indices.length === 0 ? undefined : indices,
      })),
    };
  },
});
