import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { RpcError } from '../../../src/base/errors.ts';
import { msat } from '../../../src/base/types/amount.ts';
import type { RefundRequest } from '../../../src/shop/refunds/request.ts';
import { ADDRESS, customerInvoice, RefundShop } from './shop.ts';

async function open(t: TestContext): Promise<RefundShop> {
  const shop = new RefundShop();
  await shop.fixture.invoices.start();
  t.after(() => shop.close());
  return shop;
}

async function refused(asked: Promise<unknown>, error: string, message: RegExp): Promise<void> {
  await assert.rejects(asked, (thrown: RpcError) => {
    assert.equal(thrown.error, error, thrown.message);
    assert.match(thrown.message, message);
    return true;
  });
}

test('a refund is recorded, sent and told', async (t) => {
  const shop = await open(t);
  await shop.sell('tea', 5_000_000);
  const destination = customerInvoice(undefined);
  const sent = await shop.refund({ label: 'tea', destination, note: 'cold' });
  assert.deepEqual(
    [sent.refund_id, sent.status, sent.amount_msat, sent.fee_msat, sent.note],
    [1, 'sent', 5_000_000n, 21n, 'cold'],
  );
  assert.equal(shop.world.total_msat, 5_000_000n);
  assert.deepEqual(await shop.list(), [sent]);
  const rows = await shop.fixture.store.read(
    "SELECT type, label, data FROM events WHERE type LIKE 'refund%' ORDER BY event_id",
  );
  assert.deepEqual(
    rows.map(({ type, label }) => [type, label]),
    [
      ['refund.created', 'tea'],
      ['refund.sent', 'tea'],
    ],
  );
  const { refund_id, created_index, amount_msat, fee_msat } = JSON.parse(rows[1]?.data as string);
  assert.deepEqual([refund_id, created_index, amount_msat, fee_msat], [1, 1, 5_000_000, 21]);
});

test('to an address whole satoshi go, and the transaction is known', async (t) => {
  const shop = await open(t);
  await shop.sell('tea', 5_000_999);
  const sent = await shop.refund({ label: 'tea', destination: ADDRESS });
  assert.deepEqual([sent.method, sent.amount_msat, sent.fee_msat], ['onchain', 5_000_000n, 200_000n]);
  assert.ok(shop.world.transactions.has(sent.txid as string));
});

test('never more goes back than was received, however it is asked', async (t) => {
  const shop = await open(t);
  await shop.sell('tea', 5_000_000);
  const part = (amount: number): Promise<unknown> =>
    shop.refund({ label: 'tea', destination: customerInvoice(undefined), amount_msat: msat(amount) });
  await part(2_000_000);
  await refused(
    part(3_000_001),
    'REFUND_TOO_LARGE',
    /3000001 msat cannot be given back: 5000000 were received, 2000000 of them/,
  );
  await part(3_000_000);
  await refused(part(1), 'REFUND_TOO_LARGE', /were given back/);
  await refused(
    shop.refund({ label: 'tea', destination: customerInvoice(undefined) }),
    'REFUND_TOO_LARGE',
    /^0 msat cannot be given back/,
  );
  assert.equal(shop.world.total_msat, 5_000_000n);
});

test('of many at once only as many are sent as there is money', async (t) => {
  const shop = await open(t);
  await shop.sell('tea', 5_000_000);
  const asked = Array.from({ length: 10 }, () =>
    shop.refund({ label: 'tea', destination: customerInvoice(undefined), amount_msat: msat(1_500_000) }),
  );
  const outcomes = await Promise.allSettled(asked);
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 3);
  assert.equal(shop.world.total_msat, 4_500_000n);
});

test('what failed may be given back another time', async (t) => {
  const shop = await open(t);
  await shop.sell('tea', 5_000_000);
  shop.world.refuses = 'there is no route';
  const destination = customerInvoice(undefined);
  await refused(
    shop.refund({ label: 'tea', destination }),
    'REFUND_FAILED',
    /^The refund was not sent: there is no route$/,
  );
  await refused(shop.refund({ label: 'tea', destination: ADDRESS }), 'REFUND_FAILED', /there is no route/);
  assert.deepEqual(
    (await shop.list()).map(({ status, failure }) => [status, failure]),
    [
      ['failed', 'there is no route'],
      ['failed', 'there is no route'],
    ],
  );
  const told = await shop.fixture.store.read(
    "SELECT type FROM events WHERE type LIKE 'refund.%' AND label = 'tea' ORDER BY event_id",
  );
  assert.deepEqual(
    told.map(({ type }) => type),
    ['refund.created', 'refund.failed', 'refund.created', 'refund.failed'],
  );
  assert.equal((await shop.refunded(1)).amount_msat, 0n);
  shop.world.refuses = undefined;
  await shop.refund({ label: 'tea', destination });
  assert.equal(shop.world.total_msat, 5_000_000n);
});

