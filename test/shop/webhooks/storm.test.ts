/**
 * Webhooks in rough weather, from a seed that is printed and can be given as TILL_SEED: a receiver that answers as it likes,
 * crashes at any moment, stops, changes of settings, hours that pass. In the end every event was taken, and a webhook in
 * order has taken none before the one before it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { webhookPort } from '../../../src/app/daemon/webhook-port.ts';
import { sha256 } from '../../../src/base/crypto/hash.ts';
import type { Clock } from '../../../src/base/types/clock.ts';
import { Secret } from '../../../src/base/types/secret.ts';
import type { Store } from '../../../src/infra/store/store.ts';
import { WatchedStore } from '../../../src/infra/store/watched-store.ts';
import { EventLog } from '../../../src/shop/events/event-log.ts';
import type { HttpMessage, Sender, SendOutcome, SentMessage } from '../../../src/shop/webhooks/ports.ts';
import { failureOf } from '../../../src/shop/webhooks/schedule.ts';
import { Webhooks } from '../../../src/shop/webhooks/webhooks.ts';
import { Random } from '../../sim/random.ts';
import { testStore } from '../../support/test-store.ts';
import { openFixture } from '../invoices/fixture.ts';

const ROUNDS = Number(process.env.TILL_STORM_ROUNDS ?? 12);
const STEPS = 250;
const SEED = Number(process.env.TILL_SEED ?? Date.now() % 1_000_000);

const NEVER = new AbortController().signal;
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What one receiver has taken, and in which mood it is. */
class Shopkeeper {
  readonly taken: number[] = [];
  readonly bodies = new Map<number, string>();
  isKind = false;
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  async answer({ body }: HttpMessage): Promise<SendOutcome> {
    const { id } = JSON.parse(body) as { id: number };
    for (let turns = this.#random.below(6); turns > 0; turns--) await nextTurn();
    const mood = this.isKind ? 0 : this.#random.below(10);
    if (mood < 6) {
      this.taken.push(id);
      assert.equal(this.bodies.get(id) ?? body, body, 'the same bytes each time');
      this.bodies.set(id, body);
      return { kind: 'answered', status: 200 };
    }
    if (mood === 6) return { kind: 'answered', status: 429, retry_after_seconds: this.#random.below(1000) };
    return mood === 7 ? { kind: 'failed', reason: 'hung up' } : { kind: 'answered', status: 500 };
  }
}

async function weather(random: Random): Promise<void> {
  const memory = testStore({ onFailure: (error) => assert.fail(error) });
  const store = new WatchedStore(memory);
  const fixture = openFixture({ store });
  const keepers = new Map<string, Shopkeeper>();

  /** A run of the node, which can be made to end between any two steps: then nothing of it reaches the world any more. */
  function run() {
    let is_dead = false;
    const never = new Promise<never>(() => {});
    const mortal: Store & Pick<WatchedStore, 'onEvents'> = {
      commit: (unit) => (is_dead ? never : store.commit(unit)),
      read: (sql, params) => (is_dead ? never : store.read(sql, params)),
      fence: () => store.fence(),
      close: () => store.close(),
      onEvents: (listener) => store.onEvents(() => is_dead || listener()),
    };
    const clock: Clock = {
      nowSeconds: () => fixture.clock.nowSeconds(),
      monotonicMs: () => fixture.clock.monotonicMs(),
      after: (delay_ms, callback) => fixture.clock.after(delay_ms, () => is_dead || callback()),
    };
    const sender: Sender = {
      async send(message) {
        if (is_dead) return await never;
        const outcome = await (keepers.get(message.url) as Shopkeeper).answer(message);
        return is_dead ? await never : outcome;
      },
      async sendInOrder(messages) {
        const sent: SentMessage[] = [];
        for (const message of messages) {
          const outcome = await this.send(message, NEVER);
          sent.push({ outcome, duration_ms: 0 });
          // It may end anywhere behind the first.
          if (failureOf(outcome) !== undefined || random.chance(0.2)) break;
        }
        return sent;
      },
      refusalOf: () => undefined,
      close: () => {},
    };
    const onBackgroundError = (error: unknown): never => assert.fail(error as Error);
    const log = new EventLog({ store: mortal, clock, onBackgroundError });
    const webhooks = new Webhooks({
      store: mortal,
      clock,
      randomBytes: fixture.options.randomBytes,
      events: webhookPort(log),
      sender,
      seal_key: new Secret(sha256(Buffer.from('storm'))),
      log: { info: () => {}, warn: () => {} },
      onBackgroundError,
    });
    return {
      webhooks,
      log,
      die: () => {
        is_dead = true;
      },
    };
  }

  let node = run();
  await node.webhooks.start();
  for (const is_parallel of [false, true]) {
    const url = `https://${is_parallel ? 'parallel' : 'ordered'}.example/`;
    keepers.set(url, new Shopkeeper(random));
    await node.webhooks.create({ url, types: undefined, label_prefix: undefined, is_parallel }, undefined);
  }
  let created = 0;
  for (let step = 0; step < STEPS; step++) {
    const what = random.below(20);
    if (what < 8) await fixture.create(`${created++}`, { expiry: 100_000_000n });
    else if (what < 15) for (let turns = random.below(20); turns > 0; turns--) await nextTurn();
    else if (what < 17) fixture.clock.advance(random.below(600_000));
    else if (what === 17) {
      if (random.chance(0.3)) await node.webhooks.stop();
      node.die();
      node = run();
      await node.webhooks.start();
    } else {
      // Whoever switches one off, or turns back, loses nothing.
      const webhook_id = 1 + random.below(2);
      if (what === 18) await node.webhooks.update(webhook_id, { is_enabled: random.chance(0.7) });
      else {
        const { position } = node.webhooks.get(webhook_id).progress;
        await node.webhooks.sendAgainAfter(webhook_id, random.below(position + 1)).catch(() => {});
      }
    }
  }
  for (const keeper of keepers.values()) keeper.isKind = true;
  for (const webhook_id of [1, 2]) await node.webhooks.update(webhook_id, { is_enabled: true });
  const isDone = async (): Promise<boolean> => {
    const { last_id } = await node.log.range();
    return node.webhooks.list().every(({ progress }) => progress.position === last_id && progress.retries.length === 0);
  };
  while (!(await isDone())) {
    fixture.clock.advance(60_000);
    for (let turns = 0; turns < 10; turns++) await nextTurn();
  }
  const { last_id } = await node.log.range();
  for (const [url, { taken }] of keepers) {
    const missing = Array.from({ length: last_id }, (_, index) => index + 1).filter((id) => !taken.includes(id));
    assert.deepEqual(missing, [], url);
  }
  const { taken } = keepers.get('https://ordered.example/') as Shopkeeper;
  taken.reduce((most, id) => {
    assert.ok(id <= most + 1, `${id} was taken before ${most + 1}`);
    return Math.max(most, id);
  }, 0);
  await node.webhooks.stop();
  await fixture.close();
}

test(`every event is taken, whatever happens (${ROUNDS} rounds, seed ${SEED})`, async () => {
  for (let round = 0; round < ROUNDS; round++) await weather(new Random(SEED + round));
});
