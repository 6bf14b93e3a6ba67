import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { msat } from '../../../src/base/types/amount.ts';
import { Secret } from '../../../src/base/types/secret.ts';
import type { Store } from '../../../src/infra/store/store.ts';
import { Invoices } from '../../../src/shop/invoices/invoices.ts';
import { type Fixture, idle, openFixture } from './fixture.ts';

const forever = new AbortController().signal;

describe('waiting', () => {
  let fixture: Fixture;
  beforeEach(() => {
    fixture = openFixture();
  });
  afterEach(() => fixture.close());

  it('for an invoice ends when it is paid, with the preimage', async () => {
    await fixture.create('a');
    await fixture.create('b');
    const waits = [fixture.invoices.waitForInvoice('a', forever), fixture.invoices.waitForInvoice('a', forever)];
    await fixture.pay('b');
    const paid = await fixture.pay('a');
    for (const awaited of await Promise.all(waits)) assert.deepEqual(awaited, { kind: 'paid', invoice: paid });
    assert.deepEqual(await fixture.invoices.waitForInvoice('a', forever), { kind: 'paid', invoice: paid });
  });

  it('for an invoice ends when it expires, by the clock alone', async () => {
    await fixture.create('short', { expiry: 10n });
    await fixture.create('shorter', { expiry: 5n });
    const waits = ['short', 'shorter'].map((label) => fixture.invoices.waitForInvoice(label, forever));
    fixture.clock.advance(5000);
    assert.equal((await waits[1])?.invoice.status, 'expired');
    assert.equal((await fixture.invoices.find({ label: 'short' }))?.status, 'unpaid');
    await idle(fixture);
    fixture.clock.advance(5000);
    const awaited = await waits[0];
    assert.equal(awaited?.kind, 'expired');
    assert.equal(awaited?.invoice.updated_index, 2);
  });

  it('for an invoice that others composed ends when it expires, as for one of ours', async () => {
    const preimage = new Secret('77'.repeat(32));
    const other = openFixture();
    const { bolt11 } = await other.create('composed', { preimage, expiry: 10n });
    await other.close();
    await fixture.invoices.take({ invstring: bolt11, label: 'composed', preimage });
    const waiting = fixture.invoices.waitForInvoice('composed', forever);
    fixture.clock.advance(10_000);
    assert.equal((await waiting)?.kind, 'expired');
  });

  it('for an invoice that nobody paid within an hour ends with its deletion, when somebody outside had asked for it', async () => {
    await fixture.create('kept', { expiry: 10n });
    await fixture.create('transient', { expiry: 10n, is_transient: true });
    const deleted = fixture.invoices.waitForIndex('deleted', 1n, forever);
    fixture.clock.advance(10_000);
    await idle(fixture);
    fixture.clock.advance(3_599_000);
    await idle(fixture);
    assert.equal((await fixture.invoices.find({ label: 'transient' }))?.status, 'expired');
    fixture.clock.advance(1_000);
    const heard = await deleted;
    assert.equal(heard.value, 1);
    assert.equal(await fixture.invoices.find({ label: 'transient' }), undefined);
    assert.equal((await fixture.invoices.find({ label: 'kept' }))?.status, 'expired');
  });

  it('for an invoice ends with an error when it is deleted or was never there', async () => {
    await fixture.create('gone');
    const waiting = fixture.invoices.waitForInvoice('gone', forever);
    await fixture.invoices.remove('gone', 'unpaid');
    await assert.rejects(waiting, /^RpcError: Invoice deleted during wait$/);
    await assert.rejects(fixture.invoices.waitForInvoice('gone', forever), /^RpcError: Label not found$/);
  });

  it('ends when the client goes, and leaves nothing behind', async () => {
    await fixture.create('a');
    const client = new AbortController();
    const waits = [
      fixture.invoices.waitForInvoice('a', client.signal),
      fixture.invoices.waitForPayment(0n, undefined, client.signal),
      fixture.invoices.waitForIndex('deleted', 9n, client.signal),
    ];
    client.abort(new Error('the client has gone'));
    for (const waiting of waits) await assert.rejects(waiting, /the client has gone/);
    await assert.rejects(fixture.invoices.waitForInvoice('a', client.signal), /the client has gone/);
  });

  it('leaves nothing at the signal of a client that stays, however it ends', async () => {
    const { signal } = new AbortController();
    await fixture.create('a');
    const paid = fixture.invoices.waitForInvoice('a', signal);
    const timed = fixture.invoices.waitForPayment(9n, 30n, signal);
    await idle(fixture);
    assert.equal(getEventListeners(signal, 'abort').length, 2);
    await fixture.pay('a');
    await paid;
    await timed;
    await assert.rejects(fixture.invoices.waitForInvoice('nobody', signal), /Label not found/);
    assert.equal((await fixture.invoices.waitForPayment(0n, undefined, signal)).label, 'a');
    assert.deepEqual(getEventListeners(signal, 'abort'), []);
  });

  it('for payments gives each in turn, those of deleted invoices too', async () => {
    for (const label of ['a', 'b', 'c', 'd']) await fixture.create(label);
    for (const label of ['c', 'a', 'd']) await fixture.pay(label);
    await fixture.invoices.remove('a', 'paid');
    const told: string[] = [];
    for (let last = 0n; told.length < 3; last++) {
      const paid = await fixture.invoices.waitForPayment(last, undefined, forever);
      assert.equal(BigInt(paid.pay_index), last + 1n);
      told.push(paid.label);
    }
    assert.deepEqual(told, ['c', 'a', 'd']);
    const next = fixture.invoices.waitForPayment(3n, undefined, forever);
    await fixture.pay('b');
    assert.equal((await next).label, 'b');
  });

  it('for payments above the last one answers the next, as BTCPay waits from 99999999999', async () => {
    for (const label of ['a', 'b', 'c', 'd', 'e']) await fixture.create(label);
    await fixture.pay('a');
    const far = [99_999_999_999n, 2n ** 63n - 1n, 2n ** 64n - 1n, 3n, 2n];
    const waits = far.map((index) => fixture.invoices.waitForPayment(index, undefined, forever));
    const known = fixture.invoices.waitForPayment(1n, undefined, forever);
    await idle(fixture);
    await fixture.pay('b');
    for (const waiting of [...waits, known]) assert.equal((await waiting).label, 'b');
    // Without a turn of the store between the question and the payment.
    const racing = fixture.invoices.waitForPayment(99_999_999_999n, undefined, forever);
    await fixture.pay('c');
    assert.equal((await racing).label, 'c');
    await assert.rejects(fixture.invoices.waitForPayment(99n, 0n, forever), { error: 'INVOICE_WAIT_TIMED_OUT' });
    const last = fixture.invoices.waitForPayment(3n, undefined, forever);
    await idle(fixture);
    await fixture.invoices.remove('c', 'paid');
    await fixture.pay('d');
    assert.equal((await last).pay_index, 4);
    const late = fixture.invoices.waitForPayment(99n, 30n, forever);
    const ended = assert.rejects(late, { error: 'INVOICE_WAIT_TIMED_OUT' });
    await idle(fixture);
    fixture.clock.advance(30_000);
    await ended;
  });

  it('for payments stops after its time, and polls with none', async () => {
    await fixture.create('a');
    await assert.rejects(fixture.invoices.waitForPayment(0n, 0n, forever), { error: 'INVOICE_WAIT_TIMED_OUT' });
    for (const seconds of [30, 1]) {
      const waiting = fixture.invoices.waitForPayment(0n, BigInt(seconds), forever);
      const ended = assert.rejects(waiting, /^RpcError: Timed out while waiting for invoice to be paid$/);
      await idle(fixture);
      fixture.clock.advance(seconds * 1000);
      await ended;
    }
    await fixture.pay('a');
    assert.equal((await fixture.invoices.waitForPayment(0n, 0n, forever)).label, 'a');
  });

  it('for an index answers at once what has been, and later what happens', async () => {
    await fixture.create('a');
    assert.deepEqual(await fixture.invoices.waitForIndex('created', 1n, forever), { value: 1 });
    const created = fixture.invoices.waitForIndex('created', 3n, forever);
    const updated = fixture.invoices.waitForIndex('updated', 1n, forever);
    const deleted = fixture.invoices.waitForIndex('deleted', 1n, forever);
    await fixture.create('b');
    await fixture.create('c');
    assert.equal((await created).change?.invoice.label, 'c');
    await fixture.pay('b');
    assert.deepEqual((await updated).change?.what, 'paid');
    await fixture.invoices.remove('c', 'unpaid');
    assert.deepEqual([(await deleted).value, (await deleted).change?.invoice.label], [1, 'c']);
  });

  it('finds after a restart what expired while nobody was there', async () => {
    await fixture.create('old', { expiry: 10n });
    await fixture.invoices.stop();
    fixture.clock.advance(60_000);
    const again = openFixture({ store: fixture.store, clock: fixture.clock });
    assert.equal((await again.invoices.find({ label: 'old' }))?.status, 'expired');
    const updated = again.invoices.waitForIndex('updated', 1n, forever);
    await again.invoices.start();
    fixture.clock.advance(0);
    assert.equal((await updated).change?.what, 'expired');
    await again.invoices.stop();
  });
});

