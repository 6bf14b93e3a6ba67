/** Invoices that deposits on the chain pay: how they are marked, and how they are kept from expiring until then. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { msat } from '../../../src/base/types/amount.ts';
import type { Txid } from '../../../src/base/types/brand.ts';
import type { Write } from '../../../src/infra/store/store.ts';
import { type Fixture, idle, openFixture, toldOf } from './fixture.ts';

const OUTPOINT = { txid: 'ab'.repeat(32) as Txid, outnum: 1 };

describe('an invoice that a deposit pays', () => {
  let fixture: Fixture;
  beforeEach(async () => {
    fixture = openFixture();
    await fixture.store.commit([{ sql: 'CREATE TABLE claims (id TEXT)', params: [] }]);
  });
  afterEach(() => fixture.close());

  const claim = (id: string): Write => ({ sql: 'INSERT INTO claims (id) VALUES (?)', params: [id] });
  const claims = async () => (await fixture.store.read('SELECT id FROM claims')).map((row) => row.id);

  it('is paid once, with the writes of whoever saw the deposit; a second deposit writes nothing', async () => {
    const { created_index, payment_hash } = await fixture.create('a');
    const { invoices } = fixture;
    assert.equal(await invoices.markDeposited(created_index, msat(1000), OUTPOINT, [claim('first')]), true);
    assert.equal(await invoices.markDeposited(created_index, msat(1000), OUTPOINT, [claim('second')]), false);
    assert.equal(await invoices.markPaid(payment_hash, msat(1000), [claim('lightning')]), undefined);
    assert.deepEqual(await claims(), ['first']);
    const paid = await invoices.find({ label: 'a' });
    assert.deepEqual(paid?.status === 'paid' && [paid.paid_outpoint, paid.pay_index], [OUTPOINT, 1]);
    assert.deepEqual(
      (await toldOf(fixture, 'invoice.paid')).map(({ txid, outnum }) => ({ txid, outnum })),
      [OUTPOINT],
    );
  });

  it('may have expired since; one that is deleted is not paid, and nothing is written', async () => {
    const late = await fixture.create('late', { expiry: 10n });
    const gone = await fixture.create('gone');
    fixture.clock.advance(10_000);
    await idle(fixture);
    assert.equal((await fixture.invoices.find({ label: 'late' }))?.status, 'expired');
    await fixture.invoices.remove('gone', 'unpaid');
    const mark = ({ created_index }: { readonly created_index: number }, id: string) =>
      fixture.invoices.markDeposited(created_index, msat(1000), OUTPOINT, [claim(id)]);
    assert.equal(await mark(late, 'late'), true);
    assert.equal(await mark(gone, 'gone'), false);
    assert.deepEqual(await claims(), ['late']);
    assert.equal((await fixture.invoices.find({ label: 'late' }))?.status, 'paid');
  });

  it('does not expire while it is held, and expires at once when it is let go late', async () => {
    const { created_index } = await fixture.create('a', { expiry: 10n });
    await fixture.create('b', { expiry: 10n });
    await fixture.invoices.hold(created_index, true);
    assert.equal(await fixture.invoices.isHeld(created_index), true);
    fixture.clock.advance(20_000);
    await idle(fixture);
    const status = async (label: string) => (await fixture.invoices.find({ label }))?.status;
    assert.deepEqual([await status('a'), await status('b')], ['unpaid', 'expired']);
    assert.equal(await fixture.invoices.removeExpired(), 1, 'the one that is held stays');

    await fixture.invoices.hold(created_index, false);
    fixture.clock.advance(0);
    await idle(fixture);
    assert.equal(await fixture.invoices.isHeld(created_index), false);
    assert.equal(await status('a'), 'expired');
    assert.deepEqual(
      (await toldOf(fixture, 'invoice.expired')).map((data) => data.created_index),
      [2, 1],
      'and that is told',
    );
  });

  it('is found among the unpaid while it is held, whatever its expiry', async () => {
    const { created_index } = await fixture.create('a', { expiry: 10n });
    await fixture.create('b', { expiry: 10n });
    await fixture.create('c', { expiry: 3600n });
    await fixture.invoices.hold(created_index, true);
    fixture.clock.advance(20_000);
    await idle(fixture);
    const labels = async (status: 'unpaid' | 'expired' | 'paid') =>
      (await fixture.invoices.search({ status, limit: 10 })).invoices.map(({ label }) => label);
    assert.deepEqual(await labels('unpaid'), ['a', 'c']);
    assert.deepEqual(await labels('expired'), ['b']);
    assert.deepEqual(await labels('paid'), []);
  });

  it('that is paid already, or gone, is neither held nor let go', async () => {
    const { created_index } = await fixture.create('a');
    await fixture.pay('a');
    for (const index of [created_index, 99]) {
      await fixture.invoices.hold(index, true);
      assert.equal(await fixture.invoices.isHeld(index), false);
      await fixture.invoices.hold(index, false);
    }
    assert.equal((await fixture.invoices.find({ label: 'a' }))?.status, 'paid');
  });
});
