/** Requests that are made once, by their Idempotency-Key. */
import type { Migration } from './migration.ts';

export const idempotentRequests: Migration = {
  version: 22,
  name: 'requests that are made once',
  statements: [
    `CREATE TABLE idempotent_requests (
      scope TEXT NOT NULL,
      request_key TEXT NOT NULL,
      content_hash TEXT NOT NULL,
      created_at BIGINT NOT NULL,
      result TEXT,
      PRIMARY KEY (scope, request_key)
    )`,
    'CREATE INDEX idempotent_requests_by_age ON idempotent_requests (created_at)',
  ],
};
