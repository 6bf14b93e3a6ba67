import { answer } from '../rpc/answer.ts';
import { withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';
import { webhookParam } from './webhook-row.ts';

/** Makes a new secret. */
export const rotatewebhooksecret = defineCommand({
  name: 'rotatewebhooksecret',
  category: 'events',
  title: 'Command for replacing the secret of a webhook',
  description:
    'Makes a new secret. For `overlap` seconds each message has two signatures, one with the new secret and one with the old: in that time the receiver can change over without refusing a message.',
  params: {
    webhook_id: webhookParam,
    overlap: withDefault(field.u32, 86_400, 'Seconds for which the old secret signs as well; 0: it is dead at once.'),
  },
  returns: {
    webhook_id: answer.integer('The webhook.'),
    secret: answer.string('The new secret, shown this once.'),
    old_secret_until: answer.integer('Until this Unix time the old one signs as well.'),
  },
  errors: ['WEBHOOK_NOT_FOUND'],
  see_also: ['createwebhook', 'testwebhook'],
  access: 'write',
  async run({ webhook_id, overlap }, { webhooks }) {
    const { secret_text, old_secret_until } = await webhooks.rotateSecret(webhook_id, overlap);
    return { webhook_id, secret: secret_text, old_secret_until };
  },
});
