/** A query's rows as JSON: blobs as hex, numbers with a fraction as Core Lightning writes them, with six digits. */
import type { SqlValue } from '../store.ts';

/** One row as a JSON array. */
export function rowText(row: readonly SqlValue[]): string {
  return `[${row.map(valueText).join(',')}]`;
}

function valueText(value: SqlValue): string {
  if (value === null) return 'null';
  switch (typeof value) {
    case 'bigint':
      return value.toString();
    case 'number':
      return Number.isFinite(value) ? value.toFixed(6) : 'null';
    case 'string':
      return JSON.stringify(value.toWellFormed());
    default:
      return `"${Buffer.from(value).toString('hex')}"`;
  }
}
