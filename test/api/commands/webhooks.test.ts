import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Receiver, status } from '../../shop/webhooks/receiver.ts';
import { type Asker, openAsker } from './asker.ts';

describe('the commands of webhooks', () => {
  let asker: Asker;
  let receiver: Receiver;
  beforeEach(async () => {
    asker = openAsker();
    receiver = await Receiver.open();
  });
  afterEach(async () => {
    await asker.close();
    await receiver.close();
  });

  function create(more: Readonly<Record<string, unknown>> = {}) {
    return asker.get('createwebhook', JSON.stringify({ url: receiver.url, ...more }));
  }

  async function list(): Promise<Readonly<Record<string, unknown>>[]> {
    return (await asker.get('listwebhooks')).webhooks as Readonly<Record<string, unknown>>[];
  }

  it('create, list, change and delete, and show the secret once', async () => {
    const { secret, ...created } = await create({ types: ['invoice.paid', 'deposit'], label_prefix: 'shop-' });
    assert.match(String(secret), /^whsec_[A-Za-z0-9+/]{43}=$/);
    assert.deepEqual(created, {
      webhook_id: 1,
      url: receiver.url,
      types: ['invoice.paid', 'deposit'],
      label_prefix: 'shop-',
      parallel: false,
      enabled: true,
      created_at: 1_700_000_000,
      position: 0,
      attempts: 0,
      retries: 0,
    });
    assert.deepEqual(await list(), [created]);
    const off = { ...created, enabled: false, disabled_reason: 'switched off by updatewebhook' };
    assert.deepEqual(await asker.get('updatewebhook', '{"webhook_id":1,"enabled":false}'), off);
    const wide = await asker.get('updatewebhook', '{"webhook_id":1,"types":[],"label_prefix":"","parallel":true}');
    assert.deepEqual([wide.types, wide.label_prefix, wide.parallel, wide.enabled], [undefined, undefined, true, false]);
    const rotated = await asker.get('rotatewebhooksecret', '{"webhook_id":1,"overlap":60}');
    assert.notEqual(rotated.secret, secret);
    assert.equal(rotated.old_secret_until, 1_700_000_060);
    assert.equal((await list())[0]?.old_secret_until, 1_700_000_060);
    assert.equal((await asker.get('deletewebhook', '{"webhook_id":1}')).webhook_id, 1);
    assert.deepEqual(await list(), []);
  });

  it('test, deliver again, and show deliveries', async () => {
    await create();
    const tested = await asker.get('testwebhook', '[1]');
    assert.deepEqual([tested.delivered, tested.status, tested.event_id], [true, 204, undefined]);
    await asker.fixture.create('a');
    await receiver.count(2);
    receiver.answer = status(500);
    const { delivery } = await asker.get('redeliverwebhook', '{"webhook_id":1,"event_id":1}');
    const { delivered, failure, message_id } = delivery as Record<string, unknown>;
    assert.deepEqual(
      [delivered, failure, message_id],
      [false, 'status 500', receiver.received[1]?.headers['webhook-id']],
    );
    const { deliveries } = await asker.get('listdeliveries', '{"webhook_id":1,"event_id":1}');
    assert.deepEqual(
      (deliveries as Record<string, unknown>[]).map((each) => [each.attempt, each.delivered]),
      [
        [3, false],
        [2, true],
      ],
    );
    const { webhook } = await asker.get('redeliverwebhook', '{"webhook_id":1,"after":0}');
    assert.equal((webhook as Record<string, unknown>).position, 0);
    await receiver.count(4);
    assert.deepEqual(receiver.ids, [0, 1, 1, 1]);
  });

  it('say what is wrong', async () => {
    await create();
    const cases: [string, string, number, RegExp][] = [
      ['createwebhook', '{"url":"http://shop.example/"}', -32602, /^url: it should begin with https:\/\//],
      ['createwebhook', '{"url":"https://192.168.1.1/"}', -32602, /--webhook-allow-private=192\.168\.1\.1/],
      ['createwebhook', `{"url":"${receiver.url}","types":["paid"]}`, -32602, /invoice\.paid/],
      ['updatewebhook', '{"webhook_id":1,"url":"https://[::1]/"}', -32602, /^url: /],
      ['updatewebhook', '{"webhook_id":2}', 3003, /There is no webhook 2/],
      ['deletewebhook', '{"webhook_id":2}', 3003, /There is no webhook 2/],
      ['testwebhook', '{"webhook_id":2}', 3003, /There is no webhook 2/],
      ['rotatewebhooksecret', '{"webhook_id":2}', 3003, /There is no webhook 2/],
      ['listwebhooks', '{"webhook_id":2}', 3003, /There is no webhook 2/],
      ['listdeliveries', '{"webhook_id":2}', 3003, /There is no webhook 2/],
      ['redeliverwebhook', '{"webhook_id":1}', -32602, /either \{event_id\} or \{after\}/],
      ['redeliverwebhook', '{"webhook_id":1,"event_id":1,"after":1}', -32602, /either/],
      ['redeliverwebhook', '{"webhook_id":1,"event_id":9}', 3002, /There is no event 9/],
      ['redeliverwebhook', '{"webhook_id":1,"after":9}', -32602, /is at event 0/],
    ];
    for (const [method, params, code, message] of cases) {
      const { error } = await asker.ask(method, params);
      assert.equal(error?.code, code, `${method} ${params}: ${error?.message}`);
      assert.match(error?.message ?? '', message);
    }
  });

  it('end with so many webhooks that each can be served', async () => {
    for (let index = 0; index < 32; index++) await create();
    assert.match(
      (await asker.ask('createwebhook', `{"url":"${receiver.url}"}`)).error?.message ?? '',
      /32 webhooks already/,
    );
  });
});
