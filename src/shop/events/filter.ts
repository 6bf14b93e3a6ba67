/** Which events somebody wants. */
import type { SqlValue } from '../../infra/store/store.ts';
import type { ShopEvent } from './event.ts';
import type { EventType } from './event-types.ts';

/** Every condition must hold; without any, all events are wanted. */
export interface EventFilter {
  /** One of these types. */
  readonly types?: readonly EventType[] | undefined;
  /** The label begins so: events without a label are then left out. */
  readonly label_prefix?: string | undefined;
  /** The label itself. */
  readonly label?: string | undefined;
}

/** Whether the event is wanted. */
export function isWanted({ type, label }: ShopEvent, { types, label_prefix, label: wanted }: EventFilter): boolean {
  if (wanted !== undefined && label !== wanted) return false;
  if (types !== undefined && !types.includes(type)) return false;
  return label_prefix === undefined || label?.startsWith(label_prefix) === true;
}

/** The same as SQL, to go behind another condition. */
export function filterSql({ types, label_prefix, label }: EventFilter): {
  readonly sql: string;
  readonly params: SqlValue[];
} {
  let sql = '';
  const params: SqlValue[] = [];
  if (types !== undefined) {
    sql += ` AND type IN (${types.length === 0 ? 'NULL' : types.map(() => '?').join(', ')})`;
    params.push(...types);
  }
  if (label !== undefined) {
    sql += ' AND label = ?';
    params.push(label);
  }
  if (label_prefix !== undefined) {
    sql += ' AND substr(label, 1, ?) = ?';
    // The database counts characters, where a text here counts in halves of some.
    params.push([...label_prefix].length, label_prefix);
  }
  return { sql, params };
}
