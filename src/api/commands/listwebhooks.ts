import { answer } from '../rpc/answer.ts';
import { optional } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';
import { webhookMembers, webhookRow } from './webhook-row.ts';

/** The webhooks. */
export const listwebhooks = defineCommand({
  name: 'listwebhooks',
  category: 'events',
  title: 'Command for listing webhooks',
  description:
    'Lists the webhooks, how each is set, and how far it is. Secrets are not shown. `listdeliveries` shows the attempts of one.',
  params: { webhook_id: optional(field.u32, 'Only this one.') },
  returns: { webhooks: answer.array(answer.object(webhookMembers, 'A webhook.'), 'The webhooks.') },
  errors: ['WEBHOOK_NOT_FOUND'],
  see_also: ['createwebhook', 'listdeliveries', 'updatewebhook'],
  access: 'read',
  run({ webhook_id }, { webhooks }) {
    const asked = webhook_id === undefined ? webhooks.list() : [webhooks.get(webhook_id)];
    return { webhooks: asked.map(webhookRow) };
  },
});
