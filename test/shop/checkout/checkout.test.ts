/** Names of pages, waiting for a change, and a further invoice after one that has expired. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkoutPort } from '../../../src/app/daemon/checkout-port.ts';
import { NETWORKS } from '../../../src/base/types/network.ts';
import { Checkout } from '../../../src/shop/checkout/checkout.ts';
import { type Fixture, openFixture } from '../invoices/fixture.ts';

/** A shop with pages and no chain. */
class Pages {
  readonly fixture: Fixture = openFixture();
  readonly checkout: Checkout;

  constructor() {
    const { store, clock, options, invoices } = this.fixture;
    const deposits = { isInvoiceAddress: async () => false, ofInvoice: async () => [], listen: () => () => {} };
    const checkout: Checkout = new Checkout({
      store,
      clock,
      randomBytes: options.randomBytes,
      network: NETWORKS.regtest,
      invoices: checkoutPort(
        invoices,
        deposits,
        NETWORKS.regtest,
        async () => false,
        () => checkout,
      ),
      deposits,
      unconfirmedTo: async () => undefined,
      height: () => 100,
      confirmations: 1,
    });
    checkout.servedAt('https://pay.example');
    this.checkout = checkout;
  }

  /** Makes an invoice with a page; answers the page's name. */
  async create(label: string, is_renewable = true): Promise<string> {
    const page = this.checkout.newPage({ label, redirect_url: undefined, is_renewable });
    await this.fixture.create(label, {
      expiry: 60n,
      metadata: '{"order":7}',
      beside: (payment_hash) => [this.checkout.pageWrite(page, payment_hash)],
    });
    return page.public_id;
  }

  async status(public_id: string): Promise<string | undefined> {
    return (await this.checkout.view(public_id))?.status;
  }
}

async function withPages(run: (pages: Pages) => Promise<void>): Promise<void> {
  const pages = new Pages();
  try {
    await run(pages);
  } finally {
    await pages.fixture.close();
  }
}

test('an invoice that asks for no page has none, and costs nothing', () =>
  withPages(async ({ fixture, checkout }) => {
    const { created_index } = await fixture.create('plain');
    assert.equal(await checkout.ofInvoice(created_index), undefined);
    assert.deepEqual(await fixture.store.read('SELECT * FROM checkout_pages'), []);
  }));

test('a page is found by its whole name alone', () =>
  withPages(async (pages) => {
    const id = await pages.create('a');
    assert.match(id, /^[0-9a-f]{32}$/);
    assert.equal(await pages.status(id), 'waiting');
    for (const wrong of ['', id.slice(1), `${id}0`, id.toUpperCase(), 'a', `${id.slice(0, -1)}%`]) {
      assert.equal(await pages.status(wrong), undefined, wrong);
    }
  }));

test('without pages that are served nobody gets one', () =>
  withPages(async ({ checkout }) => {
    checkout.servedAt(undefined);
    const asked = { label: 'a', redirect_url: undefined, is_renewable: false };
    assert.throws(() => checkout.newPage(asked), /serves no pages. Start it with --shop-bind/);
  }));

test('who waits hears of the change that happens before, while and after it begins to wait', () =>
  withPages(async (pages) => {
    const { checkout, fixture } = pages;
    const id = await pages.create('a');
    const name = ({ status }: { readonly status: string }): string => status;
    const signal = new AbortController().signal;
    assert.equal((await checkout.changed(id, 'another', name, signal))?.status, 'waiting');
    const waiting = checkout.changed(id, 'waiting', name, signal);
    await fixture.pay('a');
    assert.equal((await waiting)?.status, 'paid');
    assert.equal((await checkout.changed(id, 'waiting', name, signal))?.status, 'paid');
    const gone = checkout.changed(id, 'paid', name, signal);
    await fixture.invoices.remove('a', 'paid');
    assert.equal(await gone, undefined);
    const other = await pages.create('b');
    const left = new AbortController();
    const leaving = checkout.changed(other, 'waiting', name, left.signal);
    left.abort(new Error('gone'));
    await assert.rejects(leaving, /gone/);
  }));

test('a further invoice is like the one that has expired, and two who ask get the same', () =>
  withPages(async (pages) => {
    const { checkout, fixture } = pages;
    const first = await pages.create('order');
    assert.equal(await checkout.renew(first), first, 'it can still be paid');
    fixture.clock.advance(61_000);
    assert.equal(await pages.status(first), 'expired');
    const [one, two] = await Promise.all([checkout.renew(first), checkout.renew(first)]);
    assert.equal(one, two);
    assert.notEqual(one, first);
    assert.equal(await pages.status(one), 'waiting');
    const next = await fixture.invoices.find({ label: 'order~2' });
    assert.deepEqual(
      [next?.amount_msat, next?.description, next?.metadata, (next?.expires_at ?? 0) - (next?.created_at ?? 0)],
      [1000n, 'coffee', '{"order":7}', 60],
    );
    fixture.clock.advance(61_000);
    const third = await checkout.renew(first);
    assert.ok(![first, one].includes(third));
    assert.equal((await fixture.invoices.find({ label: 'order~3' }))?.status, 'unpaid');
    await fixture.pay('order~3');
    assert.equal(await checkout.renew(one), third, 'who comes back late sees that it is paid');
  }));

test('no further invoice where the shop does not want one, or where its label is taken', () =>
  withPages(async (pages) => {
    const { checkout, fixture } = pages;
    const closed = await pages.create('closed', false);
    const taken = await pages.create('taken');
    await fixture.create('taken~2');
    fixture.clock.advance(61_000);
    await assert.rejects(checkout.renew(closed), /does not offer/);
    await assert.rejects(checkout.renew(taken), /uses this label for something else/);
    await assert.rejects(checkout.renew('0'.repeat(32)), /no such page/);
    const long = { label: 'x'.repeat(113), redirect_url: undefined, is_renewable: true };
    assert.throws(() => checkout.newPage(long), /at most 112 bytes/);
  }));
