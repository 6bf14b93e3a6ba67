/** Webhooks on invoices, a log and a store in memory, with a clock turned by hand and a receiver that is real. */
import assert from 'node:assert/strict';
import { webhookPort } from '../../../src/app/daemon/webhook-port.ts';
import { sha256 } from '../../../src/base/crypto/hash.ts';
import { Secret } from '../../../src/base/types/secret.ts';
import { AddressGuard } from '../../../src/infra/http/address-guard.ts';
import type { Store } from '../../../src/infra/store/store.ts';
import { WatchedStore } from '../../../src/infra/store/watched-store.ts';
import { EventLog } from '../../../src/shop/events/event-log.ts';
import { HttpSender } from '../../../src/shop/webhooks/http-sender.ts';
import type { WebhookSettings } from '../../../src/shop/webhooks/webhook.ts';
import { Webhooks, type WebhookView } from '../../../src/shop/webhooks/webhooks.ts';
import { testStore } from '../../support/test-store.ts';
import { type Fixture, openFixture } from '../invoices/fixture.ts';
import { Receiver } from './receiver.ts';

export class HookShop {
  readonly store: WatchedStore;
  readonly fixture: Fixture;
  readonly log: EventLog;
  readonly lines: string[] = [];
  readonly receivers: Receiver[] = [];
  webhooks: Webhooks;

  /** On a store in memory unless another one is given. */
  static async open(store: Store = testStore({ onFailure: (error) => assert.fail(error) })): Promise<HookShop> {
    const shop = new HookShop(store);
    await shop.webhooks.start();
    return shop;
  }

  private constructor(store: Store) {
    this.store = new WatchedStore(store);
    this.fixture = openFixture({ store: this.store });
    this.log = new EventLog({
      store: this.store,
      clock: this.fixture.clock,
      onBackgroundError: (error) => assert.fail(error as Error),
    });
    this.webhooks = this.#build();
  }

  #build(): Webhooks {
    const { clock, options } = this.fixture;
    return new Webhooks({
      store: this.store,
      clock,
      randomBytes: options.randomBytes,
      events: webhookPort(this.log),
      sender: new HttpSender({
        clock,
        guard: new AddressGuard({ allowed: new Set(['127.0.0.1']) }),
        user_agent: 'Till/test',
      }),
      seal_key: new Secret(sha256(Buffer.from('webhook secrets'))),
      log: { info: (text) => this.lines.push(text), warn: (text) => this.lines.push(`! ${text}`) },
      onBackgroundError: (error) => assert.fail(error as Error),
    });
  }

  /** A receiver, and a webhook to it. */
  async hook(
    settings: Partial<WebhookSettings> = {},
    after?: number,
  ): Promise<{ readonly receiver: Receiver; readonly id: number; readonly secret: string }> {
    const receiver = await Receiver.open();
    this.receivers.push(receiver);
    const created = await this.webhooks.create(
      { url: receiver.url, types: undefined, label_prefix: undefined, is_parallel: false, ...settings },
      after,
    );
    return { receiver, id: created.webhook.webhook_id, secret: created.secret_text };
  }

  async create(...labels: string[]): Promise<void> {
    for (const label of labels) await this.fixture.create(label);
  }

  /** Resolves when the webhook is as the test wants it; until then sockets and store get their turns. */
  async until(id: number, isSo: (view: WebhookView) => boolean): Promise<WebhookView> {
    for (;;) {
      const view = this.webhooks.get(id);
      if (isSo(view)) return view;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Lets time pass when so many deliveries of the webhook have failed. */
  async advance(id: number, attempts: number, seconds: number): Promise<void> {
    await this.until(id, ({ progress }) => progress.attempts === attempts);
    // The retry is written down before its timer is set.
    for (let turn = 0; turn < 5; turn++) await this.store.commit([]);
    this.fixture.clock.advance(seconds * 1000);
  }

  /** Stops and starts. */
  async restart(): Promise<void> {
    await this.webhooks.stop();
    this.webhooks = this.#build();
    await this.webhooks.start();
  }

  async close(): Promise<void> {
    await this.webhooks.stop();
    for (const receiver of this.receivers) await receiver.close();
    await this.fixture.close();
  }
}

/** Runs a test on a new shop. */
export async function withHookShop(run: (shop: HookShop) => Promise<void>): Promise<void> {
  const shop = await HookShop.open();
  try {
    await run(shop);
  } finally {
    await shop.close();
  }
}
