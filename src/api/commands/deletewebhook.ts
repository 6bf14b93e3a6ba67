import { defineCommand } from './modules.ts';
import { webhookMembers, webhookParam, webhookRow } from './webhook-row.ts';

/** Ends a webhook for good. */
export const deletewebhook = defineCommand({
  name: 'deletewebhook',
  category: 'events',
  title: 'Command for deleting a webhook',
  description:
    'Deletes a webhook and its attempts, and answers it as it was. Nothing more is sent to it. The events themselves stay: `listevents` shows them.',
  params: { webhook_id: webhookParam },
  returns: webhookMembers,
  errors: ['WEBHOOK_NOT_FOUND'],
  see_also: ['listwebhooks', 'updatewebhook'],
  access: 'write',
  async run({ webhook_id }, { webhooks }) {
    return webhookRow(await webhooks.delete(webhook_id));
  },
});