/** A store whose reads answer when the test says so, with what was there when they were asked, as those of a server may. */
function slowReads(fixture: Fixture): { readonly invoices: Invoices; answer(): void } {
  const waiting: (() => void)[] = [];
  const store: Store = {
    commit: (unit) => fixture.store.commit(unit),
    async read(sql, params) {
      const rows = await fixture.store.read(sql, params);
      await new Promise<void>((resolve) => waiting.push(resolve));
      return rows;
    },
    fence: () => undefined,
    close: async () => {},
  };
  return {
    invoices: new Invoices({ ...fixture.options, store }),
    answer() {
      for (const resolve of waiting.splice(0)) resolve();
    },
  };
}

it('a payment is not passed over while the database is asked, however long that takes', async () => {
  const fixture = openFixture();
  const { invoices, answer } = slowReads(fixture);
  for (const label of ['a', 'b', 'c']) await fixture.create(label);
  const pay = async (label: string): Promise<void> => {
    const invoice = await fixture.invoices.find({ label });
    assert.ok(invoice);
    await invoices.markPaid(invoice.payment_hash, msat(1000));
  };
  const answerUntil = async <T>(done: Promise<T>): Promise<T> => {
    let is_done = false;
    const end = (): void => {
      is_done = true;
    };
    void done.then(end, end);
    while (!is_done) {
      answer();
      await new Promise((resolve) => setImmediate(resolve));
    }
    return await done;
  };
  await pay('a');
  const afterNone = invoices.waitForPayment(0n, undefined, new AbortController().signal);
  // Told while the look is under way, which has seen payment 1.
  await pay('b');
  assert.equal((await answerUntil(afterNone)).pay_index, 1);
  const afterTwo = invoices.waitForPayment(2n, undefined, new AbortController().signal);
  // The look has not seen it.
  await pay('c');
  assert.equal((await answerUntil(afterTwo)).pay_index, 3);
  await fixture.close();
});

it('the payment of the number that was named, told while the database is asked, is not the next one', async () => {
  const fixture = openFixture();
  const { invoices, answer } = slowReads(fixture);
  for (const label of ['a', 'b', 'c']) await fixture.create(label);
  const pay = async (label: string): Promise<void> => {
    const invoice = await fixture.invoices.find({ label });
    assert.ok(invoice);
    await invoices.markPaid(invoice.payment_hash, msat(1000));
  };
  const turns = async (): Promise<void> => {
    for (let turn = 0; turn < 50; turn++) {
      answer();
      await idle(fixture);
    }
  };
  await pay('a');
  const heard: number[] = [];
  const waiting = invoices.waitForPayment(2n, undefined, forever).then(({ pay_index }) => heard.push(pay_index));
  await idle(fixture);
  await pay('b');
  await turns();
  assert.deepEqual(heard, []);
  await pay('c');
  await waiting;
  assert.deepEqual(heard, [3]);
  await fixture.close();
});
