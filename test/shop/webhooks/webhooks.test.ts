import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Webhook as Verifier } from 'standardwebhooks';
import type { RpcError } from '../../../src/base/errors.ts';
import { HookShop, withHookShop } from './fixture.ts';
import { OK, status } from './receiver.ts';

const HOUR = 3600;

describe('a webhook', () => {
  it('gets each event in order, as the log has it', () =>
    withHookShop(async (shop) => {
      const { receiver } = await shop.hook();
      await shop.create('a', 'b', 'c');
      await shop.fixture.pay('b');
      await receiver.count(4);
      const { events } = await shop.log.read({ after: 0 });
      assert.deepEqual(
        receiver.received.map(({ body }) => body),
        events.map(({ body }) => body),
      );
      const [first] = receiver.received;
      assert.deepEqual([first?.method, first?.path], ['POST', '/hook']);
      assert.equal(first?.headers['content-type'], 'application/json');
      assert.equal(first?.headers['user-agent'], 'Till/test');
    }));

  it('gets what happens from its creation on, or after the event that it names', () =>
    withHookShop(async (shop) => {
      await shop.create('a', 'b', 'c');
      const { receiver: fromNow } = await shop.hook();
      const { receiver: fromThen } = await shop.hook({}, 1);
      const { receiver: all } = await shop.hook({}, 0);
      await shop.create('d');
      await Promise.all([fromNow.count(1), fromThen.count(3), all.count(4)]);
      assert.deepEqual([fromNow.ids, fromThen.ids, all.ids], [[4], [2, 3, 4], [1, 2, 3, 4]]);
    }));

  it('gets only the types and labels that it asks for', () =>
    withHookShop(async (shop) => {
      const { receiver, id } = await shop.hook({ types: ['invoice.paid', 'channel'], label_prefix: 'shop-' });
      await shop.create('shop-1', 'other-1');
      await shop.fixture.pay('other-1');
      await shop.fixture.pay('shop-1');
      await receiver.count(1);
      assert.deepEqual(
        receiver.received.map(({ event }) => [event.type, event.label]),
        [['invoice.paid', 'shop-1']],
      );
      await shop.until(id, ({ progress }) => progress.position === 4);
    }));

  it('signs so that the library of Standard Webhooks verifies it', () =>
    withHookShop(async (shop) => {
      const { receiver, secret } = await shop.hook();
      // The library compares the time with the machine's.
      shop.fixture.clock.advance(Date.now() - shop.fixture.clock.monotonicMs());
      await shop.create('Tür 💰');
      await receiver.count(1);
      const [message] = receiver.received;
      assert.ok(message);
      assert.match(secret, /^whsec_/);
      assert.deepEqual(new Verifier(secret).verify(message.body, message.headers), message.event);
      assert.throws(() => new Verifier(secret).verify(`${message.body} `, message.headers), /signature/i);
    }));

  it('signs with both secrets while one takes the place of the other', () =>
    withHookShop(async (shop) => {
      const { receiver, secret, id } = await shop.hook();
      shop.fixture.clock.advance(Date.now() - shop.fixture.clock.monotonicMs());
      const rotated = await shop.webhooks.rotateSecret(id, 60);
      await shop.create('a');
      await shop.until(id, ({ progress }) => progress.position === 1);
      shop.fixture.clock.advance(61_000);
      await shop.create('b');
      await receiver.count(2);
      const [both, fresh] = receiver.received;
      assert.ok(both && fresh);
      assert.equal(both.headers['webhook-signature']?.split(' ').length, 2);
      for (const each of [secret, rotated.secret_text]) new Verifier(each).verify(both.body, both.headers);
      new Verifier(rotated.secret_text).verify(fresh.body, fresh.headers);
      assert.throws(() => new Verifier(secret).verify(fresh.body, fresh.headers), /signature/i);
      // The secrets are the same after a restart.
      await shop.restart();
      await shop.create('c');
      await receiver.count(3);
      const third = receiver.received[2];
      assert.ok(third);
      new Verifier(rotated.secret_text).verify(third.body, third.headers);
    }));

  it('tries again by the schedule, with the same id and body, and each time a fresh signature', () =>
    withHookShop(async (shop) => {
      const { receiver, id } = await shop.hook();
      receiver.answer = status(500);
      await shop.create('a', 'b');
      const delays = [5, 300, 1800, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR];
      for (const [index, delay] of delays.entries()) {
        await shop.advance(id, index + 1, Math.floor(delay * 0.9) - 1);
        assert.equal(receiver.received.length, index + 1, `not ${delay} s after attempt ${index + 1} yet`);
        shop.fixture.clock.advance((Math.ceil(delay * 1.1) + 1 - (Math.floor(delay * 0.9) - 1)) * 1000);
        await receiver.count(index + 2);
      }
      receiver.answer = OK;
      await shop.advance(id, 9, 27 * HOUR);
      await receiver.count(11);
      assert.deepEqual(receiver.ids, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2], 'the second event waits for the first');
      const tries = receiver.received.slice(0, 10);
      assert.equal(new Set(tries.map(({ body }) => body)).size, 1);
      assert.equal(new Set(tries.map(({ headers }) => headers['webhook-id'])).size, 1);
      assert.equal(new Set(tries.map(({ headers }) => headers['webhook-timestamp'])).size, 10);
      await shop.until(id, ({ progress }) => progress.position >= 2 && progress.failing_since === undefined);
      assert.deepEqual(shop.lines.length, 2, 'one line when it begins to fail, one when it is over');
    }));

  it('is switched off after the last attempt, which is told, and goes on where it stopped', () =>
    withHookShop(async (shop) => {
      const { receiver, id } = await shop.hook({ types: ['invoice.created', 'warning'] });
      receiver.answer = status(503);
      await shop.create('a', 'b');
      for (let attempt = 1; attempt < 10; attempt++) await shop.advance(id, attempt, 27 * HOUR);
      const view = await shop.until(id, ({ webhook }) => webhook.disabled_reason !== undefined);
      assert.equal(view.webhook.disabled_reason, 'event 1 failed 10 times, last: status 503');
      assert.equal(receiver.received.length, 10);
      await shop.restart();
      assert.deepEqual(shop.webhooks.get(id).webhook.disabled_reason, view.webhook.disabled_reason);
      const warning = (await shop.log.read({ after: 0, types: ['warning.webhook_disabled'] })).events[0];
      assert.match(warning?.data ?? '', /"webhook_id":1,"host":"127\.0\.0\.1:\d+","reason":"event 1 failed/);

      receiver.answer = OK;
      await shop.webhooks.update(id, { is_enabled: true });
      await receiver.count(13);
      assert.deepEqual(receiver.ids.slice(10), [1, 2, warning?.event_id]);
    }));

  it('is switched off at once when the receiver answers 410', () =>
    withHookShop(async (shop) => {
      const { receiver, id } = await shop.hook();
      receiver.answer = status(410);
      await shop.create('a', 'b');
      const { webhook } = await shop.until(id, (view) => view.webhook.disabled_reason !== undefined);
      assert.match(webhook.disabled_reason ?? '', /410: it is gone for good/);
      shop.fixture.clock.advance(HOUR * 1000);
      assert.equal(receiver.received.length, 1);
    }));

  it('obeys Retry-After, in seconds and as a date', () =>
    withHookShop(async (shop) => {
      const { receiver, id } = await shop.hook();
      receiver.answer = status(429, { 'retry-after': '600' });
      await shop.create('a');
      await shop.advance(id, 1, 599);
      assert.equal(receiver.received.length, 1);
      const date = new Date((shop.fixture.clock.nowSeconds() + 1 + 7200) * 1000).toUTCString();
      receiver.answer = status(503, { 'retry-after': date });
      shop.fixture.clock.advance(1000);
      await receiver.count(2);
      await shop.advance(id, 2, 7199);
      assert.equal(receiver.received.length, 2);
      receiver.answer = OK;
      shop.fixture.clock.advance(1000);
      await receiver.count(3);
    }));

  it('follows no redirect', () =>
    withHookShop(async (shop) => {
      const { receiver: other } = await shop.hook({ types: ['channel.opened'] });
      const { receiver, id } = await shop.hook();
      receiver.answer = status(307, { location: other.url });
      await shop.create('a');
      await shop.until(id, ({ progress }) => progress.retries.length === 1);
      assert.deepEqual([receiver.received.length, other.received.length], [1, 0]);
      const [attempt] = await shop.webhooks.attempts(id, { event_id: 1, limit: 10 });
      assert.equal(attempt?.failure, 'status 307: redirects are not followed');
    }));

  it('waits 20 seconds for an answer, and no longer', () =>
    withHookShop(async (shop) => {
      const { receiver, id } = await shop.hook();
      receiver.answer = () => {};
      await shop.create('a');
      await receiver.count(1);
      shop.fixture.clock.advance(19_999);
      assert.equal(shop.webhooks.get(id).progress.attempts, 0);
      shop.fixture.clock.advance(1);
      await shop.until(id, ({ progress }) => progress.retries.length === 1);
      const [attempt] = await shop.webhooks.attempts(id, { event_id: undefined, limit: 10 });
      assert.deepEqual([attempt?.failure, attempt?.status], ['no answer within 20 seconds', undefined]);
    }));

  it('is no slower for an answer that has no end, and takes its status', () =>
    withHookShop(async (shop) => {
      const { receiver, id } = await shop.hook();
      receiver.answer = (response) => {
        response.writeHead(200);
        response.on('error', () => {});
        const pour = (): void => {
          if (response.destroyed) return;
          while (response.write('x'.repeat(16_384)));
          response.once('drain', pour);
        };
        pour();
      };
      await shop.create('a', 'b');
      await receiver.count(2);
      await shop.until(id, ({ progress }) => progress.position === 2);
    }));

  it('tells what went wrong with a connection', () =>
    withHookShop(async (shop) => {
      const { receiver, id } = await shop.hook();
      receiver.answer = (response) => response.socket?.destroy();
      await shop.create('a');
      await shop.until(id, ({ progress }) => progress.retries.length === 1);
      const [attempt] = await shop.webhooks.attempts(id, { event_id: undefined, limit: 10 });
      assert.match(attempt?.failure ?? '', /socket hang up/);
    }));

  it('sends once more when the receiver has closed a kept connection, and counts one attempt', () =>
    withHookShop(async (shop) => {
      const { receiver, id } = await shop.hook();
      await shop.create('a');
      await shop.until(id, ({ progress }) => progress.position === 1 && progress.attempts === 1);
      let is_first = true;
      receiver.answer = (response, received) => {
        if (is_first) response.socket?.resetAndDestroy();
        else OK(response, received);
        is_first = false;
      };
      await shop.create('b');
      await receiver.count(3);
      const { progress } = await shop.until(id, (view) => view.progress.position === 2 && view.progress.attempts === 2);
      assert.deepEqual([receiver.ids, progress.retries], [[1, 2, 2], []]);
    }));
});

