import { answer } from '../rpc/answer.ts';
import { optional, withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { eventNumber } from './event-row.ts';
import { defineCommand } from './modules.ts';
import { attemptMembers, attemptRow, webhookParam } from './webhook-row.ts';

/** What was sent, and what came of it. */
export const listdeliveries = defineCommand({
  name: 'listdeliveries',
  category: 'events',
  title: 'Command for listing the attempts of a webhook',
  description:
    'Lists the attempts to send to a webhook, the newest first. Up to 1,000 of each webhook are kept. Of hundreds in a second that all delivered only the last 100 are; those of the last second before a crash may be missing, though their events are sent again.',
  params: {
    webhook_id: webhookParam,
    event_id: optional(field.u64, 'Only attempts of this event.'),
    limit: withDefault(field.u16, 100, 'The maximum number of attempts.'),
  },
  returns: { deliveries: answer.array(answer.object(attemptMembers, 'An attempt.'), 'The attempts.') },
  errors: ['WEBHOOK_NOT_FOUND'],
  see_also: ['listwebhooks', 'redeliverwebhook'],
  access: 'read',
  async run({ webhook_id, event_id, limit }, { webhooks }) {
    const asked = {
      event_id: event_id === undefined ? undefined : eventNumber(event_id),
      limit: Math.min(limit, 1000),
    };
    return { deliveries: (await webhooks.attempts(webhook_id, asked)).map(attemptRow) };
  },
});
