/** The log of events as webhooks see it. */
import { type EventLog, PrunedError } from '../../shop/events/event-log.ts';
import { typesNamed } from '../../shop/events/event-types.ts';
import type { EventSource } from '../../shop/webhooks/ports.ts';

/** Connects webhooks to the log. */
export function webhookPort(log: EventLog): EventSource {
  return {
    async read({ types, ...wanted }) {
      try {
        return await log.read({ ...wanted, types: types?.flatMap(typesNamed) });
      } catch (error) {
        if (error instanceof PrunedError) return { oldest_id: error.oldest_id };
        throw error;
      }
    },
    find: (event_id) => log.find(event_id),
    range: () => log.range(),
    subscribe: (listener) => log.subscribe(listener),
    warnDisabled: (data) => log.warn('warning.webhook_disabled', data),
  };
}
