/** Texts that others composed: what is signed, and what is taken in as an invoice of ours. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { sha256 } from '../../../src/base/crypto/hash.ts';
import { curve } from '../../../src/base/crypto/secp256k1.ts';
import { msat } from '../../../src/base/types/amount.ts';
import type { NodeId, PaymentHash, PaymentSecret } from '../../../src/base/types/brand.ts';
import { featureSet } from '../../../src/base/types/features.ts';
import { fromHex, toHex } from '../../../src/base/types/hex.ts';
import { Secret } from '../../../src/base/types/secret.ts';
import type { InvoiceFields } from '../../../src/codec/bolt11/invoice.ts';
import { decodeInvoice, encodeInvoice, signWith } from '../../../src/codec/bolt11/native.ts';
import { type Fixture, openFixture } from './fixture.ts';

const PREIMAGE = '44'.repeat(32);
const OTHER_KEY = sha256(Buffer.from('whoever composed it'));
const OTHER_ID = toHex(curve.publicKey(OTHER_KEY)) as NodeId;

function open(t: TestContext): Fixture {
  const fixture = openFixture();
  t.after(() => fixture.close());
  return fixture;
}

/** A text that another node has signed. */
function composed(
  changes: Partial<Omit<InvoiceFields, 'description' | 'description_hash'>> = {},
  purpose: { readonly description: string } | { readonly description_hash: string } = {
    description: 'composed elsewhere',
  },
): string {
  const fields: InvoiceFields = {
    ...purpose,
    currency: 'bcrt',
    amount_msat: msat(5_000),
    created_at: 1_700_000_000,
    payment_hash: toHex(sha256(fromHex(PREIMAGE))) as PaymentHash,
    payment_secret: '77'.repeat(32) as PaymentSecret,
    expiry_seconds: 600,
    min_final_cltv_expiry_delta: 30,
    features: featureSet({ var_onion_optin: 'required', payment_secret: 'required' }),
    ...changes,
  };
  return encodeInvoice(fields, signWith(OTHER_KEY));
}

const take = (fixture: Fixture, invstring: string, label = 'taken', preimage = PREIMAGE) =>
  fixture.invoices.take({ invstring, label, preimage: new Secret(preimage) });

test('the text is signed anew, with blanks around it or not, and says what it said', async (t) => {
  const fixture = open(t);
  const signed = decodeInvoice(fixture.invoices.sign(` ${composed()}\n`));
  assert.equal(signed.payee, fixture.options.signer.node_id);
  assert.deepEqual([signed.amount_msat, signed.description], [5_000n, 'composed elsewhere']);
});

test('a text that names another payee is not signed; one that names us is', async (t) => {
  const fixture = open(t);
  assert.throws(() => fixture.invoices.sign(composed({ named_payee: OTHER_ID })), {
    error: 'INVALID_PARAMS',
    message: `The invoice names another payee: ${OTHER_ID}`,
  });
  const { node_id } = fixture.options.signer;
  assert.equal(decodeInvoice(fixture.invoices.sign(composed({ named_payee: node_id }))).payee, node_id);
});

test('a text of another network, and one that is none, are refused as that; a fault of ours is not', async (t) => {
  const fixture = open(t);
  for (const text of [composed({ currency: 'bc' }), 'lnbcrt1nonsense']) {
    assert.throws(() => fixture.invoices.sign(text), { error: 'INVALID_PARAMS', message: /^Unparsable invoice/ });
  }
  const sign = (): never => {
    throw new TypeError('the key is gone');
  };
  const broken = openFixture({ signer: { ...fixture.options.signer, sign } });
  assert.throws(() => broken.invoices.sign(composed()), TypeError);
  await broken.close();
});

test('what is taken in has the terms of the text, and is paid with the secret in it', async (t) => {
  const fixture = open(t);
  const taken = await take(fixture, composed());
  assert.ok('invoice' in taken);
  const { invoice } = taken;
  assert.equal((await fixture.invoices.find({ label: 'taken' }))?.bolt11, invoice.bolt11);
  assert.deepEqual(
    [invoice.amount_msat, invoice.expires_at, invoice.min_final_cltv_expiry, invoice.description],
    [5_000n, 1_700_000_600, 30, 'composed elsewhere'],
  );
  const judge = (secret: string) =>
    fixture.invoices.judge({
      payment_hash: invoice.payment_hash,
      payment_secret: secret as PaymentSecret,
      total_msat: msat(5_000),
    });
  assert.deepEqual(await judge('77'.repeat(32)), { min_final_cltv_expiry: 30 });
  assert.equal(await judge('78'.repeat(32)), undefined);
});

test('a text without a description, a preimage of another hash, a time that does not fit and a bad label are refused', async (t) => {
  const fixture = open(t);
  const refusals = [
    [take(fixture, composed({}, { description_hash: 'ab'.repeat(32) })), 'Missing description in invoice'],
    [take(fixture, composed(), 'taken', '45'.repeat(32)), 'Incorrect preimage'],
    [take(fixture, composed({ expiry_seconds: Number.MAX_SAFE_INTEGER })), 'The time of expiry does not fit'],
    [take(fixture, composed(), 'a\0b'), 'label: should be valid UTF-8 without a zero character'],
  ] as const;
  for (const [taking, message] of refusals) await assert.rejects(taking, { error: 'INVALID_PARAMS', message });
  assert.equal(await fixture.invoices.find({ label: 'taken' }), undefined);
});

test('who has the label is answered with its invoice, also of two at once; who has the hash is an error', async (t) => {
  const fixture = open(t);
  const other = composed({ payment_hash: toHex(sha256(fromHex('46'.repeat(32)))) as PaymentHash });
  const both = await Promise.all([take(fixture, composed()), take(fixture, other, 'taken', '46'.repeat(32))]);
  assert.deepEqual(both.map((each) => Object.keys(each)[0]).sort(), ['invoice', 'label_used_by']);
  const again = await take(fixture, composed());
  assert.ok('label_used_by' in again && again.label_used_by.label === 'taken');
  await assert.rejects(take(fixture, composed(), 'another'), { error: 'INVOICE_PREIMAGE_ALREADY_EXISTS' });
});
