import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { sha256 } from '../../../src/base/crypto/hash.ts';
import { curve } from '../../../src/base/crypto/secp256k1.ts';
import type { ErrorName } from '../../../src/base/errors.ts';
import { RpcError } from '../../../src/base/errors.ts';
import { MAX_U64, type Msat, msat } from '../../../src/base/types/amount.ts';
import type { NodeId } from '../../../src/base/types/brand.ts';
import type { CurrencyCode } from '../../../src/base/types/currency.ts';
import { fromHex, toHex } from '../../../src/base/types/hex.ts';
import { Secret } from '../../../src/base/types/secret.ts';
import type { ShortChannelId } from '../../../src/base/types/short-channel-id.ts';
import { decodeInvoice, signWith } from '../../../src/codec/bolt11/native.ts';
import type { CreateRequest } from '../../../src/shop/invoices/create-request.ts';
import { type Fixture, openFixture } from './fixture.ts';

const PREIMAGE = '11'.repeat(32);
const LONG = 'x'.repeat(640);

interface Refusal {
  readonly title: string;
  readonly request: Partial<CreateRequest>;
  readonly error: ErrorName;
  readonly message: RegExp;
}

const REFUSALS: readonly Refusal[] = [
  {
    title: 'a label over 128 bytes',
    request: { label: 'é'.repeat(65) },
    error: 'INVALID_PARAMS',
    message: /over 128 bytes/,
  },
  {
    title: 'a label that is no text',
    request: { label: '\ud800' },
    error: 'INVALID_PARAMS',
    message: /^label: should be/,
  },
  {
    title: 'a label with a zero in it',
    request: { label: 'a\0b' },
    error: 'INVALID_PARAMS',
    message: /^label: should be/,
  },
  {
    title: 'a description over 639 bytes',
    request: { description: LONG },
    error: 'INVALID_PARAMS',
    message: /greater than 639 bytes.*640/,
  },
  {
    title: 'a hashed description that no listing could hold hundreds of',
    request: { description: 'x'.repeat(262_145), deschashonly: true },
    error: 'INVALID_PARAMS',
    message: /^Description greater than 262144 bytes invalid \(description length 262145\)$/,
  },
  {
    title: 'metadata of that size',
    request: { metadata: `{"x":"${'é'.repeat(131_072)}"}` },
    error: 'INVALID_PARAMS',
    message: /^Metadata greater than 262144 bytes invalid \(metadata length 262152\)$/,
  },
  {
    title: 'a description that is no text',
    request: { description: '\udc00' },
    error: 'INVALID_PARAMS',
    message: /^description: should be/,
  },
  {
    title: 'a label too long before a description too long',
    request: { label: LONG, description: LONG },
    error: 'INVALID_PARAMS',
    message: /^Label/,
  },
  {
    title: 'an expiry that does not fit',
    request: { expiry: MAX_U64 },
    error: 'INVALID_PARAMS',
    message: /^expiry: should be at most/,
  },
  {
    title: 'a fallback that is no address',
    request: { fallbacks: ['nowhere'] },
    error: 'LIGHTNINGD',
    message: /^Fallback address not valid$/,
  },
  {
    title: 'a fallback of another network',
    request: { fallbacks: ['bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4'] },
    error: 'LIGHTNINGD',
    message: /^Fallback address does not match our network regtest$/,
  },
  {
    title: 'hints that fit no channel',
    request: { exposeprivatechannels: ['1x1x1' as never] },
    error: 'INVOICE_HINTS_GAVE_NO_ROUTES',
    message: /^None of those hints were suitable local channels$/,
  },
  {
    title: 'hints before the preimage',
    request: { exposeprivatechannels: ['1x1x1' as never], preimage: new Secret(PREIMAGE) },
    error: 'INVOICE_HINTS_GAVE_NO_ROUTES',
    message: /hints/,
  },
  {
    title: 'a preimage in use',
    request: { preimage: new Secret(PREIMAGE) },
    error: 'INVOICE_PREIMAGE_ALREADY_EXISTS',
    message: /^preimage already used$/,
  },
  {
    title: 'the preimage before the label',
    request: { label: 'taken', preimage: new Secret(PREIMAGE) },
    error: 'INVOICE_PREIMAGE_ALREADY_EXISTS',
    message: /preimage/,
  },
  {
    title: 'a label in use',
    request: { label: 'taken' },
    error: 'INVOICE_LABEL_ALREADY_EXISTS',
    message: /^Duplicate label 'taken'$/,
  },
  {
    title: 'two sources of the hash',
    request: { deschashonly: true, description_hash: '22'.repeat(32) },
    error: 'INVALID_PARAMS',
    message: /Can only specify one of/,
  },
];

