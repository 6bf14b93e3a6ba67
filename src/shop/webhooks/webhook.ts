/** A webhook: an address of the shop's own software to which events are sent. */
import type { Secret } from '../../base/types/secret.ts';

/** How a webhook is set. */
export interface WebhookSettings {
  readonly url: string;
  /** Types of events, or families of types; undefined: all. */
  readonly types: readonly string[] | undefined;
  /** Only events of invoices whose label begins so; undefined: all. */
  readonly label_prefix: string | undefined;
  /** Whether several events may be on their way at once, and a failed one does not hold up those behind it. */
  readonly is_parallel: boolean;
}

/** A webhook as it is kept. */
export interface Webhook extends WebhookSettings {
  /** 1, 2, 3 ... in the order of creation. */
  readonly webhook_id: number;
  /** Unix time, seconds. */
  readonly created_at: number;
  /** What messages are signed with. */
  readonly secret: Secret<Uint8Array>;
  /** The one before it, with which they are signed as well until a Unix time. */
  readonly old_secret: { readonly secret: Secret<Uint8Array>; readonly until: number } | undefined;
  /** Why nothing is sent; undefined when it is switched on. */
  readonly disabled_reason: string | undefined;
}

/** A delivery that failed and will be tried again. */
export interface Retry {
  readonly event_id: number;
  /** Attempts made. */
  readonly tries: number;
  /** Unix time, seconds. */
  readonly due_at: number;
}

/** One attempt, as it is shown. */
export interface Attempt {
  /** 1, 2, 3 ... for each webhook. */
  readonly attempt: number;
  /** Undefined: it was a test. */
  readonly event_id: number | undefined;
  /** The header webhook-id. */
  readonly message_id: string;
  /** Unix time, seconds. */
  readonly tried_at: number;
  readonly duration_ms: number;
  /** What the receiver answered; undefined when it did not. */
  readonly status: number | undefined;
  /** Why the attempt counts as failed; undefined: delivered. */
  readonly failure: string | undefined;
}

/** How far a webhook is. */
export interface WebhookProgress {
  /** Up to this event every one is delivered, not wanted, or among the retries. */
  readonly position: number;
  readonly retries: readonly Retry[];
  /** Unix time of the first failure since the last success. */
  readonly failing_since: number | undefined;
  /** Attempts made in all. */
  readonly attempts: number;
}

/** The host of a URL, for logs: the rest of it may be what the receiver tells friends by. */
export function hostOf(url: string): string {
  return new URL(url).host;
}
