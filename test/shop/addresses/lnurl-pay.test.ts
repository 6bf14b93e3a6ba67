import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { addressInvoices } from '../../../src/app/daemon/address-invoices.ts';
import { sha256 } from '../../../src/base/crypto/hash.ts';
import { msat } from '../../../src/base/types/amount.ts';
import type { PaymentHash } from '../../../src/base/types/brand.ts';
import type { AddressSettings } from '../../../src/shop/addresses/address.ts';
import { Addresses } from '../../../src/shop/addresses/addresses.ts';
import { lnurlOf } from '../../../src/shop/addresses/lnurl.ts';
import { LNURL_EXPIRY_SECONDS, LnurlPay } from '../../../src/shop/addresses/lnurl-pay.ts';
import type { PayerRequest } from '../../../src/shop/addresses/payer.ts';
import { FORGET_AFTER_SECONDS } from '../../../src/shop/invoices/forget.ts';
import { LnurlWallet, ShopRefused } from '../../support/lnurl-wallet.ts';
import { collect, type Fixture, idle, openFixture } from '../invoices/fixture.ts';

const BASE = 'https://shop.example';
const MOST_UNPAID = 20;
const SETTINGS: AddressSettings = {
  description: 'A cup of "coffee" ☕',
  min_msat: msat(1_000),
  max_msat: msat(5_000_000),
  comment_length: 0,
  payer_data: {},
  success_message: undefined,
  success_url: undefined,
  success_secret: undefined,
  is_enabled: true,
};

