import { answer } from '../rpc/answer.ts';
import { byName, optional, required, withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { eventNumber, eventTypesField } from './event-row.ts';
import { defineCommand } from './modules.ts';
import { webhookMembers, webhookRow } from './webhook-row.ts';

/** Has events sent to the shop's own software. */
export const createwebhook = defineCommand({
  name: 'createwebhook',
  category: 'events',
  title: 'Command for having events sent to a URL',
  description: `Creates a webhook: Till sends each event to the URL with POST, as the JSON that \`listevents\` shows, signed as [Standard Webhooks](https://www.standardwebhooks.com) says. A status of 2xx means that the receiver has it.

Each event is sent at least once, whatever crashes on either side. The header \`webhook-id\` and the body are the same over all attempts: a receiver that keeps the ids it has handled handles each event once. Events come in their order, one at a time, unless \`parallel\` is set.

What fails is tried again after 5 seconds, 5 and 30 minutes, 2, 5, 10, 14, 20 and 24 hours; a \`Retry-After\` of the receiver is obeyed. After that, or when the receiver answers 410, the webhook is switched off; \`updatewebhook\` switches it on again, and it goes on with the event that failed. An attempt lasts 20 seconds at most, and redirects are not followed.

The URL begins with https://, and its host must have a public address. \`webhook-allow-private=HOST\` permits a private one, and http:// to it.

The secret is answered once, and shown by no other command; \`rotatewebhooksecret\` makes a new one.`,
  params: {
    url: required(field.string, 'Where to send events.'),
    types: optional(eventTypesField, 'Only these types, or families of types. Default: all.'),
    label_prefix: optional(field.string, 'Only events of invoices whose label begins with this.'),
    parallel: byName(
      withDefault(
        field.boolean,
        false,
        'Send several events at once, in any order; one that fails does not hold up the others.',
      ),
    ),
    after: byName(
      optional(field.u64, 'Begin after this event; 0 sends all that are kept. Default: only what happens from now on.'),
    ),
  },
  returns: {
    ...webhookMembers,
    secret: answer.string(
      'What messages are signed with: `whsec_` and base64. Give it to the receiver, and keep it secret.',
    ),
  },
  errors: ['EVENTS_PRUNED'],
  examples: [
    {
      title: 'Payments, to a web shop',
      params: { url: 'https://shop.example/hooks/till', types: ['invoice.paid'] },
    },
  ],
  see_also: ['listwebhooks', 'updatewebhook', 'testwebhook', 'rotatewebhooksecret', 'listevents'],
  access: 'write',
  async run({ url, types, label_prefix, parallel, after }, { webhooks }) {
    const created = await webhooks.create(
      {
        url,
        types: types?.length === 0 ? undefined : types,
        label_prefix: label_prefix === '' ? undefined : label_prefix,
        is_parallel: parallel,
      },
      after === undefined ? undefined : eventNumber(after),
    );
    return { ...webhookRow(created), secret: created.secret_text };
  },
});