describe('creating an invoice', () => {
  let fixture: Fixture;
  before(async () => {
    fixture = openFixture();
    await fixture.create('taken', { preimage: new Secret(PREIMAGE) });
  });
  after(() => fixture.close());

  for (const { title, request, error, message } of REFUSALS) {
    it(`refuses ${title}, and nothing exists afterwards`, async () => {
      await assert.rejects(fixture.create('fresh', request), (thrown) => {
        assert.ok(thrown instanceof RpcError);
        assert.equal(thrown.error, error);
        assert.match(thrown.message, message);
        return true;
      });
      assert.equal(await fixture.invoices.find({ label: 'fresh' }), undefined);
      const [count] = await fixture.store.read('SELECT COUNT(*) AS count FROM invoices');
      assert.equal(count?.count, 1n);
    });
  }

  it('writes what was asked for into a BOLT 11 that others can read', async () => {
    const fallback = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';
    const created = await fixture.invoices.create({
      amount_msat: msat(123_456),
      label: 'whole',
      description: 'one ☕',
      expiry: 60n,
      fallbacks: [fallback],
      cltv: 42,
    });
    const decoded = decodeInvoice(created.invoice.bolt11);
    assert.equal(decoded.currency, 'bcrt');
    assert.equal(decoded.amount_msat, 123_456n);
    assert.equal(decoded.description, 'one ☕');
    assert.equal(decoded.expiry_seconds, 60);
    assert.equal(decoded.min_final_cltv_expiry_delta, 42);
    assert.deepEqual(decoded.fallbacks, ['0014751e76e8199196d454941c45d1b3a323f1433bd6']);
    assert.equal(decoded.payee, fixture.options.signer.node_id);
    assert.equal(decoded.payment_hash, created.invoice.payment_hash);
    assert.equal(decoded.payment_secret, created.payment_secret);
    assert.equal(created.invoice.expires_at, fixture.clock.nowSeconds() + 60);
    assert.equal(created.warnings.warning_capacity, 'Insufficient incoming channel capacity to pay invoice');
  });

  it('puts the hash of a long description into the invoice and keeps the text', async () => {
    const invoice = await fixture.create('hashed', { description: LONG, deschashonly: true });
    assert.equal(decodeInvoice(invoice.bolt11).description_hash, toHex(sha256(Buffer.from(LONG))));
    assert.equal((await fixture.invoices.find({ label: 'hashed' }))?.description, LONG);
    await fixture.create('as long as it may be', { description: 'x'.repeat(262_144), deschashonly: true });
    const relayed = await fixture.create('relayed', { description_hash: '22'.repeat(32) });
    assert.equal(decodeInvoice(relayed.bolt11).description_hash, '22'.repeat(32));
  });

  it('derives the hash from the preimage that it is given, and never shows the preimage of what is not paid', async () => {
    const preimage = '33'.repeat(32);
    const invoice = await fixture.create('own preimage', { preimage: new Secret(preimage) });
    assert.equal(invoice.payment_hash, toHex(sha256(fromHex(preimage))));
    const found = await fixture.invoices.find({ label: 'own preimage' });
    assert.equal(inspect([invoice, found], { depth: 9 }).includes(preimage), false);
  });

  it('keeps any amount of 64 bits', async () => {
    let label = 0;
    await fc.assert(
      fc.asyncProperty(fc.bigInt(1n, MAX_U64), async (amount) => {
        const name = `amount ${label++}`;
        await fixture.create(name, { amount_msat: amount as Msat });
        assert.equal((await fixture.invoices.find({ label: name }))?.amount_msat, amount);
      }),
      { numRuns: 30, examples: [[1n], [MAX_U64], [2n ** 63n]] },
    );
    await fixture.create('any amount', { amount_msat: 'any' });
    assert.equal((await fixture.invoices.find({ label: 'any amount' }))?.amount_msat, undefined);
  });

  it('lets exactly one of two requests for a label win', async () => {
    const outcomes = await Promise.allSettled([fixture.create('raced'), fixture.create('raced')]);
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    const [loser] = outcomes.filter((outcome) => outcome.status === 'rejected');
    assert.equal((loser as PromiseRejectedResult).reason.error, 'INVOICE_LABEL_ALREADY_EXISTS');
  });

  it('answers an equal idempotent request again, at once or in a race, and refuses an unequal one', async () => {
    const request = { idempotent: true, metadata: '{"order":7}', expiry: 99n };
    const [first, second] = await Promise.all([fixture.create('order 7', request), fixture.create('order 7', request)]);
    fixture.clock.advance(5000);
    const third = await fixture.create('order 7', request);
    assert.equal(second.bolt11, first.bolt11);
    assert.equal(third.bolt11, first.bolt11);
    const unequal: Partial<CreateRequest>[] = [
      { amount_msat: msat(1001) },
      { amount_msat: 'any' },
      { description: 'tea' },
      { expiry: 98n },
      { cltv: 99 },
      { metadata: '{"order":8}' },
      { preimage: new Secret('44'.repeat(32)) },
      { deschashonly: true },
    ];
    for (const difference of unequal) {
      await assert.rejects(fixture.create('order 7', { ...request, ...difference }), /Duplicate label 'order 7'/);
    }
  });

  it('answers a repeated request for any amount, and none for one that names an amount', async () => {
    const request = { idempotent: true, amount_msat: 'any' } as const;
    const first = await fixture.create('donation', request);
    assert.equal((await fixture.create('donation', request)).bolt11, first.bolt11);
    const named = { ...request, amount_msat: msat(1000) };
    await assert.rejects(fixture.create('donation', named), /Duplicate label 'donation'/);
  });

  it('answers a repeated request that leaves the cltv to the node, whatever the default has become', async () => {
    const earlier = openFixture({ store: fixture.store, cltv_final_blocks: 40 });
    const first = await earlier.create('default moved', { idempotent: true });
    assert.equal((await fixture.create('default moved', { idempotent: true })).bolt11, first.bolt11);
    await assert.rejects(fixture.create('default moved', { idempotent: true, cltv: 41 }), /Duplicate label/);
    await earlier.invoices.stop();
  });

  it('asks for 24 blocks unless told otherwise, and refuses fewer than 19 with the least that works', async () => {
    const blocks = async (cltv: number | undefined) =>
      decodeInvoice((await fixture.create(`cltv ${cltv}`, { cltv })).bolt11).min_final_cltv_expiry_delta;
    assert.equal(await blocks(undefined), 24);
    assert.equal(await blocks(19), 19);
    for (const cltv of [0, 9, 18]) {
      await assert.rejects(fixture.create(`cltv ${cltv}`, { cltv }), /^RpcError: cltv: should be at least 19/);
      assert.equal(await fixture.invoices.find({ label: `cltv ${cltv}` }), undefined);
    }
  });

  it('takes metadata for equal whatever the order of its members, as a client that repeats may not keep it', async () => {
    const request = { idempotent: true, metadata: '{"order":12345678901234567890,"lines":[{"a":1,"b":2.0}]}' };
    const first = await fixture.create('unordered', request);
    const metadata = '{"lines":[{"b":2,"a":1}],"order":12345678901234567890}';
    assert.equal((await fixture.create('unordered', { ...request, metadata })).metadata, first.metadata);
    for (const other of ['{"order":12345678901234567891,"lines":[{"a":1,"b":2}]}', '{"order":1}', '{}', undefined]) {
      await assert.rejects(fixture.create('unordered', { ...request, metadata: other }), /Duplicate label 'unordered'/);
    }
  });

  it('answers the secret that is in the invoice, also when others composed that', async () => {
    const other = openFixture({ payment_secret_key: new Secret(new Uint8Array(32)) });
    const preimage = new Secret('77'.repeat(32));
    const { bolt11 } = await other.create('composed', { preimage });
    await other.close();
    await fixture.invoices.take({ invstring: bolt11, label: 'composed', preimage });
    const request = { amount_msat: msat(1000), label: 'composed', description: 'coffee', idempotent: true };
    const { invoice, payment_secret } = await fixture.invoices.create(request);
    assert.equal(payment_secret, decodeInvoice(invoice.bolt11).payment_secret);
  });

  it('answers a repeated request also when the channel that it names is gone', async () => {
    const id = '1x2x3' as ShortChannelId;
    fixture.candidates.push({
      pubkey: `02${'aa'.repeat(32)}` as NodeId,
      short_channel_id: id,
      scid_alias: false,
      announced: false,
      online: true,
      receivable_msat: msat(5000),
      htlc_maximum_msat: msat(5000),
      fee_base_msat: 1,
      fee_proportional_millionths: 10,
      cltv_expiry_delta: 6,
      peer_incoming_msat: msat(1),
    });
    const request = { idempotent: true, exposeprivatechannels: [id] };
    const first = await fixture.create('hinted', request);
    fixture.candidates.pop();
    assert.equal((await fixture.create('hinted', request)).bolt11, first.bolt11);
    await assert.rejects(fixture.create('another', request), /None of those hints/);
  });

  it('takes texts and a time of expiry up to their limits', async () => {
    const label = 'é'.repeat(64);
    const expiry = BigInt(Number.MAX_SAFE_INTEGER - fixture.clock.nowSeconds());
    const invoice = await fixture.create(label, { description: 'x'.repeat(639), expiry });
    assert.equal(invoice.expires_at, Number.MAX_SAFE_INTEGER);
    assert.equal((await fixture.invoices.find({ label }))?.expires_at, Number.MAX_SAFE_INTEGER);
    await assert.rejects(fixture.create('longer', { expiry: expiry + 1n }), {
      error: 'INVALID_PARAMS',
      message: `expiry: should be at most ${expiry} seconds: invalid token '${expiry + 1n}'`,
    });
  });

  it('says of what BOLT 11 has no room for that it is the request, and of a fault of ours what it was', async () => {
    await assert.rejects(fixture.create('upper', { description_hash: 'AB'.repeat(32) }), {
      error: 'INVALID_PARAMS',
      message: /^The invoice cannot be written: .*description_hash/,
    });
    const sign = (): never => {
      throw new TypeError('the key is gone');
    };
    const broken = openFixture({ signer: { ...fixture.options.signer, sign } });
    await assert.rejects(broken.create('unsigned'), TypeError);
    assert.equal(await broken.invoices.find({ label: 'unsigned' }), undefined);
    await broken.close();
  });

  it('is valid for an hour, or for as long as the node is told, unless the request says', async () => {
    const valid = async (own: Fixture, label: string, expiry?: bigint) => {
      const { created_at, expires_at, bolt11 } = await own.create(label, { expiry });
      assert.equal(decodeInvoice(bolt11).expiry_seconds, expires_at - created_at);
      return expires_at - created_at;
    };
    assert.equal(await valid(fixture, 'an hour'), 3600);
    const own = openFixture({ default_expiry_seconds: () => 77 });
    assert.deepEqual([await valid(own, 'a'), await valid(own, 'b', 5n), await valid(own, 'c', 0n)], [77, 5, 0]);
    await own.close();
  });

  it('has no invoice for a price where there are no rates', async () => {
    const price = { currency: 'EUR' as CurrencyCode, amount: 450n };
    await assert.rejects(fixture.create('breakfast', { amount_msat: price }), { error: 'RATE_UNAVAILABLE' });
  });

  it('does not take a text of another node for one of ours that has its hash', async () => {
    const preimage = new Secret('88'.repeat(32));
    const key = sha256(Buffer.from('another key'));
    const signer = { node_id: toHex(curve.publicKey(key)) as NodeId, sign: signWith(key) };
    const other = openFixture({ signer });
    const { bolt11 } = await other.create('same hash', { preimage });
    await other.close();
    const ours = await fixture.create('same hash', { preimage });
    assert.equal(await fixture.invoices.find({ invstring: bolt11 }), undefined);
    assert.equal((await fixture.invoices.find({ invstring: ours.bolt11 }))?.label, 'same hash');
  });

  it('finds an invoice by label, hash and text, in either case and with a scheme before it', async () => {
    const invoice = await fixture.create('found');
    const { bolt11, payment_hash } = invoice;
    const keys = [{ label: 'found' }, { payment_hash }, { invstring: bolt11 }];
    for (const key of [
      ...keys,
      { invstring: `lightning:${bolt11}` },
      { invstring: `LIGHTNING:${bolt11.toUpperCase()}` },
    ]) {
      assert.deepEqual(await fixture.invoices.find(key), invoice);
    }
    assert.equal(await fixture.invoices.find({ label: 'lost' }), undefined);
    await assert.rejects(fixture.invoices.find({ invstring: 'lnbc1nonsense' }), /^RpcError: Invalid invstring$/);
  });
});
