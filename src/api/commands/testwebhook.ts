import { defineCommand } from './modules.ts';
import { attemptMembers, attemptRow, webhookParam } from './webhook-row.ts';

/** Tries a webhook. */
export const testwebhook = defineCommand({
  name: 'testwebhook',
  category: 'events',
  title: 'Command for sending a test to a webhook',
  description:
    'Sends a message of the type `webhook.test`, signed as events are, once and at once, also when the webhook is switched off. Answers what the receiver said. It is no event: it has no number, and `listevents` does not show it.',
  params: { webhook_id: webhookParam },
  returns: attemptMembers,
  errors: ['WEBHOOK_NOT_FOUND'],
  see_also: ['createwebhook', 'listdeliveries'],
  access: 'write',
  async run({ webhook_id }, { webhooks }) {
    return attemptRow(await webhooks.test(webhook_id));
  },
});
