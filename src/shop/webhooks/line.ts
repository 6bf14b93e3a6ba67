/**
 * The deliveries of one webhook. It reads the log after its position, sends what is wanted, and writes down how far it
 * is: a little late, so that a crash repeats deliveries and never loses one. What fails is written down at once and tried
 * again later. In order, the next event waits for the one before it; in parallel it does not.
 */

import type { RandomBytes } from '../../base/crypto/random.ts';
import type { Clock } from '../../base/types/clock.ts';
import type { Store, Write } from '../../infra/store/store.ts';
import type { EventSource, Sender, SendOutcome, SentEvent, WebhookLog } from './ports.ts';
import { attemptWrite, disabledWrite, progressWrite, retryDelete, retryWrite } from './rows.ts';
import { delaySeconds, failureOf, isGone } from './schedule.ts';
import { type Message, messageOf, signedHeaders } from './signature.ts';
import type { Traffic } from './traffic.ts';
import { type Attempt, hostOf, type Retry, type Webhook, type WebhookProgress } from './webhook.ts';

export interface LineOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly events: EventSource;
  readonly sender: Sender;
  readonly log: WebhookLog;
  readonly traffic: Traffic;
  /** Told when work in the background fails. */
  readonly onBackgroundError: (error: unknown) => void;
}

/** Messages of one webhook on their way. */
const MOST_IN_FLIGHT = 16;
/** Messages in order that go to the sender at once: each hop to its process costs as much CPU as a message. */
const MOST_IN_A_RUN = 8;
/** Events read at a time. */
const PAGE_EVENTS = 100;
/** Failed deliveries of one webhook that wait; no new event is begun while there are so many. */
const MOST_RETRIES = 1_000;
/** Attempts that are written down together: of thousands in a second only the last are, for payments wait behind them. */
const MOST_WRITTEN_AT_ONCE = 100;
/** How late the position is written down. */
const FLUSH_MS = 1_000;

interface MadeAttempt {
  readonly made: Attempt;
  readonly outcome: SendOutcome;
}

export class Line {
  readonly #options: LineOptions;
  #webhook: Webhook;
  /** Up to here all events were read from the log. */
  #position: number;
  /** Read and not begun. */
  #queue: SentEvent[] = [];
  readonly #retries: Map<number, Retry>;
  /** Events on their way; `is_new`: not among the retries yet, so that the position waits for them. */
  readonly #in_flight = new Map<number, { readonly is_new: boolean; readonly abort: AbortController }>();
  #failing_since: number | undefined;
  #attempts: number;
  #has_news = true;
  #is_reading = false;
  /** Rises when what is being read is not wanted any more. */
  #generation = 0;
  #cancelRetryTimer: () => void = () => {};
  #cancelFlushTimer: (() => void) | undefined;
  #unwritten_attempts: Attempt[] = [];
  readonly #unwritten_retries = new Set<number>();
  /** It is being switched off, and that is not durable yet. */
  #is_disabling = false;
  #is_stopped = false;

  constructor(options: LineOptions, webhook: Webhook, progress: WebhookProgress) {
    this.#options = options;
    this.#webhook = webhook;
    this.#position = progress.position;
    this.#retries = new Map(progress.retries.map((retry) => [retry.event_id, retry]));
    this.#failing_since = progress.failing_since;
    this.#attempts = progress.attempts;
  }

  get webhook(): Webhook {
    return this.#webhook;
  }