test('an invoice pays one refund', async (t) => {
  const shop = await open(t);
  await shop.sell('tea', 5_000_000);
  const destination = customerInvoice(1_000_000);
  assert.equal((await shop.refund({ label: 'tea', destination })).amount_msat, 1_000_000n);
  await refused(shop.refund({ label: 'tea', destination }), 'REFUND_DESTINATION_FAILED', /was paid before/);
  const twice = customerInvoice(1_000_000);
  const outcomes = await Promise.allSettled([1, 2].map(() => shop.refund({ label: 'tea', destination: twice })));
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  assert.equal(shop.world.total_msat, 2_000_000n);
});

test('a repeat with the same key is the same refund', async (t) => {
  const shop = await open(t);
  await shop.sell('tea', 5_000_000);
  const request = (): RefundRequest => ({
    label: 'tea',
    destination: ADDRESS,
    amount_msat: msat(1_000_000),
    idempotency_key: 'k',
  });
  const all = await Promise.all([shop.refund(request()), shop.refund(request()), shop.refund(request())]);
  all.push(await shop.refund(request()));
  assert.deepEqual(new Set(all.map(({ refund_id }) => refund_id)), new Set([1]));
  assert.equal(shop.world.total_msat, 1_000_000n);
  await refused(
    shop.refund({ ...request(), amount_msat: msat(2_000_000) }),
    'IDEMPOTENCY_KEY_REUSED',
    /another refund/,
  );
  await refused(shop.refund({ ...request(), note: 'more' }), 'IDEMPOTENCY_KEY_REUSED', /another refund/);
});

test('only what was paid is given back, and only to what is a destination', async (t) => {
  const shop = await open(t);
  await shop.fixture.create('unpaid');
  await shop.sell('tea', 5_000_000);
  await refused(shop.refund({ label: 'none', destination: ADDRESS }), 'INVOICE_NOT_FOUND', /Unknown/);
  await refused(shop.refund({ label: 'unpaid', destination: ADDRESS }), 'INVOICE_STATUS_UNEXPECTED', /is unpaid/);
  await refused(shop.refund({ label: 'tea', destination: 'somewhere' }), 'INVALID_PARAMS', /^destination: should be/);
  const over = customerInvoice(1_000_000);
  await refused(
    shop.refund({ label: 'tea', destination: over, amount_msat: msat(7) }),
    'INVALID_PARAMS',
    /its invoice is over 1000000/,
  );
  await refused(shop.refund({ label: 'tea', destination: ADDRESS, note: 'a\0b' }), 'INVALID_PARAMS', /^note:/);
  await refused(shop.refund({ label: 'tea', destination: ADDRESS, amount: 5n }), 'INVALID_PARAMS', /no price/);
  assert.deepEqual(await shop.list(), []);
});

test('who stops waiting does not stop the refund', async (t) => {
  const shop = await open(t);
  await shop.sell('tea', 5_000_000);
  const gone = new AbortController();
  const asked = shop.refund({ label: 'tea', destination: ADDRESS }, gone.signal);
  gone.abort(new Error('the client is gone'));
  await assert.rejects(asked, /the client is gone/);
  await shop.quiet();
});

/** Every place where a process can end: behind each commit of a refund, and between the steps of the payment. */
const DEATHS: readonly ((shop: RefundShop) => void)[] = [
  ...[0, 1, 2].map((commits) => (shop: RefundShop) => shop.dieAfter(commits)),
  ...(['offered', 'arrived', 'broadcast'] as const).map((step) => (shop: RefundShop) => {
    shop.onStep = (each) => {
      if (each === step) shop.die();
    };
  }),
];

for (const method of ['bolt11', 'onchain'] as const) {
  for (const arrives of [true, false]) {
    test(`killed anywhere, a refund (${method}) is sent once or not at all; what was under way ${arrives ? 'arrives' : 'comes back'}`, async (t) => {
      for (const [place, kill] of DEATHS.entries()) {
        const shop = new RefundShop();
        await shop.fixture.invoices.start();
        t.after(() => shop.close());
        await shop.sell('tea', 5_000_000);
        kill(shop);
        const destination = method === 'bolt11' ? customerInvoice(undefined) : ADDRESS;
        await shop.refund({ label: 'tea', destination, idempotency_key: 'k' }).catch(() => {});
        shop.onStep = () => {};
        await shop.startAgain();
        if (shop.world.under_way.size > 0) {
          assert.deepEqual(
            (await shop.list()).map(({ status }) => status),
            ['pending'],
            'nobody knows yet',
          );
          shop.world.finish(arrives, msat(5_000_000));
        }
        await shop.quiet();
        assert.ok(shop.world.tries <= 1, `place ${place}: it was sent again by itself`);
        const [known] = await shop.list();
        assert.equal(shop.world.total_msat, known?.status === 'sent' ? 5_000_000n : 0n, `place ${place}`);
        assert.equal((await shop.refunded(1)).amount_msat, shop.world.total_msat, `place ${place}`);
        // The shop asks again, as it should: by the same key, and after a failure by a new one.
        const again = await shop.refund({ label: 'tea', destination, idempotency_key: 'k' }).catch(() => undefined);
        if (again === undefined) await shop.refund({ label: 'tea', destination, idempotency_key: 'k2' });
        assert.equal(shop.world.total_msat, 5_000_000n, `place ${place}`);
      }
    });
  }
}
