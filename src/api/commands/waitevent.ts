import { RpcError } from '../../base/errors.ts';
import { waitForEvent } from '../../shop/events/wait.ts';
import { optional, withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { eventMembers, eventNumber, eventRow, eventTypesField, readingError, typesOf } from './event-row.ts';
import { defineCommand } from './modules.ts';

/** Goes through events in their order. */
export const waitevent = defineCommand({
  name: 'waitevent',
  category: 'events',
  title: 'Command for waiting for the next event',
  description:
    'Answers the first event after `after`, at once or when it happens. A client that gives each `id` as its next `after` gets every event once and in order, across restarts of either side. With an `after` above the last number it answers the next event, whatever its number. `listevents` names the types.',
  params: {
    after: withDefault(field.u64, 0n, 'The number of the last event that you know; 0 begins with the oldest kept.'),
    types: optional(eventTypesField, 'Only these types, or families of types.'),
    timeout: optional(field.u64, 'Seconds to wait; 0 does not wait. Default: no limit.'),
    label_prefix: optional(field.string, 'Only events of invoices whose label begins with this.'),
  },
  returns: eventMembers,
  errors: ['WAIT_TIMEOUT', 'EVENTS_PRUNED', 'LIGHTNINGD_SHUTDOWN'],
  examples: [{ title: 'The next payment after event 17', params: { after: 17, types: ['invoice.paid'], timeout: 60 } }],
  see_also: ['listevents', 'waitanyinvoice'],
  access: 'read',
  async run({ after, types, timeout, label_prefix }, { events, clock }, { signal }) {
    const timedOut = new RpcError('WAIT_TIMEOUT', 'Timed out while waiting for an event');
    const query = { after: eventNumber(after), types: typesOf(types), label_prefix };
    const over = new AbortController();
    if (timeout === 0n) over.abort(timedOut);
    const cancel = timeout === undefined ? () => {} : clock.after(Number(timeout) * 1000, () => over.abort(timedOut));
    try {
      return eventRow(await waitForEvent(events, query, signal, over.signal));
    } catch (error) {
      throw readingError(error);
    } finally {
      cancel();
    }
  },
});
