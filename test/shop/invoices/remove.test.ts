import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { msat } from '../../../src/base/types/amount.ts';
import { collect, type Fixture, idle, openFixture } from './fixture.ts';

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

  it('can take the description alone, once', async () => {
    await fixture.create('a');
    const row = await fixture.invoices.removeDescription('a', 'unpaid');
    assert.equal(row.description, undefined);
    assert.equal(row.updated_index, 1);
    await assert.rejects(fixture.invoices.removeDescription('a', 'unpaid'), { error: 'INVOICE_NO_DESCRIPTION' });
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
