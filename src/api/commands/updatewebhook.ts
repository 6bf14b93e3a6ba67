import { byName, optional } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { eventTypesField } from './event-row.ts';
import { defineCommand } from './modules.ts';
import { webhookMembers, webhookParam, webhookRow } from './webhook-row.ts';

/** Changes a webhook. */
export const updatewebhook = defineCommand({
  name: 'updatewebhook',
  category: 'events',
  title: 'Command for changing a webhook, or switching it on and off',
  description:
    'Changes what is given, and leaves the rest. A webhook that is switched on again goes on where it stopped: events that happened meanwhile are sent, as far as they are still kept.',
  params: {
    webhook_id: webhookParam,
    url: optional(field.string, 'Where to send events.'),
    types: optional(eventTypesField, 'Only these types, or families of types; an empty array: all.'),
    label_prefix: optional(
      field.string,
      'Only events of invoices whose label begins with this; an empty text: all events.',
    ),
    parallel: byName(optional(field.boolean, 'Whether several events may be on their way at once, in any order.')),
    enabled: byName(optional(field.boolean, 'Whether events are sent.')),
  },
  returns: webhookMembers,
  errors: ['WEBHOOK_NOT_FOUND'],
  examples: [{ title: 'Switch one on again', params: { webhook_id: 1, enabled: true } }],
  see_also: ['listwebhooks', 'createwebhook', 'deletewebhook'],
  access: 'write',
  async run({ webhook_id, url, types, label_prefix, parallel, enabled }, { webhooks }) {
    const changed = await webhooks.update(webhook_id, {
      ...(url === undefined ? {} : { url }),
      ...(types === undefined ? {} : { types: types.length === 0 ? undefined : types }),
      ...(label_prefix === undefined ? {} : { label_prefix: label_prefix === '' ? undefined : label_prefix }),
      ...(parallel === undefined ? {} : { is_parallel: parallel }),
      is_enabled: enabled,
    });
    return webhookRow(changed);
  },
});
