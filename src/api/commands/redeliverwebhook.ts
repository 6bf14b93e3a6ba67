import { RpcError } from '../../base/errors.ts';
import { answer } from '../rpc/answer.ts';
import { optional } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { eventNumber } from './event-row.ts';
import { defineCommand } from './modules.ts';
import { attemptMembers, attemptRow, webhookMembers, webhookParam, webhookRow } from './webhook-row.ts';

/** Sends again what was sent. */
export const redeliverwebhook = defineCommand({
  name: 'redeliverwebhook',
  category: 'events',
  title: 'Command for sending events to a webhook again',
  description:
    'With `event_id`: sends this event again, once and at once, whether the webhook wants it or not, also when it is switched off; answers what the receiver said. With `after`: sends all wanted events after this one again, in their order, as if they had not been sent; answers the webhook. Ids and bodies are the same as before.',
  params: {
    webhook_id: webhookParam,
    event_id: optional(field.u64, 'The one event to send.'),
    after: optional(field.u64, 'Send all events after this one; 0: all that are kept.'),
  },
  returns: {
    delivery: answer.optional(answer.object(attemptMembers, 'With `event_id`: what came of it.')),
    webhook: answer.optional(answer.object(webhookMembers, 'With `after`: the webhook.')),
  },
  errors: ['WEBHOOK_NOT_FOUND', 'EVENT_NOT_FOUND', 'EVENTS_PRUNED'],
  examples: [
    { title: 'One event', params: { webhook_id: 1, event_id: 17 } },
    { title: 'All after one', params: { webhook_id: 1, after: 17 } },
  ],
  see_also: ['listdeliveries', 'listevents'],
  access: 'write',
  async run({ webhook_id, event_id, after }, { webhooks }) {
    if ((event_id === undefined) === (after === undefined)) {
      throw new RpcError('INVALID_PARAMS', 'Give either {event_id} or {after}');
    }
    if (event_id !== undefined) {
      return { delivery: attemptRow(await webhooks.sendAgain(webhook_id, eventNumber(event_id))) };
    }
    return { webhook: webhookRow(await webhooks.sendAgainAfter(webhook_id, eventNumber(after as bigint))) };
  },
});
