/** What webhooks need of the node: the log of events, and a sender that asks whether the node may speak. */
import type { Fence } from '../../infra/store/store.ts';
import { type EventLog, PrunedError } from '../../shop/events/event-log.ts';
import { typesNamed } from '../../shop/events/event-types.ts';
import type { EventSource, Sender } from '../../shop/webhooks/ports.ts';

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

/** A sender that says only what this node may still say: what another node has sent in its place is not sent again. */
export function fencedSender(sender: Sender, fence: Fence): Sender {
  return {
    async send(message, signal) {
      await fence();
      return await sender.send(message, signal);
    },
    async sendInOrder(messages, signal) {
      await fence();
      return await sender.sendInOrder(messages, signal);
    },
    refusalOf: (url) => sender.refusalOf(url),
    close: () => sender.close(),
  };
}
