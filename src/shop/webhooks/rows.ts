/** Webhooks as rows. */
import { AuthenticationError, chacha20Poly1305Decrypt, chacha20Poly1305Encrypt } from '../../base/crypto/chacha20.ts';
import type { RandomBytes } from '../../base/crypto/random.ts';
import { Secret } from '../../base/types/secret.ts';
import { nextNumber } from '../../infra/store/counters.ts';
import { readAll } from '../../infra/store/read-all.ts';
import { storableText } from '../../infra/store/storable.ts';
import type { Row, Store, Write } from '../../infra/store/store.ts';
import { newSecret } from './signature.ts';
import type { Attempt, Retry, Webhook, WebhookProgress, WebhookSettings } from './webhook.ts';

/** Attempts that are kept of each webhook. */
const KEPT_ATTEMPTS = 1_000;

const NONCE_LENGTH_BYTES = 12;
const BOUND_TO = Buffer.from('till webhook secret');

/** Why a webhook is switched off whose secret cannot be read. */
const SECRET_LOST = 'its secret in the database is damaged: make a new one with rotatewebhooksecret';

/** Seals secrets with a key of the seed: a copy of the database alone forges no message. */
export class SecretBox {
  readonly #key: Secret<Uint8Array>;
  readonly #randomBytes: RandomBytes;

  constructor(key: Secret<Uint8Array>, randomBytes: RandomBytes) {
    this.#key = key;
    this.#randomBytes = randomBytes;
  }

