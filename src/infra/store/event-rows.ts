/**
 * How a row of the log of events is written: by the unit that makes the change, so that an event is durable when the change
 * is, and never without it. Every module that changes something others hear of writes its rows by this file; shop/events
 * reads them.
 */
import { nextNumber, nextNumberIfRow } from './counters.ts';
import type { SqlValue, Write } from './store.ts';

/** What happened, when all of it is known before the unit runs. */
export interface NewEvent {
  /** Such as `invoice.paid`. */
  readonly type: string;
  /** Unix time, seconds. */
  readonly at: number;
  /** Of the invoice that it is about. */
  readonly label?: string | undefined;
  /** The JSON of an object: `eventData` makes it. */
  readonly data: string;
}

/** How the database completes an event that is not all known before the unit runs. */
export interface SelectedEvent {
  readonly type: string;
  /** SQL for the label, such as a column. */
  readonly label: string;
  /** SQL for the JSON of the object. */
  readonly data: string;
  /** What follows FROM: one row. Without it the event is made of its values alone. */
  readonly from?: string;
  /** `perhaps`: there may be no row, and then no event. Default: `always`. */
  readonly happens?: 'always' | 'perhaps';
}

/** Makes the writes of such an event. Its values are those of `label`, then those of `data`; then those of `from`. */
export type SelectedEventWrites = (
  at: number,
  values: readonly SqlValue[],
  from_values?: readonly SqlValue[],
) => readonly Write[];

const INTO = 'INSERT INTO events (event_id, type, happened_at, label, data)';
const INSERT = `${INTO} VALUES (${nextNumber('events')}, ?, ?, ?, ?)`;

/** The writes of an event: they go behind those of the change, into the same unit. */
export function eventWrites({ type, at, label, data }: NewEvent): readonly Write[] {
  return [{ sql: INSERT, params: [type, at, label ?? null, data] }];
}

/** The same for events that the database completes. The SQL is made once: the paying unit should not. */
export function selectedEvents({ type, label, data, from, happens }: SelectedEvent): SelectedEventWrites {
  const event_id = happens === 'perhaps' ? nextNumberIfRow('events') : nextNumber('events');
  const source = from === undefined ? '' : ` FROM ${from}`;
  const sql = `${INTO} SELECT ${event_id}, '${type}', CAST(? AS BIGINT), ${label}, ${data}${source}`;
  return (at, values, from_values = []) => [{ sql, params: [at, ...values, ...from_values] }];
}

/** Whether the unit writes an event. */
export function writesEvent(unit: readonly Write[]): boolean {
  return unit.some(({ sql }) => sql.startsWith(INTO));
}

/** What a member of an event's data may be: integers are written as JSON integers, of any size. */
export type EventValue = string | number | bigint | boolean | undefined;

/** The JSON of an object. Members that are undefined are left out. */
export function eventData(members: Readonly<Record<string, EventValue>>): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(members)) {
    if (value === undefined) continue;
    parts.push(`${JSON.stringify(name)}:${typeof value === 'string' ? JSON.stringify(value) : String(value)}`);
  }
  return `{${parts.join(',')}}`;
}