describe('a webhook in parallel', () => {
  it('is not held up by an event that fails', () =>
    withHookShop(async (shop) => {
      const { receiver, id } = await shop.hook({ is_parallel: true });
      receiver.answer = (response, received) => (received.event.id === 2 ? status(500) : OK)(response, received);
      await shop.create('a', 'b', 'c', 'd');
      await receiver.count(4);
      assert.deepEqual([...receiver.ids].sort(), [1, 2, 3, 4]);
      await shop.until(id, ({ progress }) => progress.retries.length === 1 && progress.position === 4);
      await shop.restart();
      assert.deepEqual(
        shop.webhooks.get(id).progress.retries.map(({ event_id, tries }) => [event_id, tries]),
        [[2, 1]],
      );
      receiver.answer = OK;
      shop.fixture.clock.advance(6000);
      await receiver.count(5);
      await shop.until(id, ({ progress }) => progress.retries.length === 0);
      assert.equal(receiver.ids[4], 2);
    }));

  it('has several messages on their way, but not too many', () =>
    withHookShop(async (shop) => {
      const { receiver, id } = await shop.hook({ is_parallel: true });
      const waiting: (() => void)[] = [];
      receiver.answer = (response, received) => waiting.push(() => OK(response, received));
      await Promise.all(Array.from({ length: 40 }, (_, index) => shop.fixture.create(`${index}`)));
      await receiver.count(16);
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
      assert.equal(waiting.length, 16);
      assert.equal(shop.webhooks.get(id).progress.position, 0, 'the first is not delivered yet');
      receiver.answer = OK;
      for (const answer of waiting) answer();
      await shop.until(id, ({ progress }) => progress.position === 40);
      assert.deepEqual(
        [...receiver.ids].sort((a, b) => a - b),
        Array.from({ length: 40 }, (_, index) => index + 1),
      );
    }));
});