  /** Up to this event nothing is left to send: what a crash goes on from. */
  get position(): number {
    const open = [...this.#in_flight].filter(([, { is_new }]) => is_new).map(([event_id]) => event_id);
    const first = this.#queue[0]?.event_id;
    return Math.min(this.#position, ...open.map((id) => id - 1), first === undefined ? this.#position : first - 1);
  }

  /** The oldest event that it may still have to read. */
  get needed_id(): number {
    return Math.min(this.position + 1, ...this.#retries.keys());
  }

  get progress(): WebhookProgress {
    const { position } = this;
    const retries = [...this.#retries.values()].sort((a, b) => a.due_at - b.due_at);
    return { position, retries, failing_since: this.#failing_since, attempts: this.#attempts };
  }

  /** There may be more in the log. */
  notice(): void {
    this.#has_news = true;
    this.pump();
  }

  /** Begins whatever may begin now, and sets the timer for what may later. */
  pump(): void {
    if (this.#is_stopped || this.#isOff) return;
    while (this.#mayBegin() && this.#options.traffic.mayBegin(this.#pumpAgain)) {
      const next = this.#takeNext();
      if (next === undefined) break;
      void (typeof next === 'number' ? this.#deliverAgain(next) : this.#deliver(this.#runFrom(next))).catch(
        this.#options.onBackgroundError,
      );
    }
    this.#arm();
  }

  /** Takes other settings. Events that were read by the old ones are read again. */
  change(changes: Partial<Webhook>): void {
    const wasOff = this.#webhook.disabled_reason !== undefined;
    this.#rewind(this.position);
    this.#webhook = { ...this.#webhook, ...changes };
    const isSwitchedOn = wasOff && this.#webhook.disabled_reason === undefined;
    if (isSwitchedOn) {
      const due_at = this.#options.clock.nowSeconds();
      for (const { event_id } of this.#retries.values()) this.#keep({ event_id, tries: 0, due_at });
      this.#failing_since = undefined;
    }
    this.notice();
  }

  /** Sends all events after this one again. Resolves when that is durable, with how far it was then. */
  async sendAgainAfter(event_id: number): Promise<WebhookProgress> {
    this.#rewind(event_id);
    for (const id of this.#retries.keys()) {
      if (id > event_id) this.#drop(id);
    }
    const { progress } = this;
    await this.flush();
    this.notice();
    return progress;
  }

  /** One attempt, out of the order, that is not repeated. */
  async attemptOnce(message: Message, event_id: number | undefined): Promise<Attempt> {
    const [attempt] = await this.#attempt([{ message, event_id }], new AbortController());
    if (!this.#is_stopped) await this.flush();
    return (attempt as MadeAttempt).made;
  }

  /** Writes down how far it is. */
  async flush(): Promise<void> {
    this.#cancelFlushTimer?.();
    this.#cancelFlushTimer = undefined;
    const { webhook_id } = this.#webhook;
    const writes: Write[] = [progressWrite(webhook_id, this.progress)];
    for (const event_id of this.#unwritten_retries) {
      const retry = this.#retries.get(event_id);
      writes.push(retry === undefined ? retryDelete(webhook_id, event_id) : retryWrite(webhook_id, retry));
    }
    this.#unwritten_retries.clear();
    for (const made of this.#unwritten_attempts) writes.push(attemptWrite(webhook_id, made));
    this.#unwritten_attempts = [];
    await this.#options.store.commit(writes);
  }

  /** Ends what is on its way, without waiting for its receivers: it is sent again by the next run. */
  async stop(): Promise<void> {
    this.halt();
    await this.flush();
  }

  /** The same, and nothing more is written. */
  halt(): void {
    this.#is_stopped = true;
    this.#cancelRetryTimer();
    this.#cancelFlushTimer?.();
    for (const { abort } of this.#in_flight.values()) abort.abort();
  }

  readonly #pumpAgain = (): void => this.pump();

  get #isOff(): boolean {
    return this.#is_disabling || this.#webhook.disabled_reason !== undefined;
  }

  /** The first message is always free to go; more at a time only for one that takes them in parallel, and takes them. */
  #mayBegin(): boolean {
    if (this.#in_flight.size === 0) return true;
    const isQuick = this.#webhook.is_parallel && this.#failing_since === undefined;
    return isQuick && this.#in_flight.size < MOST_IN_FLIGHT && this.#options.traffic.has_room;
  }

  /** What is to be sent next: a retry that is due, else a new event, if there is one and nothing stands before it. */
  #takeNext(): SentEvent | number | undefined {
    const now = this.#options.clock.nowSeconds();
    for (const { event_id, due_at } of this.#retries.values()) {
      if (due_at <= now && !this.#in_flight.has(event_id)) return event_id;
    }
    if (this.#retries.size >= (this.#webhook.is_parallel ? MOST_RETRIES : 1)) return undefined;
    const next = this.#queue.shift();
    if (next === undefined) this.#read();
    return next;
  }

  #read(): void {
    if (this.#is_reading || !this.#has_news) return;
    this.#is_reading = true;
    this.#has_news = false;
    this.#readPage()
      .catch(this.#options.onBackgroundError)
      .finally(() => {
        this.#is_reading = false;
        this.pump();
      });
  }

  async #readPage(): Promise<void> {
    const { events, log } = this.#options;
    const { types, label_prefix, url } = this.#webhook;
    const generation = this.#generation;
    const page = await events.read({ after: this.#position, types, label_prefix, limit: PAGE_EVENTS });
    if (generation !== this.#generation) return;
    if ('oldest_id' in page) {
      log.warn(
        `webhook ${this.#webhook.webhook_id} (${hostOf(url)}): the events before ${page.oldest_id} are not kept any more, and are not sent`,
      );
      this.#position = page.oldest_id - 1;
      this.#has_news = true;
      return;
    }
    this.#queue = [...page.events];
    if (page.next_after > this.#position) this.#flushLater();
    this.#position = page.next_after;
    if (!page.has_more) return;
    this.#has_news = true;
    // Others get their turn while a long log is gone through.
    if (page.events.length === 0) await new Promise((resolve) => setImmediate(resolve));
  }

  #rewind(position: number): void {
    this.#generation++;
    this.#position = position;
    this.#queue = [];
    this.#has_news = true;
  }

  /** Behind the first in order come those that may go with it: while nothing fails. */
  #runFrom(first: SentEvent): readonly SentEvent[] {
    if (this.#webhook.is_parallel || this.#failing_since !== undefined) return [first];
    return [first, ...this.#queue.splice(0, MOST_IN_A_RUN - 1)];
  }

  async #deliverAgain(event_id: number): Promise<void> {
    const abort = new AbortController();
    this.#in_flight.set(event_id, { is_new: false, abort });
    const event = await this.#options.events.find(event_id);
    if (event !== undefined) return await this.#sendRun([event], abort);
    this.#in_flight.delete(event_id);
    this.#drop(event_id);
    this.pump();
  }

  async #deliver(events: readonly SentEvent[]): Promise<void> {
    const abort = new AbortController();
    for (const { event_id } of events) this.#in_flight.set(event_id, { is_new: true, abort });
    await this.#sendRun(events, abort);
  }

  async #sendRun(events: readonly SentEvent[], abort: AbortController): Promise<void> {
    const generation = this.#generation;
    const messages = events.map((event) => ({ message: messageOf(event), event_id: event.event_id }));
    const attempts = await this.#attempt(messages, abort);
    // Stopped, it stays on its way, so that the position that is written down does not pass it.
    if (this.#is_stopped) return;
    for (const { event_id } of events) {
      // After a rewind it may be on its way a second time, and the position waits for that.
      if (this.#in_flight.get(event_id)?.abort === abort) this.#in_flight.delete(event_id);
    }
    // What was not begun goes first again; after a rewind it is read again.
    if (generation === this.#generation) this.#queue.unshift(...events.slice(attempts.length));
    for (const [index, { made, outcome }] of attempts.entries()) {
      const { event_id } = events[index] as SentEvent;
      // After a rewind it would be the next to be read, and it has just been sent.
      if (event_id === this.#position + 1) this.#position = event_id;
      if (made.failure === undefined) this.#succeeded(event_id);
      else await this.#failed(event_id, made.failure, outcome);
    }
    this.pump();
  }

  /** Sends them in order. Answers those that were begun. */
  async #attempt(
    messages: readonly { readonly message: Message; readonly event_id: number | undefined }[],
    abort: AbortController,
  ): Promise<readonly MadeAttempt[]> {
    const { clock, sender, traffic } = this.#options;
    const tried_at = clock.nowSeconds();
    const { url } = this.#webhook;
    const signed = messages.map(({ message }) => ({
      url,
      headers: signedHeaders(this.#webhook, message, tried_at),
      body: message.body,
    }));
    const end = traffic.begin(messages.length);
    try {
      const sent = await sender.sendInOrder(signed, abort.signal);
      return sent.map(({ outcome, duration_ms }, index) => {
        const { message, event_id } = messages[index] as (typeof messages)[number];
        const made: Attempt = {
          attempt: ++this.#attempts,
          event_id,
          message_id: message.message_id,
          tried_at,
          duration_ms,
          status: outcome.kind === 'answered' ? outcome.status : undefined,
          failure: failureOf(outcome),
        };
        this.#unwritten_attempts.push(made);
        // What failed is written at once: these have all delivered.
        if (this.#unwritten_attempts.length > MOST_WRITTEN_AT_ONCE) this.#unwritten_attempts.shift();
        return { made, outcome };
      });
    } finally {
      end();
    }
  }

  #succeeded(event_id: number): void {
    const { webhook_id, url } = this.#webhook;
    if (this.#failing_since !== undefined)
      this.#options.log.info(`webhook ${webhook_id} (${hostOf(url)}) takes events again`);
    this.#failing_since = undefined;
    this.#drop(event_id);
    this.#flushLater();
  }

  async #failed(event_id: number, failure: string, outcome: SendOutcome): Promise<void> {
    const { clock, randomBytes, log } = this.#options;
    const { webhook_id, url } = this.#webhook;
    const now = clock.nowSeconds();
    if (this.#failing_since === undefined) {
      log.warn(`webhook ${webhook_id} (${hostOf(url)}) did not take event ${event_id}: ${failure}; it is tried again`);
      this.#failing_since = now;
    }
    const tries = (this.#retries.get(event_id)?.tries ?? 0) + 1;
    const asked = outcome.kind === 'answered' ? outcome.retry_after_seconds : undefined;
    const delay = delaySeconds(tries, asked, randomBytes);
    // One that is to be read from the log again comes by that way.
    if (event_id <= this.#position) this.#keep({ event_id, tries, due_at: now + (delay ?? 0) });
    if (this.#isOff) await this.flush();
    else if (isGone(outcome)) await this.#disable(`the receiver answered ${failure}: it is gone for good`);
    else if (delay === undefined) await this.#disable(`event ${event_id} failed ${tries} times, last: ${failure}`);
    else await this.flush();
  }

  /** Nothing is dropped: who switches it on again gets everything from here on. */
  async #disable(reason: string): Promise<void> {
    const { store, log, events } = this.#options;
    const { webhook_id, url } = this.#webhook;
    this.#is_disabling = true;
    await this.flush();
    await store.commit([disabledWrite(webhook_id, reason)]);
    this.#webhook = { ...this.#webhook, disabled_reason: reason };
    this.#is_disabling = false;
    log.warn(`webhook ${webhook_id} (${hostOf(url)}) is switched off: ${reason}`);
    await events.warnDisabled({ webhook_id, host: hostOf(url), reason });
  }

  #keep(retry: Retry): void {
    this.#retries.set(retry.event_id, retry);
    this.#unwritten_retries.add(retry.event_id);
  }

  #drop(event_id: number): void {
    if (this.#retries.delete(event_id)) this.#unwritten_retries.add(event_id);
  }

  /** Set for the retry that is due next. */
  #arm(): void {
    this.#cancelRetryTimer();
    this.#cancelRetryTimer = () => {};
    const waiting = [...this.#retries.values()].filter(({ event_id }) => !this.#in_flight.has(event_id));
    if (waiting.length === 0 || this.#in_flight.size > 0) return;
    const due_at = Math.min(...waiting.map((retry) => retry.due_at));
    const delay_ms = (due_at - this.#options.clock.nowSeconds()) * 1000;
    // What is due already only waits for the next turn of the event loop.
    if (delay_ms > 0) this.#cancelRetryTimer = this.#options.clock.after(delay_ms, () => this.pump());
  }

  #flushLater(): void {
    this.#cancelFlushTimer ??= this.#options.clock.after(FLUSH_MS, () => {
      this.#cancelFlushTimer = undefined;
      if (!this.#is_stopped) void this.flush().catch(this.#options.onBackgroundError);
    });
  }
}
