/** Webhooks as commands answer them, and the parameters that several of them share. */
import type { Attempt } from '../../shop/webhooks/webhook.ts';
import type { WebhookView } from '../../shop/webhooks/webhooks.ts';
import { answer } from '../rpc/answer.ts';
import { required } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';

/** The parameter that names a webhook. */
export const webhookParam = required(field.u32, 'The number of the webhook.');

/** The members of a webhook. */
export const webhookMembers = {
  webhook_id: answer.integer('Its number: 1, 2, 3 ... in the order of creation.'),
  url: answer.string('Where events are sent.'),
  types: answer.optional(
    answer.array(answer.string('A type, or a family of types.'), 'Only these types; absent: all.'),
  ),
  label_prefix: answer.optional(answer.string('Only events of invoices whose label begins so; absent: all.')),
  parallel: answer.boolean('Whether several events may be on their way at once, in any order.'),
  enabled: answer.boolean('Whether events are sent.'),
  disabled_reason: answer.optional(answer.string('Why not.')),
  created_at: answer.integer('When it was created, in Unix time.'),
  position: answer.integer('Up to this event every one is delivered, not wanted, or waits to be tried again.'),
  attempts: answer.integer('Attempts in all.'),
  failing_since: answer.optional(answer.integer('The first failure since the last success, in Unix time.')),
  retries: answer.integer('How many events have failed and wait to be tried again.'),
  next_attempt_at: answer.optional(answer.integer('When the first of them is tried again, in Unix time.')),
  old_secret_until: answer.optional(
    answer.integer('Until this Unix time messages are signed with the secret before the current one as well.'),
  ),
};

/** What a command answers for a webhook. */
export function webhookRow({ webhook, progress }: WebhookView) {
  const { webhook_id, url, types, label_prefix, is_parallel, created_at, disabled_reason, old_secret } = webhook;
  const { position, attempts, failing_since, retries } = progress;
  return {
    webhook_id,
    url,
    types,
    label_prefix,
    parallel: is_parallel,
    enabled: disabled_reason === undefined,
    disabled_reason,
    created_at,
    position,
    attempts,
    failing_since,
    retries: retries.length,
    next_attempt_at: disabled_reason === undefined ? retries[0]?.due_at : undefined,
    old_secret_until: old_secret?.until,
  };
}

/** The members of an attempt. */
export const attemptMembers = {
  attempt: answer.integer('Its number: 1, 2, 3 ... for each webhook.'),
  event_id: answer.optional(answer.integer('The event; absent for a test.')),
  message_id: answer.string('The header `webhook-id`: the same over all attempts of an event.'),
  tried_at: answer.integer('When, in Unix time.'),
  duration_ms: answer.integer('How long it took, in milliseconds.'),
  delivered: answer.boolean('Whether the receiver has taken it: it answered a status of 2xx.'),
  status: answer.optional(answer.integer('The status that it answered.')),
  failure: answer.optional(answer.string('What went wrong.')),
};

/** What a command answers for an attempt. */
export function attemptRow({ attempt, event_id, message_id, tried_at, duration_ms, status, failure }: Attempt) {
  return {
    attempt,
    event_id,
    message_id,
    tried_at,
    duration_ms: Math.round(duration_ms),
    delivered: failure === undefined,
    status,
    failure,
  };
}
