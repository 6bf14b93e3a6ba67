import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { msat } from '../../../src/base/types/amount.ts';
import type { CurrencyCode } from '../../../src/base/types/currency.ts';
import type { Price } from '../../../src/base/types/price.ts';
import { moneyOf, msatOf } from '../../../src/shop/refunds/money.ts';
import { ADDRESS, customerInvoice, RefundShop } from './shop.ts';

function priceOf(amount: bigint): Price {
  return {
    currency: 'EUR' as CurrencyCode,
    amount,
    rate: '58123.45',
    rate_at: 1,
    rate_sources: ['a', 'b'],
    margin_ppm: 0,
  };
}

test('refunds of everything add up to the price, to the cent, whatever the parts are', () => {
  const parts = fc.array(fc.bigInt(1n, 10n ** 9n), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(parts, fc.bigInt(1n, 10n ** 7n), (amounts, price_amount) => {
      const price = priceOf(price_amount);
      const asked_msat = msat(amounts.reduce((total, each) => total + each, 0n));
      let before = { amount_msat: 0n, amount: 0n };
      for (const amount_msat of amounts) {
        const amount = moneyOf(price, asked_msat, before, amount_msat);
        assert.ok(amount >= 0n);
        before = { amount_msat: before.amount_msat + amount_msat, amount: before.amount + amount };
      }
      assert.equal(before.amount, price_amount);
    }),
  );
});

test('the whole price is all that was asked for, and a part never more than its share', () => {
  fc.assert(
    fc.property(fc.bigInt(1n, 10n ** 7n), fc.bigInt(1n, 10n ** 12n), fc.nat(), (amount, asked, share) => {
      const price = priceOf(amount);
      assert.equal(msatOf(price, msat(asked), amount), asked);
      const part = BigInt(share) % (amount + 1n);
      assert.ok(msatOf(price, msat(asked), part) * amount <= asked * part);
    }),
  );
});

test('a refund says how much of the price went back', async (t) => {
  const shop = new RefundShop();
  await shop.fixture.invoices.start();
  t.after(() => shop.close());
  await shop.sell('breakfast', 7_743_000, priceOf(450n));
  const part = await shop.refund({ label: 'breakfast', destination: customerInvoice(undefined), amount: 150n });
  assert.deepEqual([part.amount_msat, part.money], [2_581_000n, { currency: 'EUR', amount: 150n }]);
  const rest = await shop.refund({ label: 'breakfast', destination: ADDRESS });
  assert.deepEqual([rest.amount_msat, rest.money], [5_162_000n, { currency: 'EUR', amount: 300n }]);
  assert.deepEqual(await shop.refunded(1), { amount_msat: 7_743_000n, amount: 450n });
});
