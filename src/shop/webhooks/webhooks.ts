/**
 * Webhooks: events are sent to the shop's own software over HTTPS, signed as Standard Webhooks says, at least once and
 * never with a gap. Each webhook is a line of its own; what one receiver does holds up nobody else.
 */
import type { RandomBytes } from '../../base/crypto/random.ts';
import { RpcError } from '../../base/errors.ts';
import type { Clock } from '../../base/types/clock.ts';
import { toHex } from '../../base/types/hex.ts';
import type { Secret } from '../../base/types/secret.ts';
import type { Store } from '../../infra/store/store.ts';
import { Line, type LineOptions } from './line.ts';
import type { EventSource, Sender, WebhookLog } from './ports.ts';
import {
  deleteWrites,
  disabledWrite,
  insertWrites,
  readAttempts,
  readWebhooks,
  SecretBox,
  secretsWrite,
  settingsWrite,
} from './rows.ts';
import { messageOf, newSecret, secretText } from './signature.ts';
import { Traffic } from './traffic.ts';
import type { Attempt, Webhook, WebhookProgress, WebhookSettings } from './webhook.ts';

export interface WebhooksOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly events: EventSource;
  readonly sender: Sender;
  /** What secrets are sealed with: 32 bytes, of the node's seed. */
  readonly seal_key: Secret<Uint8Array>;
  readonly log: WebhookLog;
  /** Told when work in the background fails. */
  readonly onBackgroundError: (error: unknown) => void;
}

/** A webhook and how far it is. */
export interface WebhookView {
  readonly webhook: Webhook;
  readonly progress: WebhookProgress;
}

/** Each costs a connection and a reader of the log. */
const MOST_WEBHOOKS = 32;

/** What is written where nothing failed and somebody has switched it off. */
const BY_OPERATOR = 'switched off by updatewebhook';

export class Webhooks {
  readonly #options: WebhooksOptions;
  readonly #box: SecretBox;
  readonly #line_options: LineOptions;
  readonly #lines = new Map<number, Line>();
  #unsubscribe: (() => void) | undefined;
  #is_started = false;
  #changing: Promise<void> = Promise.resolve();

  constructor(options: WebhooksOptions) {
    this.#options = options;
    this.#box = new SecretBox(options.seal_key, options.randomBytes);
    this.#line_options = { ...options, traffic: new Traffic() };
  }

