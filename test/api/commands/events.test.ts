import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { msat } from '../../../src/base/types/amount.ts';
import { type Asker, openAsker } from './asker.ts';

describe('listevents and waitevent', () => {
  let asker: Asker;
  beforeEach(() => {
    asker = openAsker();
  });
  afterEach(() => asker.close());

  async function create(...labels: string[]): Promise<void> {
    for (const label of labels) await asker.fixture.create(label);
  }

  async function ids(params?: string): Promise<unknown[]> {
    const { events } = await asker.get('listevents', params);
    return (events as { id: number }[]).map(({ id }) => id);
  }

  it('lists all events, or those that were asked for', async () => {
    await create('a-1', 'b-1', 'a-2');
    await asker.fixture.pay('b-1');
    assert.deepEqual(await ids(), [1, 2, 3, 4]);
    assert.deepEqual(await ids('{"after":2}'), [3, 4]);
    assert.deepEqual(await ids('{"types":["invoice.paid","deposit"]}'), [4]);
    assert.deepEqual(await ids('{"types":"invoice","label_prefix":"a-"}'), [1, 3]);
    assert.deepEqual(await ids('{"limit":2}'), [1, 2]);
    assert.deepEqual(await ids('{"limit":0}'), []);
    assert.deepEqual(await ids('{"after":18446744073709551615}'), []);
  });

  it('lists more than a page', async () => {
    await Promise.all(Array.from({ length: 1201 }, (_, index) => asker.fixture.create(`${index}`)));
    assert.equal((await ids()).length, 1201);
    assert.equal((await ids('{"limit":700}')).length, 700);
    assert.equal((await ids('{"label_prefix":"12"}')).length, 12);
  });

  it('answers the whole event, exact to the digit, and where the log begins and ends', async () => {
    assert.equal(
      await asker.text('listevents'),
      '{"jsonrpc":"2.0","id":1,"result":{"last_id":0,"oldest_id":1,"events":[]}}',
    );
    const { payment_hash } = await asker.fixture.create('much', { amount_msat: msat(2n ** 64n - 1n) });
    assert.equal(
      await asker.text('listevents'),
      `{"jsonrpc":"2.0","id":1,"result":{"last_id":1,"oldest_id":1,"events":[{"id":1,"type":"invoice.created","time":1700000000,"label":"much","data":{"created_index":1,"payment_hash":"${payment_hash}","amount_msat":18446744073709551615,"expires_at":1700003600}}]}}`,
    );
  });

  it('refuses a type that does not exist, and says which do', async () => {
    const { error } = await asker.ask('listevents', '{"types":["invoice.payed"]}');
    assert.equal(error?.code, -32602);
    assert.match(error?.message ?? '', /such as invoice\.paid.*'invoice\.payed'|"invoice\.payed"/);
  });

  it('says which is the oldest event when earlier ones are gone', async () => {
    await create('a', 'b', 'c', 'd');
    await asker.fixture.store.commit([
      { sql: 'DELETE FROM events WHERE event_id <= 3', params: [] },
      { sql: "UPDATE counters SET value = 3 WHERE name = 'events_pruned'", params: [] },
    ]);
    for (const method of ['listevents', 'waitevent']) {
      const { error } = await asker.ask(method, '{"after":2}');
      assert.deepEqual([error?.code, error?.data], [3001, { oldest_id: 4 }]);
    }
    assert.deepEqual(await ids('{"after":0}'), [4]);
    assert.deepEqual(await ids('{"after":3}'), [4]);
  });

  it('waits for an event, or until the time is over', async () => {
    await create('a');
    assert.equal((await asker.get('waitevent')).id, 1);
    const waiting = asker.get('waitevent', '{"after":1,"types":["invoice.paid"],"timeout":10}');
    await create('b');
    await asker.fixture.pay('b');
    assert.deepEqual([(await waiting).id, (await waiting).label], [3, 'b']);

    const timedOut = asker.ask('waitevent', '{"after":3,"timeout":10}');
    // It has looked for events when this is durable.
    await asker.fixture.store.commit([]);
    asker.fixture.clock.advance(10_000);
    assert.equal((await timedOut).error?.code, 2000);
    assert.equal((await asker.ask('waitevent', '{"after":3,"timeout":0}')).error?.code, 2000);
    assert.equal((await asker.get('waitevent', '{"after":2,"timeout":0}')).id, 3);
  });
});
