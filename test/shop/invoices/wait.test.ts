import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { idle, openRoom, type Room } from './room.ts';

const forever = new AbortController().signal;

describe('waiting', () => {
  let room: Room;
  beforeEach(() => {
    room = openRoom();
  });
  afterEach(() => room.close());

  it('for an invoice ends when it is paid, with the preimage', async () => {
    await room.create('a');
    await room.create('b');
    const waits = [room.invoices.waitForInvoice('a', forever), room.invoices.waitForInvoice('a', forever)];
    await room.pay('b');
    const paid = await room.pay('a');
    for (const awaited of await Promise.all(waits)) assert.deepEqual(awaited, { kind: 'paid', invoice: paid });
    assert.deepEqual(await room.invoices.waitForInvoice('a', forever), { kind: 'paid', invoice: paid });
  });

  it('for an invoice ends when it expires, by the clock alone', async () => {
    await room.create('short', { expiry: 10n });
    await room.create('shorter', { expiry: 5n });
    const waits = ['short', 'shorter'].map((label) => room.invoices.waitForInvoice(label, forever));
    room.clock.advance(5000);
    assert.equal((await waits[1])?.invoice.status, 'expired');
    assert.equal((await room.invoices.find({ label: 'short' }))?.status, 'unpaid');
    await idle(room);
    room.clock.advance(5000);
    const awaited = await waits[0];
    assert.equal(awaited?.kind, 'expired');
    assert.equal(awaited?.invoice.updated_index, 2);
  });

  it('for an invoice ends with an error when it is deleted or was never there', async () => {
    await room.create('gone');
    const waiting = room.invoices.waitForInvoice('gone', forever);
    await room.invoices.remove('gone', 'unpaid');
    await assert.rejects(waiting, /^RpcError: Invoice deleted during wait$/);
    await assert.rejects(room.invoices.waitForInvoice('gone', forever), /^RpcError: Label not found$/);
  });

  it('ends when the client goes, and leaves nothing behind', async () => {
    await room.create('a');
    const client = new AbortController();
    const waits = [
      room.invoices.waitForInvoice('a', client.signal),
      room.invoices.waitForPayment(0n, undefined, client.signal),
      room.invoices.waitForIndex('deleted', 9n, client.signal),
    ];
    client.abort(new Error('the client has gone'));
    for (const waiting of waits) await assert.rejects(waiting, /the client has gone/);
    await assert.rejects(room.invoices.waitForInvoice('a', client.signal), /the client has gone/);
  });

  it('for payments gives each in turn, those of deleted invoices too', async () => {
    for (const label of ['a', 'b', 'c', 'd']) await room.create(label);
    for (const label of ['c', 'a', 'd']) await room.pay(label);
    await room.invoices.remove('a', 'paid');
    const told: string[] = [];
    for (let last = 0n; told.length < 3; last++) {
      const paid = await room.invoices.waitForPayment(last, undefined, forever);
      assert.equal(BigInt(paid.pay_index), last + 1n);
      told.push(paid.label);
    }
    assert.deepEqual(told, ['c', 'a', 'd']);
    const next = room.invoices.waitForPayment(3n, undefined, forever);
    await room.pay('b');
    assert.equal((await next).label, 'b');
  });

  it('for payments above the last one answers the next, as BTCPay waits from 99999999999', async () => {
    for (const label of ['a', 'b', 'c', 'd', 'e']) await room.create(label);
    await room.pay('a');
    const far = [99_999_999_999n, 2n ** 63n - 1n, 2n ** 64n - 1n, 3n, 2n];
    const waits = far.map((index) => room.invoices.waitForPayment(index, undefined, forever));
    const known = room.invoices.waitForPayment(1n, undefined, forever);
    await idle(room);
    await room.pay('b');
    for (const waiting of [...waits, known]) assert.equal((await waiting).label, 'b');
    // Without a turn of the store between the question and the payment.
    const racing = room.invoices.waitForPayment(99_999_999_999n, undefined, forever);
    await room.pay('c');
    assert.equal((await racing).label, 'c');
    await assert.rejects(room.invoices.waitForPayment(99n, 0n, forever), { error: 'INVOICE_WAIT_TIMED_OUT' });
    const last = room.invoices.waitForPayment(3n, undefined, forever);
    await idle(room);
    await room.invoices.remove('c', 'paid');
    await room.pay('d');
    assert.equal((await last).pay_index, 4);
    const late = room.invoices.waitForPayment(99n, 30n, forever);
    const ended = assert.rejects(late, { error: 'INVOICE_WAIT_TIMED_OUT' });
    await idle(room);
    room.clock.advance(30_000);
    await ended;
  });

  it('for payments stops after its time, and polls with none', async () => {
    await room.create('a');
    await assert.rejects(room.invoices.waitForPayment(0n, 0n, forever), { error: 'INVOICE_WAIT_TIMED_OUT' });
    const waiting = room.invoices.waitForPayment(0n, 30n, forever);
    const ended = assert.rejects(waiting, /^RpcError: Timed out while waiting for invoice to be paid$/);
    await idle(room);
    room.clock.advance(30_000);
    await ended;
    await room.pay('a');
    assert.equal((await room.invoices.waitForPayment(0n, 0n, forever)).label, 'a');
  });

  it('for an index answers at once what has been, and later what happens', async () => {
    await room.create('a');
    assert.deepEqual(await room.invoices.waitForIndex('created', 1n, forever), { value: 1 });
    const created = room.invoices.waitForIndex('created', 3n, forever);
    const updated = room.invoices.waitForIndex('updated', 1n, forever);
    const deleted = room.invoices.waitForIndex('deleted', 1n, forever);
    await room.create('b');
    await room.create('c');
    assert.equal((await created).change?.invoice.label, 'c');
    await room.pay('b');
    assert.deepEqual((await updated).change?.what, 'paid');
    await room.invoices.remove('c', 'unpaid');
    assert.deepEqual([(await deleted).value, (await deleted).change?.invoice.label], [1, 'c']);
  });

  it('finds after a restart what expired while nobody was there', async () => {
    await room.create('old', { expiry: 10n });
    await room.invoices.stop();
    room.clock.advance(60_000);
    const again = openRoom({ store: room.store, clock: room.clock });
    assert.equal((await again.invoices.find({ label: 'old' }))?.status, 'expired');
    const updated = again.invoices.waitForIndex('updated', 1n, forever);
    await again.invoices.start();
    room.clock.advance(0);
    assert.equal((await updated).change?.what, 'expired');
    await again.invoices.stop();
  });
});