describe('Lightning addresses', () => {
  let fixture: Fixture;
  let addresses: Addresses;
  let pay: LnurlPay;
  let wallet: LnurlWallet;
  let receivable_msat = 10_000_000n;
  beforeEach(() => {
    fixture = openFixture();
    receivable_msat = 10_000_000n;
    addresses = new Addresses(fixture);
    let drawn = 0;
    pay = new LnurlPay(addresses, {
      invoices: addressInvoices(fixture.invoices),
      randomBytes: (length) => sha256(Buffer.from(`lnurl ${drawn++}`)).subarray(0, length),
      receivableMsat: () => receivable_msat,
      most_unpaid: MOST_UNPAID,
      onUnexpected: (error) => assert.fail(error as Error),
    });
    wallet = new LnurlWallet(serve);
  });
  afterEach(() => fixture.close());

  /** What the web process does with a URL. */
  async function serve(text: string): Promise<string> {
    const url = new URL(text);
    assert.equal(url.origin, BASE);
    const [, first, second = '', third = '', fourth = ''] = url.pathname.split('/');
    const answer =
      first === '.well-known'
        ? await pay.request(third, BASE)
        : second === 'verify'
          ? await pay.verify(third, fourth)
          : await pay.invoice(second, third, Object.fromEntries(url.searchParams) as PayerRequest, BASE);
    return JSON.stringify(answer);
  }

  function create(name: string, settings: Partial<AddressSettings> = {}) {
    return addresses.create(name, { ...SETTINGS, ...settings });
  }

  it('are paid by their name, and by the QR code of their URL', async () => {
    await create('coffee');
    for (const scanned of ['coffee@shop.example', lnurlOf({ name: 'coffee', tag: undefined }, BASE)]) {
      const terms = await wallet.open(scanned);
      assert.deepEqual(JSON.parse(terms.metadata), [
        ['text/plain', 'A cup of "coffee" ☕'],
        ['text/identifier', 'coffee@shop.example'],
      ]);
      const invoice = await wallet.ask(terms, 2_000_000);
      assert.equal(await wallet.verify(invoice), undefined);
      assert.ok(await fixture.invoices.markPaid(invoice.payment_hash as PaymentHash, msat(2_000_000)));
      assert.ok(await wallet.verify(invoice));
      assert.equal(invoice.shown('00'.repeat(32)), undefined);
    }
    const paid = await collect(fixture.invoices.list({ index: 'paid' }));
    assert.equal(paid.length, 2);
    assert.match(paid[0]?.label ?? '', /^lnurlp\/coffee\/[0-9a-f]{16}$/);
    assert.equal(paid[0]?.metadata, '{"lightning_address":"coffee@shop.example"}');
  });

  it('are encoded as LUD-01 shows', () => {
    const lnurl = lnurlOf({ name: 'coffee', tag: undefined }, BASE);
    assert.match(lnurl, /^LNURL1[02-9AC-HJ-NP-Z]+$/);
    assert.ok(lnurlOf({ name: 'x'.repeat(64), tag: undefined }, BASE).length > 90, 'longer than an address');
  });

  it('take a tag, which stands in the metadata', async () => {
    await create('table');
    const terms = await wallet.open('table+7@shop.example');
    assert.deepEqual(JSON.parse(terms.metadata)[2], ['text/tag', '7']);
    await wallet.ask(terms, 1_000);
    const [invoice] = await collect(fixture.invoices.list({}));
    assert.match(invoice?.label ?? '', /^lnurlp\/table\//);
    assert.equal(invoice?.metadata, '{"lightning_address":"table+7@shop.example"}');
  });

  it('keep their limits', async () => {
    await create('coffee');
    const terms = await wallet.open('coffee@shop.example');
    for (const [amount, reason] of [
      [999, /between 1000 and 5000000/],
      [5_000_001, /between 1000 and 5000000/],
      [-1, /no whole number/],
      [1.5, /no whole number/],
      [2 ** 70, /no whole number/],
    ] as const) {
      await assert.rejects(wallet.ask(terms, amount), (error) => {
        assert.ok(error instanceof ShopRefused);
        return reason.test(error.message);
      });
    }
    const { reason } = await pay.invoice('coffee', terms.callback.split('/').at(-1) as string, {}, BASE);
    assert.match(String(reason), /amount is missing/);
    receivable_msat = 1_999n;
    await assert.rejects(wallet.ask(terms, 2_000), /cannot receive that much/);
    assert.deepEqual(await collect(fixture.invoices.list({})), []);
  });

  it('take a comment as long as they say, and keep it for the shop', async () => {
    await create('tips', { comment_length: 5 });
    const terms = await wallet.open('tips@shop.example');
    assert.equal(terms.commentAllowed, 5);
    await wallet.ask(terms, 1_000, { comment: '☕🦊<&"' });
    await assert.rejects(wallet.ask(terms, 1_000, { comment: '123456' }), /more than 5 characters/);
    const [invoice] = await collect(fixture.invoices.list({}));
    assert.equal(JSON.parse(invoice?.metadata ?? '{}').comment, '☕🦊<&"');
    await create('silent');
    await assert.rejects(wallet.ask(await wallet.open('silent@shop.example'), 1_000, { comment: 'x' }), /no comment/);
  });

  it('ask who pays, and commit to what they are told', async () => {
    await create('tickets', { payer_data: { name: 'mandatory', email: 'optional', pubkey: 'optional' } });
    const terms = await wallet.open('tickets@shop.example');
    assert.deepEqual(terms.payerData, {
      name: { mandatory: true },
      email: { mandatory: false },
      pubkey: { mandatory: false },
    });
    // The invoice commits to all of it (the wallet checks that), the shop keeps what it has asked for.
    await wallet.ask(terms, 1_000, { payer: { name: 'Zoë "Z" + Ölaf', email: 'z@x.example', shoe_size: 43 } });
    const [invoice] = await collect(fixture.invoices.list({}));
    assert.deepEqual(JSON.parse(invoice?.metadata ?? '{}').payer_data, {
      name: 'Zoë "Z" + Ölaf',
      email: 'z@x.example',
    });
    const cases: readonly (readonly [Readonly<Record<string, unknown>> | undefined, RegExp])[] = [
      [undefined, /payer's name is required/],
      [{}, /payer's name is required/],
      [{ name: '' }, /payer's name is required/],
      [{ name: 7 }, /payer's name is not of the right form/],
      [{ name: 'x'.repeat(257) }, /payer's name is not/],
      [{ name: 'x', email: 'nobody' }, /payer's email is not/],
      [{ name: 'x', pubkey: '02ff' }, /payer's pubkey is not/],
      [{ name: 'x', more: 'y'.repeat(2_000) }, /more than 2000 characters/],
    ];
    for (const [payer, reason] of cases) await assert.rejects(wallet.ask(terms, 1_000, payer && { payer }), reason);
    const revision = terms.callback.split('/').at(-1) as string;
    for (const payerdata of ['', '[]', '"x"', '{', 'null', '{"name":"x"}}']) {
      const { status } = await pay.invoice('tickets', revision, { amount: '1000', payerdata }, BASE);
      assert.equal(status, 'ERROR', payerdata);
    }
  });

  it('commit to nothing that they did not ask for', async () => {
    await create('coffee');
    await wallet.ask(await wallet.open('coffee@shop.example'), 1_000, { payer: { name: 'x' } });
    const [invoice] = await collect(fixture.invoices.list({}));
    assert.equal(invoice?.metadata, '{"lightning_address":"coffee@shop.example"}');
  });

  it('show a message, a link or a secret once they are paid', async () => {
    await create('message', { success_message: 'Thanks!' });
    await create('link', { success_url: `${BASE}/thanks`, success_message: 'Your order' });
    await create('elsewhere', { success_url: 'https://other.example/', success_message: 'Your order' });
    await create('secret', { success_secret: 'The door code is 1234 🔑' });
    await create('long', { success_secret: 'x'.repeat(3_000) });
    const shown: (string | undefined)[] = [];
    for (const name of ['message', 'link', 'elsewhere', 'secret', 'long']) {
      const invoice = await wallet.ask(await wallet.open(`${name}@shop.example`), 1_000);
      const preimage = await fixture.invoices.markPaid(invoice.payment_hash as PaymentHash, msat(1_000));
      shown.push(invoice.shown(preimage as string)?.slice(0, 60));
    }
    assert.deepEqual(shown.slice(0, 4), [
      'Thanks!',
      'Your order https://shop.example/thanks',
      'Your order',
      'Thank you The door code is 1234 🔑',
    ]);
    assert.match(shown[4] ?? '', /^Thank you x{50}$/);
  });

  it('answer in words that they are not there, are switched off, or have changed', async () => {
    await create('coffee');
    const terms = await wallet.open('coffee@shop.example');
    await addresses.update('coffee', { max_msat: msat(2_000) });
    await assert.rejects(wallet.ask(terms, 5_000_000), /has changed: ask again/);
    await addresses.update('coffee', { is_enabled: false });
    await assert.rejects(wallet.open('coffee@shop.example'), /no such Lightning address/);
    for (const name of ['tea', '', '..', 'COFFEE', 'coffee+', '+x', 'a b', 'coffee+a+b', '__proto__', '𝓬']) {
      assert.equal((await pay.request(name, BASE)).status, 'ERROR', name);
    }
  });

  it('show whether an invoice is paid to those who have it, and of no other invoice', async () => {
    await create('coffee');
    const invoice = await wallet.ask(await wallet.open('coffee@shop.example'), 1_000);
    const [, proof] = /\/([0-9a-f]{16})$/.exec(invoice.verify as string) as unknown as [string, string];
    assert.equal((await pay.verify(invoice.payment_hash, proof)).status, 'OK');
    const own = await fixture.create('of the shop itself');
    for (const [hash, given] of [
      [invoice.payment_hash, proof.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))],
      [invoice.payment_hash, ''],
      [own.payment_hash, proof],
      ['zz', proof],
    ] as const) {
      assert.deepEqual(await pay.verify(hash, given), { status: 'ERROR', reason: 'Not found' });
    }
  });

  it('let strangers leave only so many unpaid invoices, for ten minutes, and nothing after that', async () => {
    await create('coffee');
    const terms = await wallet.open('coffee@shop.example');
    for (let count = 0; count < MOST_UNPAID; count++) await wallet.ask(terms, 1_000);
    await assert.rejects(wallet.ask(terms, 1_000), /Too many payments/);
    const [first] = await collect(fixture.invoices.list({ limit: 1, index: 'created' }));
    assert.ok(await fixture.invoices.markPaid(first?.payment_hash as PaymentHash, msat(1_000)));
    await wallet.ask(terms, 1_000);
    const kept = await fixture.create('of the shop itself');
    const count = async (): Promise<number> =>
      Number((await fixture.store.read('SELECT COUNT(*) AS count FROM invoices'))[0]?.count);
    assert.equal(await count(), MOST_UNPAID + 2);
    /** What is due is done, and what that makes due. */
    const turn = async (): Promise<void> => {
      fixture.clock.advance(0);
      await idle(fixture);
    };
    fixture.clock.advance(LNURL_EXPIRY_SECONDS * 1000);
    while ((await fixture.invoices.countTransient(1)) > 0) await turn();
    await wallet.ask(terms, 1_000);
    fixture.clock.advance(FORGET_AFTER_SECONDS * 1000);
    // The paid one, the shop's own, and the one that has expired just now.
    while ((await count()) > 3) await turn();
    const labels = (await collect(fixture.invoices.list({}))).map(({ label }) => label);
    assert.equal(labels[0], first?.label);
    assert.equal(labels[1], kept.label);
    const read = () => fixture.store.read('SELECT type, label FROM events ORDER BY event_id');
    while ((await read()).length < 3) await turn();
    const events = await read();
    assert.deepEqual(
      events.map(({ type, label }) => [type, label]),
      [
        ['invoice.paid', first?.label],
        ['invoice.created', kept.label],
        ['invoice.expired', kept.label],
      ],
    );
  });

  it('are cleaned without an event by autoclean too, and after a restart', async () => {
    await create('coffee');
    const terms = await wallet.open('coffee@shop.example');
    await wallet.ask(terms, 1_000);
    fixture.clock.advance((LNURL_EXPIRY_SECONDS + 1) * 1000);
    assert.equal(await fixture.invoices.removeExpired(), 1);
    assert.deepEqual(await fixture.store.read('SELECT * FROM events'), []);
  });

  it('are made, changed and deleted one after the other', async () => {
    await create('coffee');
    await assert.rejects(create('coffee'), { error: 'LIGHTNING_ADDRESS_EXISTS' });
    const changes = await Promise.all([
      addresses.update('coffee', { description: 'Tea' }),
      addresses.update('coffee', { comment_length: 7 }),
    ]);
    assert.deepEqual([changes[1].description, changes[1].comment_length], ['Tea', 7]);
    assert.deepEqual(await addresses.list(), [changes[1]]);
    await assert.rejects(addresses.update('coffee', { max_msat: msat(1) }), { error: 'INVALID_PARAMS' });
    assert.deepEqual(await addresses.delete('coffee'), changes[1]);
    await assert.rejects(addresses.delete('coffee'), { error: 'LIGHTNING_ADDRESS_NOT_FOUND' });
    await assert.rejects(addresses.update('coffee', {}), { error: 'LIGHTNING_ADDRESS_NOT_FOUND' });
  });

  it('are refused when wallets would refuse them', async () => {
    const cases: readonly (readonly [string, Partial<AddressSettings>])[] = [
      ['Coffee', {}],
      ['', {}],
      ['.well', {}],
      ['a/b', {}],
      ['x'.repeat(65), {}],
      ['a', { description: '' }],
      ['a', { description: 'x'.repeat(501) }],
      ['a', { description: 'a\0b' }],
      ['a', { description: '\ud800' }],
      ['a', { min_msat: msat(0) }],
      ['a', { min_msat: msat(2_000), max_msat: msat(1_999) }],
      ['a', { max_msat: msat(2n ** 53n) }],
      ['a', { comment_length: 1_001 }],
      ['a', { success_message: 'x'.repeat(145) }],
      ['a', { success_url: 'javascript:alert(1)' }],
      ['a', { success_url: 'https://a:b@shop.example/' }],
      ['a', { success_url: BASE, success_secret: 'x' }],
      ['a', { success_secret: '☕'.repeat(1_001) }],
    ];
    for (const [name, settings] of cases) {
      await assert.rejects(create(name, settings), { error: 'INVALID_PARAMS' }, `${name} ${Object.keys(settings)}`);
    }
    assert.deepEqual(await addresses.list(), []);
  });

  it('answer whatever strangers send in words, and make no invoice of nonsense', async () => {
    await create('fuzzed', { comment_length: 20, payer_data: { name: 'optional', pubkey: 'optional' } });
    const revision = (await wallet.open('fuzzed@shop.example')).callback.split('/').at(-1) as string;
    const word = fc.oneof(fc.string({ unit: 'binary' }), fc.json(), fc.constantFrom('', '1000', '-1', '1e3', '{}'));
    await fc.assert(
      fc.asyncProperty(word, word, word, word, async (name, amount, comment, payerdata) => {
        const answers = [
          await pay.request(name, BASE),
          await pay.invoice('fuzzed', name, { amount, comment, payerdata }, BASE),
          await pay.verify(name, amount),
        ];
        for (const { status, reason } of answers) assert.deepEqual([status, typeof reason], ['ERROR', 'string']);
        const asked = await pay.invoice('fuzzed', revision, { amount, comment, payerdata }, BASE);
        assert.ok(asked.status === 'ERROR' || amount === '1000');
      }),
      { numRuns: 40 },
    );
  });
});