describe('webhooks', () => {
  it('hold up no others', () =>
    withHookShop(async (shop) => {
      const { receiver: silent } = await shop.hook({ is_parallel: true });
      silent.answer = () => {};
      const { receiver: good } = await shop.hook();
      await shop.create(...Array.from({ length: 50 }, (_, index) => `${index}`));
      await good.count(50);
      assert.deepEqual(
        good.ids,
        Array.from({ length: 50 }, (_, index) => index + 1),
      );
    }));

  it('go on after a restart with what was not delivered', () =>
    withHookShop(async (shop) => {
      const { receiver, id } = await shop.hook();
      await shop.create('a');
      await receiver.count(1);
      await shop.until(id, ({ progress }) => progress.position === 1);
      receiver.answer = () => {};
      await shop.create('b');
      await receiver.count(2);
      await shop.webhooks.stop();
      await shop.create('c');
      receiver.answer = OK;
      await shop.restart();
      await receiver.count(4);
      assert.deepEqual(receiver.ids, [1, 2, 2, 3]);
    }));

  it('can be tested, whether they are on or off', () =>
    withHookShop(async (shop) => {
      const { receiver, id } = await shop.hook({ types: ['invoice.paid'] });
      await shop.webhooks.update(id, { is_enabled: false });
      const attempt = await shop.webhooks.test(id);
      assert.deepEqual([attempt.status, attempt.failure, attempt.event_id], [204, undefined, undefined]);
      assert.equal(receiver.received[0]?.event.type, 'webhook.test');
      receiver.answer = status(500);
      assert.equal((await shop.webhooks.test(id)).failure, 'status 500');
      assert.equal(shop.webhooks.get(id).progress.retries.length, 0, 'a test is not tried again');
      assert.equal((await shop.log.range()).last_id, 0);
    }));

  it('send one event again, or all after one, with ids and bodies as before', () =>
    withHookShop(async (shop) => {
      const { receiver, id } = await shop.hook({ types: ['invoice.created'] });
      await shop.create('a', 'b');
      await shop.fixture.pay('a');
      await shop.create('c');
      await shop.until(id, ({ progress }) => progress.position === 4);
      const first = receiver.received.slice();
      assert.equal((await shop.webhooks.sendAgain(id, 2)).failure, undefined);
      assert.deepEqual(receiver.ids, [1, 2, 4, 2]);
      await shop.webhooks.sendAgainAfter(id, 1);
      await receiver.count(6);
      await shop.webhooks.sendAgainAfter(id, 0);
      await receiver.count(9);
      assert.deepEqual(receiver.ids.slice(4), [2, 4, 1, 2, 4]);
      for (const { body, headers, event } of receiver.received) {
        const before = first.find((each) => each.event.id === event.id);
        assert.deepEqual([before?.body, before?.headers['webhook-id']], [body, headers['webhook-id']]);
      }
      await assert.rejects(shop.webhooks.sendAgain(id, 99), (error) => (error as RpcError).error === 'EVENT_NOT_FOUND');
      await assert.rejects(shop.webhooks.sendAgainAfter(id, 99), /what comes after that is sent anyway/);
    }));

  it('take other settings at once', () =>
    withHookShop(async (shop) => {
      const { receiver, id } = await shop.hook();
      const { receiver: other } = await shop.hook({ types: ['channel'] });
      receiver.answer = status(500);
      await shop.create('a');
      await shop.until(id, ({ progress }) => progress.retries.length === 1);
      await shop.webhooks.update(id, { url: other.url, types: ['invoice.paid'] });
      shop.fixture.clock.advance(6000);
      await shop.create('b');
      await shop.fixture.pay('b');
      await other.count(2);
      assert.deepEqual(
        other.received.map(({ event }) => `${event.id} ${event.type}`),
        ['1 invoice.created', '3 invoice.paid'],
      );
    }));

  it('take changes that come at the same moment one after the other', () =>
    withHookShop(async (shop) => {
      const { id, secret } = await shop.hook();
      const [, , first, second] = await Promise.all([
        shop.webhooks.update(id, { types: ['invoice'] }),
        shop.webhooks.update(id, { label_prefix: 'a', is_enabled: false }),
        shop.webhooks.rotateSecret(id, 60),
        shop.webhooks.rotateSecret(id, 60),
        shop.webhooks.update(id, { is_parallel: true }),
      ]);
      await shop.restart();
      const { webhook } = shop.webhooks.get(id);
      assert.deepEqual(
        [webhook.types, webhook.label_prefix, webhook.is_parallel, webhook.disabled_reason],
        [['invoice'], 'a', true, 'switched off by updatewebhook'],
      );
      const text = (bytes: Uint8Array | undefined) => `whsec_${Buffer.from(bytes ?? []).toString('base64')}`;
      assert.notEqual(first.secret_text, secret);
      assert.equal(text(webhook.secret.reveal()), second.secret_text);
      assert.equal(text(webhook.old_secret?.secret.reveal()), first.secret_text);
    }));

  it('do not keep the node from starting when a secret is damaged', () =>
    withHookShop(async (shop) => {
      const { receiver, id } = await shop.hook();
      await shop.store.commit([{ sql: 'UPDATE webhooks SET sealed_secret = ?', params: [Buffer.alloc(60, 1)] }]);
      await shop.restart();
      assert.match(shop.webhooks.get(id).webhook.disabled_reason ?? '', /rotatewebhooksecret/);
      await shop.create('a');
      shop.fixture.clock.advance(Date.now() - shop.fixture.clock.monotonicMs());
      const { secret_text } = await shop.webhooks.rotateSecret(id, 0);
      await shop.webhooks.update(id, { is_enabled: true });
      await receiver.count(1);
      const [message] = receiver.received;
      assert.ok(message);
      new Verifier(secret_text).verify(message.body, message.headers);
      await shop.restart();
      assert.equal(shop.webhooks.get(id).webhook.disabled_reason, undefined);
    }));

  it('are gone when they are deleted', () =>
    withHookShop(async (shop) => {
      const { receiver, id } = await shop.hook();
      await shop.create('a');
      await shop.until(id, ({ progress }) => progress.position === 1);
      await shop.webhooks.delete(id);
      await shop.create('b');
      await shop.restart();
      assert.deepEqual([shop.webhooks.list(), receiver.ids], [[], [1]]);
      await assert.rejects(shop.webhooks.test(id), (error) => (error as RpcError).error === 'WEBHOOK_NOT_FOUND');
      for (const table of ['webhooks', 'webhook_retries', 'webhook_attempts']) {
        assert.deepEqual(await shop.store.read(`SELECT * FROM ${table}`), []);
      }
      assert.equal((await shop.hook()).id, id + 1, 'a number is never given again');
    }));

  it('keep old events from being removed while one is on, and pass over what was removed while it was off', () =>
    withHookShop(async (shop) => {
      const { receiver, id } = await shop.hook();
      receiver.answer = status(500);
      await shop.create('a', 'b', 'c');
      await shop.until(id, ({ progress }) => progress.retries.length === 1);
      assert.equal(shop.webhooks.keepAbove(), 0);
      await shop.webhooks.update(id, { is_enabled: false });
      assert.equal(shop.webhooks.keepAbove(), Number.POSITIVE_INFINITY);
      await shop.store.commit([
        { sql: 'DELETE FROM events WHERE event_id <= 2', params: [] },
        { sql: "UPDATE counters SET value = 2 WHERE name = 'events_pruned'", params: [] },
      ]);
      // The newest are in the memory of the log while somebody listens.
      await shop.restart();
      receiver.answer = OK;
      await shop.webhooks.update(id, { is_enabled: true });
      await receiver.count(2);
      assert.deepEqual(receiver.ids, [1, 3]);
      await shop.until(id, ({ progress }) => progress.retries.length === 0);
      assert.ok(shop.lines.some((line) => /the events before 3 are not kept any more/.test(line)));
    }));

  it('show their last attempts, the newest first', () =>
    withHookShop(async (shop) => {
      const { receiver, id } = await shop.hook();
      await shop.create('a');
      await shop.until(id, ({ progress }) => progress.position === 1);
      receiver.answer = status(500);
      await shop.create('b');
      await shop.until(id, ({ progress }) => progress.retries.length === 1);
      const shown = await shop.webhooks.attempts(id, { event_id: undefined, limit: 10 });
      assert.deepEqual(
        shown.map(({ attempt, event_id, status, failure }) => [attempt, event_id, status, failure]),
        [
          [2, 2, 500, 'status 500'],
          [1, 1, 204, undefined],
        ],
      );
      assert.equal(shown[1]?.message_id, receiver.received[0]?.headers['webhook-id']);
      assert.equal((await shop.webhooks.attempts(id, { event_id: 1, limit: 10 })).length, 1);
    }));

  it('keep their secrets sealed', () =>
    withHookShop(async (shop) => {
      const { secret } = await shop.hook();
      const [row] = await shop.store.read('SELECT * FROM webhooks');
      const raw = Buffer.from(secret.slice('whsec_'.length), 'base64');
      assert.equal(raw.length, 32);
      assert.ok(!Buffer.from(row?.sealed_secret as Uint8Array).includes(raw));
    }));

  it('cost the log nothing when there are none', async () => {
    const shop = await HookShop.open();
    let reads = 0;
    const { read } = shop.store;
    shop.store.read = (sql, params) => {
      if (sql.includes('events')) reads++;
      return read.call(shop.store, sql, params);
    };
    await shop.create('a', 'b');
    await shop.store.commit([]);
    assert.equal(reads, 0);
    await shop.close();
  });
});
