/** Addresses on the chain that invoices show: one that the request names, or one of our own for each invoice. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { toHex } from '../../../src/base/types/hex.ts';
import { decodeInvoice } from '../../../src/codec/bolt11/native.ts';
import { openFixture } from './fixture.ts';

const GIVEN = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';
const GIVEN_SCRIPT = '0014751e76e8199196d454941c45d1b3a323f1433bd6';

/** A shop whose wallet has an address for each invoice, while it is `open`. */
async function scene(t: TestContext) {
  const state = { is_open: true, made: 0 };
  const fixture = openFixture({
    fallback: {
      newScript: async () => (state.is_open ? `0014${(++state.made).toString(16).padStart(40, '0')}` : undefined),
      addressWrite: (script, hash) => ({
        sql: 'INSERT INTO shown (script, payment_hash) VALUES (?, ?)',
        params: [script, toHex(hash)],
      }),
      isInvoiceAddress: async (script) =>
        (await fixture.store.read('SELECT 1 AS found FROM shown WHERE script = ?', [script])).length > 0,
    },
  });
  t.after(() => fixture.close());
  await fixture.store.commit([{ sql: 'CREATE TABLE shown (script TEXT, payment_hash TEXT)', params: [] }]);
  const shown = async () =>
    (await fixture.store.read('SELECT script, payment_hash FROM shown')).map((row) => [row.script, row.payment_hash]);
  return { fixture, state, shown };
}

test('an invoice shows an address of its own, which is tied to it in the same unit', async (t) => {
  const { fixture, shown } = await scene(t);
  const { bolt11, payment_hash } = await fixture.create('a');
  const { fallbacks } = decodeInvoice(bolt11);
  assert.equal(fallbacks.length, 1);
  assert.deepEqual(await shown(), [[fallbacks[0], payment_hash]]);
  await assert.rejects(fixture.create('a'), /Duplicate label/);
  assert.equal((await shown()).length, 1, 'without an invoice nothing is tied');
});

test('a request that names addresses, or none at all, gets those alone', async (t) => {
  const { fixture, state, shown } = await scene(t);
  const given = await fixture.create('given', { fallbacks: [GIVEN] });
  assert.deepEqual(decodeInvoice(given.bolt11).fallbacks, [GIVEN_SCRIPT]);
  const none = await fixture.create('none', { fallbacks: [] });
  assert.deepEqual(decodeInvoice(none.bolt11).fallbacks, []);
  state.is_open = false;
  assert.deepEqual(decodeInvoice((await fixture.create('closed')).bolt11).fallbacks, []);
  assert.deepEqual([state.made, await shown()], [0, []]);
});

test('a repeated request finds its invoice with the address that we gave it, and with no other', async (t) => {
  const { fixture } = await scene(t);
  const first = await fixture.create('ours', { idempotent: true });
  assert.equal((await fixture.create('ours', { idempotent: true })).bolt11, first.bolt11);
  const again = (label: string, fallbacks?: readonly string[]) =>
    fixture.create(label, { idempotent: true, ...(fallbacks === undefined ? {} : { fallbacks }) });
  await assert.rejects(again('ours', []), /Duplicate label/, 'whoever wants none does not get it');
  await assert.rejects(again('ours', [GIVEN]), /Duplicate label/);
  const given = await again('given', [GIVEN]);
  assert.equal((await again('given', [GIVEN])).bolt11, given.bolt11);
  await assert.rejects(again('given'), /Duplicate label/, 'the address was not ours');
  await fixture.store.commit([
    { sql: 'INSERT INTO shown (script, payment_hash) VALUES (?, ?)', params: [GIVEN_SCRIPT, 'ab'] },
  ]);
  const two = await again('two', [GIVEN, 'bcrt1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qzf4jry']);
  assert.equal(decodeInvoice(two.bolt11).fallbacks.length, 2);
  await assert.rejects(again('two'), /Duplicate label/, 'we never give two');
});