  /** Reads the webhooks, and goes on where the last run ended. */
  async start(): Promise<void> {
    for (const { webhook, progress } of await readWebhooks(this.#options.store, this.#box)) {
      this.#lines.set(webhook.webhook_id, new Line(this.#line_options, webhook, progress));
    }
    this.#is_started = true;
    this.#listen();
    for (const line of this.#lines.values()) line.notice();
  }

  /** Ends what is on its way. The store must still be open. */
  async stop(): Promise<void> {
    this.#is_started = false;
    this.#listen();
    await Promise.all([...this.#lines.values()].map((line) => line.stop()));
    this.#options.sender.close();
  }

  /** The number above which no event may be removed: what is switched off waits for nothing. */
  keepAbove(): number {
    const needed = [...this.#lines.values()]
      .filter(({ webhook }) => webhook.disabled_reason === undefined)
      .map(({ needed_id }) => needed_id - 1);
    return Math.min(Number.POSITIVE_INFINITY, ...needed);
  }

  /**
   * A new webhook, which gets the events after this number (0: all that are kept); default: those that happen from now on. Resolves, with the
   * secret as the receiver wants it, when it is durable. Throws RpcError.
   */
  async create(
    settings: WebhookSettings,
    after: number | undefined,
  ): Promise<WebhookView & { readonly secret_text: string }> {
    const { store, clock, randomBytes, events } = this.#options;
    this.#checkUrl(settings.url);
    if (this.#lines.size >= MOST_WEBHOOKS) {
      throw new RpcError('LIGHTNINGD', `There are ${MOST_WEBHOOKS} webhooks already: delete one with deletewebhook`);
    }
    const { last_id, oldest_id } = await events.range();
    const position = after === 0 ? oldest_id - 1 : Math.min(after ?? last_id, last_id);
    await this.#checkKept(position);
    const created_at = clock.nowSeconds();
    const secret = newSecret(randomBytes);
    const result = await store.commit(insertWrites({ ...settings, created_at, position }, this.#box.seal(secret)));
    const webhook_id = Number(result.committed ? result.rows.at(-1)?.[0]?.webhook_id : Number.NaN);
    const webhook: Webhook = {
      ...settings,
      webhook_id,
      created_at,
      secret,
      old_secret: undefined,
      disabled_reason: undefined,
    };
    const line = new Line(this.#line_options, webhook, {
      position,
      retries: [],
      failing_since: undefined,
      attempts: 0,
    });
    this.#lines.set(webhook_id, line);
    this.#listen();
    if (this.#is_started) line.notice();
    return { webhook, progress: line.progress, secret_text: secretText(secret) };
  }

  /** All of them, in the order of their numbers. */
  list(): readonly WebhookView[] {
    return [...this.#lines.values()].map(({ webhook, progress }) => ({ webhook, progress }));
  }

  /** One of them. Throws RpcError. */
  get(webhook_id: number): WebhookView {
    const { webhook, progress } = this.#line(webhook_id);
    return { webhook, progress };
  }

  /** Changes the settings that are given, to undefined as well. One that is switched on goes on where it stopped. Throws RpcError. */
  async update(
    webhook_id: number,
    changes: Partial<WebhookSettings> & { readonly is_enabled?: boolean | undefined },
  ): Promise<WebhookView> {
    const { is_enabled, ...settings } = changes;
    if (settings.url !== undefined) this.#checkUrl(settings.url);
    return await this.#inTurn(async () => {
      const line = this.#line(webhook_id);
      const disabled_reason = is_enabled === false ? BY_OPERATOR : undefined;
      const writes = [settingsWrite({ ...line.webhook, ...settings })];
      if (is_enabled !== undefined) writes.push(disabledWrite(webhook_id, disabled_reason));
      await this.#options.store.commit(writes);
      line.change({ ...settings, ...(is_enabled === undefined ? {} : { disabled_reason }) });
      return { webhook: line.webhook, progress: line.progress };
    });
  }

  /** Deletes it, with its attempts. Throws RpcError. */
  async delete(webhook_id: number): Promise<WebhookView> {
    const line = this.#line(webhook_id);
    const view = { webhook: line.webhook, progress: line.progress };
    line.halt();
    this.#lines.delete(webhook_id);
    this.#listen();
    await this.#options.store.commit(deleteWrites(webhook_id));
    return view;
  }

  /** A new secret. Messages are signed with the old one as well for so many seconds. Throws RpcError. */
  async rotateSecret(
    webhook_id: number,
    overlap_seconds: number,
  ): Promise<{ readonly secret_text: string; readonly old_secret_until: number }> {
    const { store, clock, randomBytes } = this.#options;
    return await this.#inTurn(async () => {
      const line = this.#line(webhook_id);
      const until = clock.nowSeconds() + overlap_seconds;
      const changed = { secret: newSecret(randomBytes), old_secret: { secret: line.webhook.secret, until } };
      await store.commit([secretsWrite({ ...line.webhook, ...changed }, this.#box)]);
      line.change(changed);
      return { secret_text: secretText(changed.secret), old_secret_until: until };
    });
  }

  /** Sends a message that is no event, once, and answers what became of it. Throws RpcError. */
  async test(webhook_id: number): Promise<Attempt> {
    const line = this.#line(webhook_id);
    const { clock, randomBytes } = this.#options;
    const body = `{"id":0,"type":"webhook.test","time":${clock.nowSeconds()},"data":{"webhook_id":${webhook_id}}}`;
    return await line.attemptOnce({ message_id: `test_${toHex(randomBytes(12))}`, body }, undefined);
  }

  /** Sends an event again, once, with its id and body, and answers what became of it. Throws RpcError. */
  async sendAgain(webhook_id: number, event_id: number): Promise<Attempt> {
    const line = this.#line(webhook_id);
    const event = await this.#options.events.find(event_id);
    if (event === undefined) throw new RpcError('EVENT_NOT_FOUND', `There is no event ${event_id}, or not any more`);
    return await line.attemptOnce(messageOf(event), event_id);
  }

  /** Sends all events after this number again, in their order. Resolves when that is durable. Throws RpcError. */
  async sendAgainAfter(webhook_id: number, event_id: number): Promise<WebhookView> {
    const line = this.#line(webhook_id);
    if (event_id > line.position) {
      throw new RpcError(
        'INVALID_PARAMS',
        `after: webhook ${webhook_id} is at event ${line.position}: what comes after that is sent anyway`,
      );
    }
    await this.#checkKept(event_id);
    const progress = await line.sendAgainAfter(event_id);
    return { webhook: line.webhook, progress };
  }

  /** Its newest attempts, the newest first, written down and shown. Throws RpcError. */
  async attempts(
    webhook_id: number,
    asked: { readonly event_id: number | undefined; readonly limit: number },
  ): Promise<readonly Attempt[]> {
    await this.#line(webhook_id).flush();
    return await readAttempts(this.#options.store, webhook_id, asked);
  }

  /** One change after the other: each begins with what the one before has made. */
  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const made = this.#changing.then(change);
    this.#changing = made.then(
      () => {},
      () => {},
    );
    return made;
  }

  #line(webhook_id: number): Line {
    const line = this.#lines.get(webhook_id);
    if (line === undefined) throw new RpcError('WEBHOOK_NOT_FOUND', `There is no webhook ${webhook_id}`);
    return line;
  }

  #checkUrl(url: string): void {
    const refusal = this.#options.sender.refusalOf(url);
    if (refusal !== undefined) throw new RpcError('INVALID_PARAMS', `url: ${refusal}`);
  }

  async #checkKept(after: number): Promise<void> {
    const { oldest_id } = await this.#options.events.range();
    if (after >= oldest_id - 1) return;
    throw new RpcError('EVENTS_PRUNED', `the events before ${oldest_id} are not kept any more`, { oldest_id });
  }

  /** Listens to the log while there is a webhook: without one, an event costs nothing. */
  #listen(): void {
    if (this.#is_started && this.#lines.size > 0) {
      this.#unsubscribe ??= this.#options.events.subscribe(() => {
        for (const line of this.#lines.values()) line.notice();
      });
    } else {
      this.#unsubscribe?.();
      this.#unsubscribe = undefined;
    }
  }
}
