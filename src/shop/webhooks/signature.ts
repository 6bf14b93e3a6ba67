/** Signatures of webhooks, as Standard Webhooks 1.0.0 says. */
import { createHmac } from 'node:crypto';
import { sha256 } from '../../base/crypto/hash.ts';
import type { RandomBytes } from '../../base/crypto/random.ts';
import { toHex } from '../../base/types/hex.ts';
import { Secret } from '../../base/types/secret.ts';
import type { SentEvent } from './ports.ts';
import type { Webhook } from './webhook.ts';

const PREFIX = 'whsec_';
const SECRET_LENGTH_BYTES = 32;

/** A message before it is signed. */
export interface Message {
  /** The header webhook-id: the same over all attempts. */
  readonly message_id: string;
  readonly body: string;
}

/** A new secret. */
export function newSecret(randomBytes: RandomBytes): Secret<Uint8Array> {
  return new Secret(randomBytes(SECRET_LENGTH_BYTES));
}

/** The secret as the receiver's library wants it. */
export function secretText(secret: Secret<Uint8Array>): string {
  return PREFIX + Buffer.from(secret.reveal()).toString('base64');
}

/**
 * The message of an event. Its id has a digest of the body in it: after a restore from an older backup another event may
 * get the same number, and receivers that drop what they had must not drop that one.
 */
export function messageOf({ event_id, body }: SentEvent): Message {
  const digest = toHex(sha256(Buffer.from(body)).subarray(0, 8));
  return { message_id: `evt_${event_id}_${digest}`, body };
}

/** The headers that say who sent it and when: the time is that of the attempt. */
export function signedHeaders(
  { secret, old_secret }: Webhook,
  { message_id, body }: Message,
  now_seconds: number,
): Readonly<Record<string, string>> {
  const text = `${message_id}.${now_seconds}.${body}`;
  const sign = (key: Secret<Uint8Array>): string =>
    `v1,${createHmac('sha256', key.reveal()).update(text).digest('base64')}`;
  const signatures = [sign(secret)];
  if (old_secret !== undefined && now_seconds < old_secret.until) signatures.push(sign(old_secret.secret));
  return {
    'webhook-id': message_id,
    'webhook-timestamp': String(now_seconds),
    'webhook-signature': signatures.join(' '),
  };
}
