import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { msat } from '../../../src/base/types/amount.ts';
import { WatchedStore } from '../../../src/infra/store/watched-store.ts';
import { EventLog, PrunedError } from '../../../src/shop/events/event-log.ts';
import { Pruner } from '../../../src/shop/events/pruner.ts';
import { waitForEvent } from '../../../src/shop/events/wait.ts';
import { testStore } from '../../support/test-store.ts';
import { type Fixture, idle, openFixture } from '../invoices/fixture.ts';

const NEVER = new AbortController().signal;
const DAY_MS = 86_400_000;

describe('the log of events', () => {
  let fixture: Fixture;
  let store: WatchedStore;
  let log: EventLog;

  beforeEach(() => {
    store = new WatchedStore(testStore({ onFailure: (error) => assert.fail(error) }));
    fixture = openFixture({ store });
    log = new EventLog({ store, clock: fixture.clock, onBackgroundError: (error) => assert.fail(error as Error) });
  });
  afterEach(() => fixture.close());

  async function bodies(): Promise<unknown[]> {
    const { events } = await log.read({ after: 0 });
    return events.map(({ body }) => JSON.parse(body));
  }

  async function types(): Promise<string[]> {
    const { events } = await log.read({ after: 0 });
    return events.map(({ event_id, type, label }) => `${event_id} ${type} ${label}`);
  }

  it('has a row for each change of an invoice, numbered without gaps', async () => {
    await fixture.create('one');
    await fixture.create('two');
    await fixture.pay('two', 1500);
    const expired = waitForEvent(log, { after: 3 }, NEVER, NEVER);
    // The sweep looks at the clock at least every ten minutes.
    for (let step = 0; step < 7; step++) {
      fixture.clock.advance(600_000);
      await idle(fixture);
    }
    await expired;
    await fixture.invoices.remove('one', 'expired');
    assert.deepEqual(await types(), [
      '1 invoice.created one',
      '2 invoice.created two',
      '3 invoice.paid two',
      '4 invoice.expired one',
      '5 invoice.deleted one',
    ]);
  });

  it('tells what the event is about, to the byte the same each time', async () => {
    const { payment_hash } = await fixture.create('a "quoted" Tür');
    await fixture.pay('a "quoted" Tür', 1500);
    const [created, paid] = (await log.read({ after: 0 })).events;
    assert.equal(
      created?.body,
      `{"id":1,"type":"invoice.created","time":1700000000,"label":"a \\"quoted\\" Tür","data":{"created_index":1,"payment_hash":"${payment_hash}","amount_msat":1000,"expires_at":1700003600}}`,
    );
    assert.equal(
      paid?.body,
      `{"id":2,"type":"invoice.paid","time":1700000000,"label":"a \\"quoted\\" Tür","data":{"created_index":1,"pay_index":1,"amount_msat":1000,"amount_received_msat":1500,"payment_hash":"${payment_hash}","paid_at":1700000000}}`,
    );
    assert.deepEqual(paid, await log.find(2));
  });

  it('leaves the amount out where the invoice names none', async () => {
    await fixture.create('any', { amount_msat: 'any' });
    await fixture.pay('any', 7);
    const [created, paid] = (await bodies()) as { data: Record<string, unknown> }[];
    assert.equal(created?.data.amount_msat, undefined);
    assert.deepEqual([paid?.data.amount_msat, paid?.data.amount_received_msat], [undefined, 7]);
  });

  it('says of an invoice that expired what it asked for', async () => {
    await fixture.create('one', { expiry: 10n });
    await fixture.create('any', { expiry: 10n, amount_msat: 'any' });
    const expired = waitForEvent(log, { after: 3 }, NEVER, NEVER);
    fixture.clock.advance(10_000);
    await expired;
    const told = (await bodies()) as { type: string; label: string; data: Record<string, unknown> }[];
    const amounts = told.flatMap(({ type, label, data }) =>
      type === 'invoice.expired' ? [[label, data.amount_msat]] : [],
    );
    assert.deepEqual(amounts.sort(), [
      ['any', undefined],
      ['one', 1000],
    ]);
  });

  it('keeps amounts exact that no number of JavaScript holds', async () => {
    await fixture.create('much', { amount_msat: msat(2n ** 64n - 1n) });
    const { events } = await log.read({ after: 0 });
    assert.ok(events[0]?.body.includes('"amount_msat":18446744073709551615,'));
  });

  it('has no event of what did not happen', async () => {
    const invoice = await fixture.create('one');
    await assert.rejects(fixture.create('one'));
    await fixture.pay('one');
    assert.equal(await fixture.invoices.markPaid(invoice.payment_hash, msat(1000)), undefined);
    assert.deepEqual(await types(), ['1 invoice.created one', '2 invoice.paid one']);
    await fixture.create('two');
    assert.equal((await log.range()).last_id, 3);
  });

  it('filters by type and by the beginning of the label', async () => {
    for (const label of ['a-1', 'b-1', 'a-2', 'ä-1', '💰-1']) await fixture.create(label);
    await fixture.pay('a-2');
    const found = async (filter: Parameters<EventLog['read']>[0]) =>
      (await log.read(filter)).events.map(({ event_id }) => event_id);
    const check = async (): Promise<void> => {
      assert.deepEqual(await found({ after: 0, label_prefix: 'a-' }), [1, 3, 6]);
      assert.deepEqual(await found({ after: 0, label_prefix: 'a-', types: ['invoice.created'] }), [1, 3]);
      assert.deepEqual(await found({ after: 1, types: ['invoice.paid', 'channel.opened'] }), [6]);
      assert.deepEqual(await found({ after: 0, types: [] }), []);
      assert.deepEqual(await found({ after: 0, label_prefix: '💰' }), [5]);
      assert.deepEqual(await found({ after: 0, label_prefix: 'ä' }), [4]);
      assert.deepEqual(await found({ after: 2, limit: 2 }), [3, 4]);
    };
    await check();
    // While somebody listens the newest are answered from memory.
    const leave = log.subscribe(() => {});
    await fixture.create('c');
    await check();
    leave();
  });

  it('pages, and says where the next page begins', async () => {
    for (let index = 0; index < 7; index++) await fixture.create(`${index % 2 === 0 ? 'even' : 'odd'} ${index}`);
    const seen: number[] = [];
    let after = 0;
    for (;;) {
      const page = await log.read({ after, limit: 2, label_prefix: 'odd' });
      seen.push(...page.events.map(({ event_id }) => event_id));
      after = page.next_after;
      if (!page.has_more) break;
    }
    assert.deepEqual([seen, after], [[2, 4, 6], 7]);
  });

  it('tells every reader, who then misses nothing', async () => {
    const readers = Array.from({ length: 3 }, (_, start) => {
      const seen: number[] = [];
      let after = start;
      let is_reading = false;
      let again = false;
      const read = async (): Promise<void> => {
        again = true;
        if (is_reading) return;
        is_reading = true;
        while (again) {
          again = false;
          const page = await log.read({ after, limit: 3 });
          seen.push(...page.events.map(({ event_id }) => event_id));
          after = page.next_after;
          again ||= page.has_more;
        }
        is_reading = false;
      };
      return { seen, leave: log.subscribe(() => void read()), start };
    });
    for (let round = 0; round < 5; round++) {
      await Promise.all(Array.from({ length: 40 }, (_, index) => fixture.create(`${round} ${index}`)));
    }
    await waitForEvent(log, { after: 199 }, NEVER, NEVER);
    while (readers.some(({ seen, start }) => seen.length < 200 - start)) await store.commit([]);
    for (const { seen, leave, start } of readers) {
      leave();
      assert.deepEqual(
        seen,
        Array.from({ length: 200 - start }, (_, index) => index + start + 1),
      );
    }
  });

  it('waits for the next event, also when asked for one far ahead', async () => {
    const waiting = waitForEvent(log, { after: 0, types: ['invoice.paid'] }, NEVER, NEVER);
    const ahead = waitForEvent(log, { after: 99_999 }, NEVER, NEVER);
    // On a server a wait begins when it has read where the log ends: until then the first event might come before it.
    await idle(fixture);
    await fixture.create('one');
    assert.equal((await ahead).type, 'invoice.created');
    await fixture.pay('one');
    assert.equal((await waiting).event_id, 2);
  });

  it('ends a wait by its signals', async () => {
    const gone = new AbortController();
    const waiting = waitForEvent(log, { after: 0 }, gone.signal, NEVER);
    gone.abort(new Error('the client is gone'));
    await assert.rejects(waiting, /the client is gone/);
    await fixture.create('one');
    const over = AbortSignal.abort(new Error('the time is over'));
    assert.equal((await waitForEvent(log, { after: 0 }, NEVER, over)).event_id, 1);
    await assert.rejects(waitForEvent(log, { after: 1 }, NEVER, over), /the time is over/);
  });

  it('removes old events, and says so to whoever asks for them', async () => {
    await fixture.create('old', { expiry: 10_000_000n });
    fixture.clock.advance(2 * DAY_MS);
    await fixture.create('young', { expiry: 10_000_000n });
    const pruner = (keep_days: number, keep_above = Number.POSITIVE_INFINITY): Promise<number> =>
      new Pruner({
        store,
        clock: fixture.clock,
        keep_days,
        keepAbove: () => keep_above,
        onBackgroundError: (error) => assert.fail(error as Error),
      }).prune();
    assert.equal(await pruner(3), 0);
    assert.equal(await pruner(1, 0), 0, 'somebody has yet to be told of it');
    assert.equal(await pruner(1), 1);
    assert.deepEqual(await log.range(), { last_id: 2, oldest_id: 2 });
    assert.deepEqual(await types(), ['2 invoice.created young']);
    assert.equal((await log.read({ after: 1 })).events.length, 1);
    fixture.clock.advance(2 * DAY_MS);
    assert.equal(await pruner(1), 1);
    await assert.rejects(log.read({ after: 1 }), (error) => error instanceof PrunedError && error.oldest_id === 3);
    assert.deepEqual(await log.read({ after: 2 }), { events: [], next_after: 2, has_more: false });
    await fixture.create('next');
    assert.deepEqual(await types(), ['3 invoice.created next'], 'a number is never given again');
  });

  it('takes warnings from other modules', async () => {
    await log.warn('warning.no_inbound', { receivable_msat: 0n, text: 'no "inbound"' });
    assert.deepEqual(await bodies(), [
      {
        id: 1,
        type: 'warning.no_inbound',
        time: 1_700_000_000,
        data: { receivable_msat: 0, text: 'no "inbound"' },
      },
    ]);
  });

  const warn = (): Promise<void> => log.warn('warning.no_inbound', { receivable_msat: 0n });

  it('tells of an event that was being committed when somebody subscribed', async () => {
    const committing = warn();
    let times = 0;
    log.subscribe(() => times++);
    await committing;
    await idle(fixture);
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(times > 0);
  });

  it('knows of what came while nobody listened, however late the last reader left', async () => {
    const holding = { is_due: true, begun: Promise.withResolvers<void>(), end: Promise.withResolvers<void>() };
    const slow = {
      commit: store.commit.bind(store),
      fence: store.fence.bind(store),
      close: store.close.bind(store),
      onEvents: store.onEvents.bind(store),
      async read(...given: Parameters<WatchedStore['read']>) {
        const rows = await store.read(...given);
        if (holding.is_due) {
          holding.is_due = false;
          holding.begun.resolve();
          await holding.end.promise;
        }
        return rows;
      },
    };
    log = new EventLog({
      store: slow,
      clock: fixture.clock,
      onBackgroundError: (error) => assert.fail(error as Error),
    });
    const leave = log.subscribe(() => {});
    await warn();
    await holding.begun.promise;
    leave();
    await warn();
    log.subscribe(() => {});
    holding.end.resolve();
    await idle(fixture);
    const { events } = await log.read({ after: 1 });
    assert.deepEqual(
      events.map(({ event_id }) => event_id),
      [2],
    );
  });
});