  seal(secret: Secret<Uint8Array>): Uint8Array {
    const nonce = this.#randomBytes(NONCE_LENGTH_BYTES);
    return Buffer.concat([nonce, chacha20Poly1305Encrypt(this.#key.reveal(), nonce, BOUND_TO, secret.reveal())]);
  }

  /** Undefined when it was not sealed with this key, or is damaged. */
  open(sealed: Uint8Array): Secret<Uint8Array> | undefined {
    const nonce = sealed.subarray(0, NONCE_LENGTH_BYTES);
    try {
      const text = sealed.subarray(NONCE_LENGTH_BYTES);
      return new Secret(chacha20Poly1305Decrypt(this.#key.reveal(), nonce, BOUND_TO, text));
    } catch (error) {
      if (error instanceof AuthenticationError) return undefined;
      throw error;
    }
  }

  /** What takes the place of a secret that is lost: nobody knows it. */
  unknown(): Secret<Uint8Array> {
    return newSecret(this.#randomBytes);
  }
}

/** A new webhook gets its number in this unit: the last row of the result holds it. */
export function insertWrites(
  settings: WebhookSettings & { readonly created_at: number; readonly position: number },
  sealed_secret: Uint8Array,
): readonly Write[] {
  const { url, types, label_prefix, is_parallel, created_at, position } = settings;
  return [
    {
      sql: `INSERT INTO webhooks (webhook_id, url, types, label_prefix, is_parallel, created_at, sealed_secret, position,
          attempts) VALUES (${nextNumber('webhooks')}, ?, ?, ?, ?, ?, ?, ?, 0)
        RETURNING webhook_id`,
      params: [
        url,
        types === undefined ? null : JSON.stringify(types),
        label_prefix ?? null,
        is_parallel ? 1 : 0,
        created_at,
        sealed_secret,
        position,
      ],
    },
  ];
}

/** How a webhook is set now. */
export function settingsWrite(webhook: Webhook): Write {
  const { webhook_id, url, types, label_prefix, is_parallel } = webhook;
  return {
    sql: 'UPDATE webhooks SET url = ?, types = ?, label_prefix = ?, is_parallel = ? WHERE webhook_id = ?',
    params: [
      url,
      types === undefined ? null : JSON.stringify(types),
      label_prefix ?? null,
      is_parallel ? 1 : 0,
      webhook_id,
    ],
  };
}

/** Whether it is switched off, and why. */
export function disabledWrite(webhook_id: number, disabled_reason: string | undefined): Write {
  return {
    sql: 'UPDATE webhooks SET disabled_reason = ? WHERE webhook_id = ?',
    params: [disabled_reason === undefined ? null : storableText(disabled_reason), webhook_id],
  };
}

/** The secrets of a webhook, as they are now. */
export function secretsWrite({ webhook_id, secret, old_secret }: Webhook, box: SecretBox): Write {
  return {
    sql: 'UPDATE webhooks SET sealed_secret = ?, sealed_old_secret = ?, old_secret_until = ? WHERE webhook_id = ?',
    params: [
      box.seal(secret),
      old_secret === undefined ? null : box.seal(old_secret.secret),
      old_secret?.until ?? null,
      webhook_id,
    ],
  };
}

/** How far a webhook is. */
export function progressWrite(webhook_id: number, progress: Omit<WebhookProgress, 'retries'>): Write {
  const { position, failing_since, attempts } = progress;
  return {
    sql: 'UPDATE webhooks SET position = ?, failing_since = ?, attempts = ? WHERE webhook_id = ?',
    params: [position, failing_since ?? null, attempts, webhook_id],
  };
}

/** A delivery that is to be tried again. */
export function retryWrite(webhook_id: number, { event_id, tries, due_at }: Retry): Write {
  return {
    sql: `INSERT INTO webhook_retries (webhook_id, event_id, tries, due_at) VALUES (?, ?, ?, ?)
      ON CONFLICT (webhook_id, event_id) DO UPDATE SET tries = excluded.tries, due_at = excluded.due_at`,
    params: [webhook_id, event_id, tries, due_at],
  };
}

/** A delivery that is not tried again. */
export function retryDelete(webhook_id: number, event_id: number): Write {
  return { sql: 'DELETE FROM webhook_retries WHERE webhook_id = ? AND event_id = ?', params: [webhook_id, event_id] };
}

/** An attempt takes the place of the one that is KEPT_ATTEMPTS older. */
export function attemptWrite(webhook_id: number, made: Attempt): Write {
  const { attempt, event_id, message_id, tried_at, duration_ms, status, failure } = made;
  return {
    sql: `INSERT INTO webhook_attempts (webhook_id, slot, attempt, event_id, message_id, tried_at, duration_ms, status,
        failure) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (webhook_id, slot) DO UPDATE SET attempt = excluded.attempt, event_id = excluded.event_id,
        message_id = excluded.message_id, tried_at = excluded.tried_at, duration_ms = excluded.duration_ms,
        status = excluded.status, failure = excluded.failure`,
    params: [
      webhook_id,
      attempt % KEPT_ATTEMPTS,
      attempt,
      event_id ?? null,
      message_id,
      tried_at,
      Math.round(duration_ms),
      status ?? null,
      failure === undefined ? null : storableText(failure),
    ],
  };
}

/** All that is kept of a webhook. */
export function deleteWrites(webhook_id: number): readonly Write[] {
  return ['webhooks', 'webhook_retries', 'webhook_attempts'].map((table) => ({
    sql: `DELETE FROM ${table} WHERE webhook_id = ?`,
    params: [webhook_id],
  }));
}

/** All webhooks and how far they are, in the order of their numbers. */
export async function readWebhooks(
  store: Store,
  box: SecretBox,
): Promise<readonly { readonly webhook: Webhook; readonly progress: WebhookProgress }[]> {
  const rows = await readAll(store, 'SELECT * FROM webhooks ORDER BY webhook_id');
  const retries = await readAll(store, 'SELECT * FROM webhook_retries ORDER BY webhook_id, event_id');
  return rows.map((row) => ({
    webhook: webhookOf(row, box),
    progress: {
      position: Number(row.position),
      failing_since: row.failing_since === null ? undefined : Number(row.failing_since),
      attempts: Number(row.attempts),
      retries: retries
        .filter(({ webhook_id }) => webhook_id === row.webhook_id)
        .map(({ event_id, tries, due_at }) => ({
          event_id: Number(event_id),
          tries: Number(tries),
          due_at: Number(due_at),
        })),
    },
  }));
}

function webhookOf(row: Row, box: SecretBox): Webhook {
  const sealed_old = row.sealed_old_secret as Uint8Array | null;
  const secret = box.open(row.sealed_secret as Uint8Array);
  const old_secret = sealed_old === null ? undefined : box.open(sealed_old);
  // The node must start: payments do not depend on it.
  const fault = secret === undefined ? SECRET_LOST : undefined;
  return {
    webhook_id: Number(row.webhook_id),
    url: row.url as string,
    types: row.types === null ? undefined : (JSON.parse(row.types as string) as string[]),
    label_prefix: (row.label_prefix as string | null) ?? undefined,
    is_parallel: row.is_parallel === 1n,
    created_at: Number(row.created_at),
    secret: secret ?? box.unknown(),
    old_secret: old_secret === undefined ? undefined : { secret: old_secret, until: Number(row.old_secret_until) },
    disabled_reason: fault ?? (row.disabled_reason as string | null) ?? undefined,
  };
}

/** The newest attempts of a webhook, the newest first; of one event only, when that is asked for. */
export async function readAttempts(
  store: Store,
  webhook_id: number,
  { event_id, limit }: { readonly event_id: number | undefined; readonly limit: number },
): Promise<readonly Attempt[]> {
  const [condition, params] = event_id === undefined ? ['', []] : [' AND event_id = ?', [event_id]];
  const rows = await store.read(
    `SELECT * FROM webhook_attempts WHERE webhook_id = ?${condition} ORDER BY attempt DESC LIMIT ?`,
    [webhook_id, ...params, limit],
  );
  return rows.map((row) => ({
    attempt: Number(row.attempt),
    event_id: row.event_id === null ? undefined : Number(row.event_id),
    message_id: row.message_id as string,
    tried_at: Number(row.tried_at),
    duration_ms: Number(row.duration_ms),
    status: row.status === null ? undefined : Number(row.status),
    failure: (row.failure as string | null) ?? undefined,
  }));
}
