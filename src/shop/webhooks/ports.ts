/** What webhooks ask of other modules. The daemon connects them. */

/** An event, ready to be sent. */
export interface SentEvent {
  readonly event_id: number;
  readonly type: string;
  /** The same bytes each time. */
  readonly body: string;
}

/** Which events somebody wants. */
export interface WantedEvents {
  readonly after: number;
  readonly types: readonly string[] | undefined;
  readonly label_prefix: string | undefined;
  readonly limit: number;
}

/** The log of events. */
export interface EventSource {
  /** A page, and where the next one begins. `oldest_id` instead when some after that number are not kept any more. */
  read(
    wanted: WantedEvents,
  ): Promise<
    | { readonly events: readonly SentEvent[]; readonly next_after: number; readonly has_more: boolean }
    | { readonly oldest_id: number }
  >;
  /** One of them; undefined when there is none, or not any more. */
  find(event_id: number): Promise<SentEvent | undefined>;
  /** The last number that was given, and the lowest that is kept or will be given next. */
  range(): Promise<{ readonly last_id: number; readonly oldest_id: number }>;
  /** Calls the listener whenever there may be more, until the function that is returned is called. */
  subscribe(listener: () => void): () => void;
  /** Writes down that a webhook was switched off. */
  warnDisabled(data: { readonly webhook_id: number; readonly host: string; readonly reason: string }): Promise<void>;
}

/** A message over HTTP: plain data, so that another process could send it. */
export interface HttpMessage {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What became of it. */
export type SendOutcome =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** What the receiver asked for in Retry-After. */
      readonly retry_after_seconds?: number | undefined;
    }
  | { readonly kind: 'failed'; readonly reason: string };

/** One of several messages, and how long it took. */
export interface SentMessage {
  readonly outcome: SendOutcome;
  readonly duration_ms: number;
}

/**
 * So long messages are begun without asking the node again: what has changed there, such as an address or who may speak, is
 * heeded after that.
 */
export const RUN_MS = 100;

/** Sends messages. */
export interface Sender {
  /** Resolves when it was answered or has failed, after 20 seconds at most. `signal` ends it at once. */
  send(message: HttpMessage, signal: AbortSignal): Promise<SendOutcome>;
  /**
   * Sends messages one after the other, each when the one before was delivered, and begins none later than RUN_MS after the
   * first. Resolves with those that it began, at least one: only the last may not have been delivered.
   */
  sendInOrder(messages: readonly HttpMessage[], signal: AbortSignal): Promise<readonly SentMessage[]>;
  /** Why this URL is not sent to; undefined when it is. */
  refusalOf(url: string): string | undefined;
  /** Ends idle connections. */
  close(): void;
}

/** One line per event, for the operator. */
export interface WebhookLog {
  info(text: string): void;
  warn(text: string): void;
}
