/**
 * Requests that are made once, however often they come: of the same rune, with the same key and the same content. The first
 * answer is kept for a day, and given again. The draft of the header: draft-ietf-httpapi-idempotency-key-header.
 */
import { createHash } from 'node:crypto';
import { RpcError } from '../../base/errors.ts';
import type { Clock } from '../../base/types/clock.ts';
import type { Store } from '../../infra/store/store.ts';

/** How long a key is known. */
export const KEPT_SECONDS = 86_400;

/** What tells a request from others. */
export interface RequestOnce {
  /** Whose key it is: the id of the rune. */
  readonly scope: string;
  readonly key: string;
  /** The command and its parameters. */
  readonly content: string;
}

export class Idempotency {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #running = new Set<string>();

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /**
   * Runs the request, or answers as it was answered before. A request that failed has done nothing and may come again with
   * its key. Rejects with what `run` rejects with, or with RpcError.
   */
  async once({ scope, key, content }: RequestOnce, run: () => Promise<string>): Promise<string> {
    const name = JSON.stringify([scope, key]);
    if (this.#running.has(name)) {
      throw new RpcError('IDEMPOTENT_REQUEST_RUNNING', 'The request with this Idempotency-Key is still running');
    }
    this.#running.add(name);
    try {
      const earlier = await this.#take(scope, key, fingerprint(content));
      if (earlier !== undefined) return earlier;
      let result: string;
      try {
        result = await run();
      } catch (error) {
        await this.#store.commit([
          { sql: 'DELETE FROM idempotent_requests WHERE scope = ? AND request_key = ?', params: [scope, key] },
        ]);
        throw error;
      }
      await this.#store.commit([
        {
          sql: 'UPDATE idempotent_requests SET result = ? WHERE scope = ? AND request_key = ?',
          params: [result, scope, key],
        },
      ]);
      return result;
    } finally {
      this.#running.delete(name);
    }
  }

  /** Takes the key, durably, before anything runs; answers the result of before where the key is taken. */
  async #take(scope: string, key: string, content_hash: string): Promise<string | undefined> {
    const now = this.#clock.nowSeconds();
    const taken = await this.#store.commit([
      { sql: 'DELETE FROM idempotent_requests WHERE created_at < ?', params: [now - KEPT_SECONDS] },
      {
        sql: `INSERT INTO idempotent_requests (scope, request_key, content_hash, created_at, result)
          VALUES (?, ?, ?, ?, NULL) ON CONFLICT (scope, request_key) DO NOTHING RETURNING scope`,
        params: [scope, key, content_hash, now],
        stop_if_no_row: true,
      },
    ]);
    if (taken.committed) return undefined;
    const [row] = await this.#store.read(
      'SELECT content_hash, result FROM idempotent_requests WHERE scope = ? AND request_key = ?',
      [scope, key],
    );
    if (row?.content_hash !== content_hash) {
      throw new RpcError(
        'IDEMPOTENCY_KEY_REUSED',
        'This Idempotency-Key was used for another request within the last day: choose a new one',
      );
    }
    if (row.result === null) {
      throw new RpcError(
        'IDEMPOTENT_REQUEST_UNKNOWN',
        'The node stopped while it ran the request with this Idempotency-Key: look whether it was done, then choose a new key',
      );
    }
    return row.result as string;
  }
}

function fingerprint(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}
