import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { msat } from '../../../src/base/types/amount.ts';
import { collect, type Fixture, idle, openFixture, toldOf } from './fixture.ts';

describe('deleting invoices', () => {
  let fixture: Fixture;
  beforeEach(() => {
    fixture = openFixture();
  });
  afterEach(() => fixture.close());

  it('takes the one of the label, when it has the status', async () => {
    const invoice = await fixture.create('a');
    await assert.rejects(fixture.invoices.remove('b', 'unpaid'), {
      error: 'INVOICE_NOT_FOUND',
      message: 'Unknown invoice',
    });
    await assert.rejects(fixture.invoices.remove('a', 'paid'), {
      error: 'INVOICE_STATUS_UNEXPECTED',
      message: 'Invoice status is unpaid not paid',
      data: { current_status: 'unpaid', expected_status: 'paid' },
    });
    assert.deepEqual(await fixture.invoices.remove('a', 'unpaid'), invoice);
    assert.equal(await fixture.invoices.find({ label: 'a' }), undefined);
    assert.equal((await fixture.create('a')).created_index, 2);
  });

  it('and paying at the same time leaves one winner', async () => {
    const { payment_hash } = await fixture.create('raced');
    const paying = fixture.invoices.markPaid(payment_hash, msat(1000));
    const deleting = fixture.invoices.remove('raced', 'unpaid');
    assert.ok(await paying);
    await assert.rejects(deleting, { error: 'INVOICE_STATUS_UNEXPECTED' });
    assert.equal((await fixture.invoices.find({ label: 'raced' }))?.status, 'paid');
  });

  it('by two at once deletes a paid one once, and tells of it once', async () => {
    await fixture.create('a');
    await fixture.pay('a');
    const both = await Promise.allSettled([1, 2].map(() => fixture.invoices.remove('a', 'paid')));
    const said = both.map((each) =>
      each.status === 'fulfilled' ? each.value.status : (each.reason as { error: string }).error,
    );
    assert.deepEqual(said.sort(), ['INVOICE_NOT_FOUND', 'paid']);
    assert.equal((await toldOf(fixture, 'invoice.deleted')).length, 1);
  });

  it('counts, and wakes who waits for that number: paid or not, and a description that was taken', async () => {
    const never = new AbortController().signal;
    for (const label of ['a', 'b', 'c']) await fixture.create(label);
    await fixture.pay('b');
    const deleted = [1n, 2n].map((each) => fixture.invoices.waitForIndex('deleted', each, never));
    const updated = fixture.invoices.waitForIndex('updated', 2n, never);
    await fixture.invoices.remove('a', 'unpaid');
    assert.deepEqual([(await deleted[0])?.value, (await deleted[0])?.change?.invoice.label], [1, 'a']);
    await fixture.invoices.remove('b', 'paid');
    assert.deepEqual([(await deleted[1])?.value, (await deleted[1])?.change?.invoice.label], [2, 'b']);
    await fixture.invoices.removeDescription('c', 'unpaid');
    assert.deepEqual([(await updated).value, (await updated).change?.what], [2, 'description_removed']);
  });

  it('can take the description alone, once', async () => {
    await fixture.create('a');
    const row = await fixture.invoices.removeDescription('a', 'unpaid');
    assert.equal(row.description, undefined);
    assert.equal(row.updated_index, 1);
    await assert.rejects(fixture.invoices.removeDescription('a', 'unpaid'), { error: 'INVOICE_NO_DESCRIPTION' });
  });

  it('by two that take the description at once: one does, and the other finds none', async () => {
    await fixture.create('a');
    const both = await Promise.allSettled([1, 2].map(() => fixture.invoices.removeDescription('a', 'unpaid')));
    const said = both.map((each) =>
      each.status === 'fulfilled' ? each.value.status : (each.reason as { error: string }).error,
    );
    assert.deepEqual(said.sort(), ['INVOICE_NO_DESCRIPTION', 'unpaid']);
  });

  it('cleans what somebody outside asked for without a word, and tells of every other', async () => {
    await fixture.create('ours', { expiry: 10n });
    await fixture.create('of a stranger', { expiry: 10n, is_transient: true });
    fixture.clock.advance(10_000);
    assert.equal(await fixture.invoices.removeExpired(), 2);
    assert.deepEqual(
      (await toldOf(fixture, 'invoice.deleted')).map(({ created_index, status }) => [created_index, status]),
      [[1, 'expired']],
    );
  });

  it('cleans what has expired by a time, never what may still be paid', async () => {
    for (const [label, expiry] of [
      ['a', 10n],
      ['b', 20n],
      ['c', 3600n],
    ] as const)
      await fixture.create(label, { expiry });
    fixture.clock.advance(30_000);
    await idle(fixture);
    assert.equal(await fixture.invoices.removeExpired(1_700_000_010), 1);
    assert.equal(await fixture.invoices.removeExpired(2_000_000_000), 1);
    assert.deepEqual(
      (await collect(fixture.invoices.list({}))).map(({ label }) => label),
      ['c'],
    );
  });

  it('by autoclean counts what it cleaned, for good', async () => {
    for (const label of ['a', 'b', 'c']) await fixture.create(label, { expiry: 10n });
    await fixture.pay('a');
    fixture.clock.advance(5000);
    await fixture.pay('b');
    fixture.clock.advance(100_000);
    assert.deepEqual(await fixture.invoices.autoclean.once('paidinvoices', 105), { cleaned: 1, uncleaned: 1 });
    assert.deepEqual(await fixture.invoices.autoclean.once('expiredinvoices', 1000), { cleaned: 0, uncleaned: 1 });
    assert.deepEqual(await fixture.invoices.autoclean.status('paidinvoices'), { enabled: false, cleaned: 1 });
    fixture.invoices.autoclean.schedule(60, { expiredinvoices: 10 });
    assert.deepEqual(await fixture.invoices.autoclean.status('expiredinvoices'), {
      enabled: true,
      age: 10,
      cleaned: 0,
    });
    fixture.clock.advance(60_000);
    await idle(fixture);
    assert.deepEqual(await fixture.invoices.autoclean.status('expiredinvoices'), {
      enabled: true,
      age: 10,
      cleaned: 1,
    });
    assert.deepEqual(
      (await collect(fixture.invoices.list({}))).map(({ label }) => label),
      ['b'],
    );
  });

  it('by autoclean goes on, cycle after cycle, until it is stopped', async () => {
    fixture.invoices.autoclean.schedule(60, { expiredinvoices: 10 });
    for (const label of ['a', 'b']) {
      await fixture.create(label, { expiry: 10n });
      fixture.clock.advance(60_000);
      await idle(fixture);
      assert.equal(await fixture.invoices.find({ label }), undefined, label);
    }
    fixture.invoices.autoclean.end('expiredinvoices');
    await fixture.create('c', { expiry: 10n });
    fixture.clock.advance(120_000);
    await idle(fixture);
    assert.equal((await fixture.invoices.find({ label: 'c' }))?.status, 'expired');
  });

  it('by autoclean goes by the last schedule alone, and not at all when that is 0 or the node stops', async () => {
    const { autoclean } = fixture.invoices;
    const isThere = async () => (await fixture.invoices.find({ label: 'a' })) !== undefined;
    const pass = async (seconds: number) => {
      fixture.clock.advance(seconds * 1000);
      await idle(fixture);
    };
    await fixture.create('a', { expiry: 10n });
    autoclean.schedule(60, { expiredinvoices: 10 });
    autoclean.schedule(0, {});
    await pass(60);
    assert.equal(await isThere(), true, 'switched off');
    assert.deepEqual(await autoclean.status('expiredinvoices'), { enabled: false, cleaned: 0 });
    autoclean.schedule(1, {});
    assert.deepEqual(await autoclean.status('expiredinvoices'), { enabled: true, age: 10, cleaned: 0 });
    autoclean.schedule(60, {});
    autoclean.schedule(120, {});
    await pass(119);
    assert.equal(await isThere(), true, 'not yet');
    await pass(1);
    assert.equal(await isThere(), false, 'after 120 s');
    await fixture.create('a', { expiry: 10n });
    await fixture.invoices.stop();
    await pass(240);
    assert.equal(await isThere(), true, 'the node has stopped');
  });

  it('at the moment of its expiry harms nothing: what is gone does not expire', async () => {
    await fixture.create('a', { expiry: 10n });
    await fixture.create('b', { expiry: 10n });
    // The sweep has read both by now, and has written nothing.
    fixture.clock.advance(10_000);
    await fixture.store.commit([{ sql: "DELETE FROM invoices WHERE label = 'a'", params: [] }]);
    await idle(fixture);
    const expired = await fixture.invoices.find({ label: 'b' });
    assert.deepEqual([expired?.status, expired?.updated_index !== undefined], ['expired', true], 'its row says so');
  });
});
