import type { EventLog, EventQuery } from '../../shop/events/event-log.ts';
import { answer } from '../rpc/answer.ts';
import { byName, optional, withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { eventMembers, eventNumber, eventRow, eventTypesField, readingError, TYPES_DOC, typesOf } from './event-row.ts';
import { defineCommand } from './modules.ts';

/** Reads page by page as the client does. The first page is read before anything is answered, so that an error can be. */
async function* rowsOf(log: EventLog, query: EventQuery, first: Awaited<ReturnType<EventLog['read']>>) {
  let page = first;
  let left = (query.limit ?? Number.POSITIVE_INFINITY) - page.events.length;
  for (;;) {
    yield* page.events.map(eventRow);
    if (!page.has_more || left <= 0) return;
    // Others get their turn while a long log is gone through.
    await new Promise((resolve) => setImmediate(resolve));
    page = await log.read({ ...query, after: page.next_after, limit: Math.min(left, 500) });
    left -= page.events.length;
  }
}

/** The log of events. */
export const listevents = defineCommand({
  name: 'listevents',
  category: 'events',
  title: 'Command for listing what happened',
  description: `Lists events in the order in which they became durable. Each has a number, without gaps: a client that keeps the number of the last event that it has handled, and gives it as \`after\`, misses none, across restarts of either side.

Events are kept for \`events-keep-days\`. If some after \`after\` are not kept any more, the answer is an error that says which is the oldest one.

${TYPES_DOC}`,
  params: {
    after: withDefault(field.u64, 0n, 'Only events with a higher number. 0 begins with the oldest that is kept.'),
    types: optional(
      eventTypesField,
      'Only these types. A word without a dot means all of its family: `invoice`, `deposit`, `channel`, `warning`.',
    ),
    label_prefix: optional(field.string, 'Only events of invoices whose label begins with this.'),
    limit: optional(field.u32, 'The maximum number of events. Default: all.'),
    label: byName(optional(field.string, 'Only events of the invoice with this label, found by an index.')),
  },
  returns: {
    last_id: answer.integer('The number of the newest event of all; 0 when there was none.'),
    oldest_id: answer.integer('The number of the oldest event that is kept, or will be given next.'),
    next_after: answer.optional(
      answer.integer('With `limit` up to 500: give it as the next `after`. Up to here no wanted event is missing.'),
    ),
    events: answer.stream(answer.object(eventMembers, 'An event.'), 'The events.'),
  },
  errors: ['EVENTS_PRUNED'],
  examples: [
    { title: 'Payments after event 17', params: { after: 17, types: ['invoice.paid'] } },
    { title: "The first ten events of one web shop's invoices", params: { label_prefix: 'shop-', limit: 10 } },
  ],
  see_also: ['waitevent', 'waitanyinvoice'],
  access: 'read',
  async run({ after, types, label_prefix, limit, label }, { events }) {
    const query = { after: eventNumber(after), types: typesOf(types), label_prefix, label, limit };
    const { last_id, oldest_id } = await events.range();
    if (limit === 0) return { last_id, oldest_id, next_after: query.after, events: [] };
    try {
      const first = await events.read({ ...query, limit: Math.min(limit ?? 500, 500) });
      const next_after = limit === undefined || limit > 500 ? undefined : first.next_after;
      return { last_id, oldest_id, next_after, events: rowsOf(events, query, first) };
    } catch (error) {
      throw readingError(error);
    }
  },
});
