/** Webhooks: where events are sent, how far each has come, and what failed. */
import type { Migration } from './migration.ts';

export const webhooks: Migration = {
  version: 21,
  name: 'webhooks',
  statements: [
    "INSERT INTO counters (name, value) VALUES ('webhooks', 0)",
    // `position`: up to here every event is delivered, not wanted, or in webhook_retries.
    `CREATE TABLE webhooks (
      webhook_id INTEGER PRIMARY KEY,
      url TEXT NOT NULL,
      types TEXT,
      label_prefix TEXT,
      is_parallel BIGINT NOT NULL,
      created_at BIGINT NOT NULL,
      sealed_secret BLOB NOT NULL,
      sealed_old_secret BLOB,
      old_secret_until BIGINT,
      disabled_reason TEXT,
      failing_since BIGINT,
      position BIGINT NOT NULL,
      attempts BIGINT NOT NULL)`,
    // Only what has failed: a delivery that succeeds the first time writes no row here.
    `CREATE TABLE webhook_retries (
      webhook_id BIGINT NOT NULL,
      event_id BIGINT NOT NULL,
      tries BIGINT NOT NULL,
      due_at BIGINT NOT NULL,
      PRIMARY KEY (webhook_id, event_id))`,
    // The last attempts of each webhook, in slots that are used again.
    `CREATE TABLE webhook_attempts (
      webhook_id BIGINT NOT NULL,
      slot BIGINT NOT NULL,
      attempt BIGINT NOT NULL,
      event_id BIGINT,
      message_id TEXT NOT NULL,
      tried_at BIGINT NOT NULL,
      duration_ms BIGINT NOT NULL,
      status BIGINT,
      failure TEXT,
      PRIMARY KEY (webhook_id, slot))`,
  ],
};
