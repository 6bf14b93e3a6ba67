/** An event as it is told: read from its row, and always the same bytes. */
import type { Row } from '../../infra/store/store.ts';
import type { EventType } from './event-types.ts';

/** Something that happened and is durable. */
export interface ShopEvent {
  /** 1, 2, 3 ... in the order in which it became durable, without gaps. */
  readonly event_id: number;
  readonly type: EventType;
  /** Unix time, seconds. */
  readonly time: number;
  /** Of the invoice that it is about. */
  readonly label: string | undefined;
  /** The JSON of an object, as it was written. */
  readonly data: string;
  /** The JSON of the whole event, as streams and webhooks send it. */
  readonly body: string;
}

/** The columns that `readEvent` takes. */
export const EVENT_COLUMNS = 'event_id, type, happened_at, label, data';

/** The event of a row. */
export function readEvent(row: Row): ShopEvent {
  const event_id = Number(row.event_id);
  const type = row.type as EventType;
  const time = Number(row.happened_at);
  const label = (row.label as string | null) ?? undefined;
  const data = row.data as string;
  const told = label === undefined ? '' : `"label":${JSON.stringify(label)},`;
  const body = `{"id":${event_id},"type":"${type}","time":${time},${told}"data":${data}}`;
  return { event_id, type, time, label, data, body };
}
