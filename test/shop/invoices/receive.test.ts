import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sha256 } from '../../../src/base/crypto/hash.ts';
import { msat } from '../../../src/base/types/amount.ts';
import type { PaymentHash, PaymentSecret } from '../../../src/base/types/brand.ts';
import { fromHex, toHex } from '../../../src/base/types/hex.ts';
import { decodeInvoice } from '../../../src/codec/bolt11/native.ts';
import { type Fixture, openFixture } from './fixture.ts';

describe('a payment that arrives', () => {
  let fixture: Fixture;
  before(() => {
    fixture = openFixture();
  });
  after(() => fixture.close());

  async function judge(label: string, total: bigint, secret?: string): Promise<boolean> {
    const invoice = await fixture.invoices.find({ label });
    assert.ok(invoice);
    const payment_secret = (secret ?? decodeInvoice(invoice.bolt11).payment_secret) as PaymentSecret;
    const { payment_hash } = invoice;
    return (await fixture.invoices.judge({ payment_hash, payment_secret, total_msat: msat(total) })) !== undefined;
  }

  const AMOUNTS: readonly (readonly [bigint, boolean, string])[] = [
    [999n, false, 'below the invoice'],
    [1000n, true, 'exactly the invoice'],
    [2000n, true, 'exactly twice the invoice'],
    [2001n, false, 'above twice the invoice'],
  ];
  for (const [total, accepted, title] of AMOUNTS) {
    it(`${accepted ? 'accepts' : 'refuses'} ${title}`, async () => {
      const label = `amount ${total}`;
      await fixture.create(label);
      assert.equal(await judge(label, total), accepted);
    });
  }

  it('accepts any amount for an invoice of any amount', async () => {
    await fixture.create('any', { amount_msat: 'any' });
    assert.equal(await judge('any', 1n), true);
    assert.equal(await judge('any', 2n ** 64n - 1n), true);
  });

  it('judges an amount that fills all 64 bits like any other', async () => {
    await fixture.create('huge', { amount_msat: msat(2n ** 63n + 1n) });
    assert.equal(await judge('huge', 2n ** 63n), false);
    assert.equal(await judge('huge', 2n ** 63n + 1n), true);
  });

  it('has its preimage from an invoice that is paid, also from one that was deleted since, and from no other', async () => {
    const { payment_hash } = await fixture.create('secret');
    assert.equal(await fixture.invoices.paidPreimage(payment_hash), undefined);
    const { payment_preimage } = await fixture.pay('secret');
    assert.equal(toHex(sha256(fromHex(payment_preimage))), payment_hash);
    await fixture.invoices.remove('secret', 'paid');
    assert.equal(await fixture.invoices.paidPreimage(payment_hash), payment_preimage);
    const gone = await fixture.create('gone unpaid');
    await fixture.invoices.remove('gone unpaid', 'unpaid');
    assert.equal(await fixture.invoices.paidPreimage(gone.payment_hash), undefined);
  });

  it('asks for the cltv of the invoice itself', async () => {
    const invoice = await fixture.create('cltv', { cltv: 77 });
    const { payment_hash, payment_secret } = decodeInvoice(invoice.bolt11);
    const accepted = await fixture.invoices.judge({ payment_hash, payment_secret, total_msat: msat(1000) });
    assert.deepEqual(accepted, { min_final_cltv_expiry: 77 });
  });

  it('answers alike for a wrong secret, an unknown hash, a paid, an expired and a deleted invoice', async () => {
    for (const label of ['wrong', 'paid', 'expired', 'deleted']) {
      await fixture.create(label, { expiry: label === 'expired' ? 10n : 3600n });
    }
    assert.equal(await judge('wrong', 1000n, '00'.repeat(32)), false);
    const unknown = { payment_hash: '99'.repeat(32) as PaymentHash, payment_secret: '99'.repeat(32) as PaymentSecret };
    assert.equal(await fixture.invoices.judge({ ...unknown, total_msat: msat(1000) }), undefined);
    await fixture.pay('paid');
    assert.equal(await judge('paid', 1000n), false);
    const deleted = await fixture.invoices.remove('deleted', 'unpaid');
    const { payment_hash, payment_secret } = decodeInvoice(deleted.bolt11);
    assert.equal(await fixture.invoices.judge({ payment_hash, payment_secret, total_msat: msat(1000) }), undefined);
    assert.equal(await judge('expired', 1000n), true);
    fixture.clock.advance(10_000);
    assert.equal(await judge('expired', 1000n), false);
    const expired = await fixture.invoices.find({ label: 'expired' });
    assert.equal(await fixture.invoices.markPaid(expired?.payment_hash as PaymentHash, msat(1000)), undefined);
  });

  it('is paid once: of two that race, one gets the preimage and the other writes nothing', async () => {
    const { payment_hash } = await fixture.create('raced');
    await fixture.store.commit([{ sql: 'CREATE TABLE claims (id TEXT)', params: [] }]);
    const claim = (id: string) => ({ sql: 'INSERT INTO claims (id) VALUES (?)', params: [id] });
    const preimages = await Promise.all([
      fixture.invoices.markPaid(payment_hash, msat(1500), [claim('first')]),
      fixture.invoices.markPaid(payment_hash, msat(1000), [claim('second')]),
    ]);
    assert.equal(toHex(sha256(fromHex(preimages[0] ?? ''))), payment_hash);
    assert.equal(preimages[1], undefined);
    assert.deepEqual(
      (await fixture.store.read('SELECT id FROM claims')).map((row) => row.id),
      ['first'],
    );
    const paid = await fixture.invoices.find({ label: 'raced' });
    assert.equal(paid?.status === 'paid' && paid.amount_received_msat, 1500n);
    assert.equal(paid?.status === 'paid' && paid.payment_preimage, preimages[0]);
    assert.equal(await fixture.invoices.paidPreimage(payment_hash), preimages[0]);
  });

  it('numbers payments 1, 2, 3 in their order, whatever fails between', async () => {
    const own = openFixture();
    const labels = Array.from({ length: 12 }, (_, index) => `p${index}`);
    for (const label of labels) await own.create(label);
    const hashes = await Promise.all(labels.map(async (label) => (await own.invoices.find({ label }))?.payment_hash));
    await Promise.all([...hashes, ...hashes].map((hash) => own.invoices.markPaid(hash as PaymentHash, msat(1000))));
    const rows = await own.store.read('SELECT label, pay_index FROM invoices ORDER BY pay_index');
    assert.deepEqual(
      rows.map((row) => [row.label, Number(row.pay_index)]),
      labels.map((label, index) => [label, index + 1]),
    );
    await own.close();
  });
});
