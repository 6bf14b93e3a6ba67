/** The ledger against a shop that is played through: every file of it adds up, to the millisatoshi and the cent. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { exportledger } from '../../../src/api/commands/exportledger.ts';
import { ledgerEntries } from '../../../src/api/commands/ledger-entries.ts';
import type { Modules } from '../../../src/api/commands/modules.ts';
import { readParams } from '../../../src/api/rpc/table.ts';
import { streamJson } from '../../../src/api/rpc/writer.ts';
import { LineReader } from '../../../src/api/web/csv-file.ts';
import { msat } from '../../../src/base/types/amount.ts';
import { type CurrencyCode, digitsOf } from '../../../src/base/types/currency.ts';
import { NETWORKS } from '../../../src/base/types/network.ts';
import type { LedgerEntry } from '../../../src/shop/accounting/entry.ts';
import { inOrder } from '../../../src/shop/accounting/in-order.ts';
import { Calendar } from '../../../src/shop/takings/calendar.ts';
import { collect } from '../../shop/invoices/fixture.ts';
import { customerInvoice, RefundShop } from '../../shop/refunds/shop.ts';

const CURRENCIES = ['EUR', 'JPY', 'KWD'] as CurrencyCode[];

interface Paid {
  readonly amount_msat: bigint;
  readonly fee_msat: bigint;
}

/** A shop, and what its payments to others were. */
function modulesOf(shop: RefundShop, paid: readonly Paid[]): Modules {
  async function* list() {
    for (const [index, { amount_msat, fee_msat }] of paid.entries()) {
      yield {
        payment_hash: index.toString(16).padStart(64, '0'),
        created_at: 1_700_000_000,
        completed_at: 1_700_000_000 + index,
        amount_msat,
        amount_sent_msat: amount_msat + fee_msat,
      };
    }
  }
  const modules: Partial<Modules> = {
    invoices: shop.fixture.invoices,
    refunds: shop.refunds,
    payments: { list } as unknown as Modules['payments'],
    deposits: { ofInvoices: async () => [], ofCoins: async () => [] } as unknown as Modules['deposits'],
    wallet: {
      network: NETWORKS.regtest,
      history: async () => [],
      listCoins: async () => [],
    } as unknown as Modules['wallet'],
    channels: { list: () => [] } as unknown as Modules['channels'],
    endings: { closed: async () => [] } as unknown as Modules['endings'],
    calendar: new Calendar('UTC'),
  };
  return modules as Modules;
}

function sum(amounts: Iterable<bigint>): bigint {
  let total = 0n;
  for (const amount of amounts) total += amount;
  return total;
}

/** The file as the web process sends it, in pieces of this length. */
async function fileOf(modules: Modules, params: Record<string, string>, piece: number): Promise<string[][]> {
  const result = exportledger.run(readParams(exportledger, params), modules, {} as never);
  const reader = new LineReader();
  let text = '';
  for await (const json of streamJson(result as Record<string, unknown>)) {
    for (let from = 0; from < json.length; from += piece) text += reader.push(json.slice(from, from + piece));
  }
  const lines = text.split('\r\n');
  assert.equal(lines.pop(), '');
  // No cell of these has a comma.
  return lines.map((line) => line.split(','));
}

/** Decimal text to whole units of so many digits. */
function units(text: string, digits: number): bigint {
  const [, sign, whole = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? assert.fail(text);
  const value = BigInt(whole + fraction.padEnd(digits, '0'));
  return sign === '-' ? -value : value;
}

const sale = fc.record({
  asked: fc.integer({ min: 1_000, max: 2_000_000_000 }),
  over: fc.integer({ min: 0, max: 100 }),
  currency: fc.constantFrom(...CURRENCIES, undefined),
  price: fc.bigInt(1n, 1_000_000n),
  /** Shares of what is left that go back, in percent. */
  refunds: fc.array(fc.integer({ min: 1, max: 100 }), { maxLength: 3 }),
});
const payment = fc.record({ amount_msat: fc.bigInt(1n, 10n ** 9n), fee_msat: fc.bigInt(0n, 10n ** 6n) });

test('the ledger of any shop adds up in every format, and refunds of everything leave nothing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(sale, { maxLength: 12 }), fc.array(payment, { maxLength: 5 }), async (sales, paid) => {
      const shop = new RefundShop();
      await shop.fixture.invoices.start();
      let balance = -sum(paid.map(({ amount_msat, fee_msat }) => amount_msat + fee_msat));
      const prices = new Map<CurrencyCode, bigint>();
      for (const [index, { asked, over, currency, price, refunds }] of sales.entries()) {
        const pinned = currency && {
          currency,
          amount: price,
          rate: '1',
          rate_at: 1,
          rate_sources: ['a', 'b'],
          margin_ppm: 0,
        };
        const received = asked + Math.floor((asked * over) / 100);
        await shop.sell(`sale ${index}`, asked, pinned, received);
        balance += BigInt(received);
        if (currency !== undefined && over === 0) prices.set(currency, (prices.get(currency) ?? 0n) + price);
        let left = BigInt(received);
        for (const share of refunds) {
          const amount = (left * BigInt(share)) / 100n;
          if (amount === 0n) continue;
          left -= amount;
          await shop.refund({ label: `sale ${index}`, destination: customerInvoice(amount) });
          balance -= amount + 21n;
        }
      }
      const modules = modulesOf(shop, paid);
      const entries = await collect(ledgerEntries(modules));
      assert.equal(sum(entries.map(({ amount_msat }) => amount_msat)), balance);
      const exact = entries.filter(
        ({ type, label }) => type === 'invoice' && sales[Number(label?.slice(5))]?.over === 0,
      );
      for (const [currency, amount] of prices) {
        const told = exact.filter(({ money }) => money?.currency === currency).map(({ money }) => money?.amount ?? 0n);
        assert.equal(sum(told), amount, 'what was paid exactly is the price exactly');
      }

      const generic = (await fileOf(modules, { format: 'generic' }, 7)).slice(1);
      assert.equal(sum(generic.map((cells) => units(cells[2] as string, 11))), balance);
      assert.equal(sum(generic.map((cells) => BigInt(cells[3] as string))), balance);
      const koinly = (await fileOf(modules, { format: 'koinly' }, 1000)).slice(1);
      const both = (cells: string[], plus: number, minus: number): bigint =>
        (cells[plus] === '' ? 0n : units(cells[plus] as string, 11)) -
        (cells[minus] === '' ? 0n : units(cells[minus] as string, 11));
      assert.equal(sum(koinly.map((cells) => both(cells, 3, 1))), balance);
      const cointracking = (await fileOf(modules, { format: 'cointracking' }, 1)).slice(1);
      assert.equal(sum(cointracking.map((cells) => both(cells, 1, 3))), balance);

      for (const [index, { asked, over }] of sales.entries()) {
        const { amount_msat } = await shop.refunded(index + 1);
        const left = BigInt(asked + Math.floor((asked * over) / 100)) - amount_msat;
        if (left > 0n) await shop.refund({ label: `sale ${index}`, destination: customerInvoice(left) });
      }
      const at_end = (await fileOf(modules, { format: 'generic' }, 50)).slice(1);
      for (const currency of CURRENCIES) {
        const own = at_end.filter((cells) => cells[4] === currency);
        assert.equal(sum(own.map((cells) => units(cells[5] as string, digitsOf(currency)))), 0n, currency);
      }
      await shop.close();
    }),
    { numRuns: 5 },
  );
});

test('a period has the days of the time zone, both ends', async (t) => {
  const shop = new RefundShop();
  await shop.fixture.invoices.start();
  t.after(() => shop.close());
  // The clock begins at 2023-11-14 22:13:20 UTC: in Berlin 23:13.
  await shop.sell('tuesday', 1000);
  shop.fixture.clock.advance(3_600_000);
  await shop.sell('wednesday', 2000);
  const modules = modulesOf(shop, []);
  const labels = async (params: Record<string, string>): Promise<(string | undefined)[]> =>
    (await fileOf(modules, { format: 'generic', ...params }, 100)).slice(1).map((cells) => cells[9]);
  const timezone = 'Europe/Berlin';
  assert.deepEqual(await labels({ timezone, from: '2023-11-14', until: '2023-11-14' }), ['tuesday']);
  assert.deepEqual(await labels({ timezone, from: '2023-11-15' }), ['wednesday']);
  assert.deepEqual(await labels({ timezone, until: '2023-11-15' }), ['tuesday', 'wednesday']);
  assert.deepEqual(await labels({ from: '2023-11-15' }), []);
  assert.deepEqual(await labels({ from: '1700000000', until: '1700000001' }), ['tuesday']);
  for (const params of [{ timezone: 'Nowhere' }, { from: '2023-02-30' }, { until: 'x' }]) {
    assert.throws(() => exportledger.run(readParams(exportledger, params), modules, {} as never), /INVALID|is no/);
  }
});

test('payments of invoices that were deleted stay in the ledger', async (t) => {
  const shop = new RefundShop();
  await shop.fixture.invoices.start();
  t.after(() => shop.close());
  for (let index = 0; index < 10; index++) await shop.sell(`sale ${index}`, 1000 + index);
  for (const index of [0, 3, 4, 9]) await shop.fixture.invoices.remove(`sale ${index}`, 'paid');
  const entries = await collect(ledgerEntries(modulesOf(shop, [])));
  assert.deepEqual(
    entries.map(({ label }) => label),
    Array.from({ length: 10 }, (_, index) => `sale ${index}`),
  );
});

test('lists are joined by time, one entry of each in memory', async () => {
  let read = 0;
  async function* list(...times: number[]): AsyncGenerator<LedgerEntry> {
    for (const time of times) {
      read++;
      yield { time, type: 'deposit', amount_msat: msat(1) };
    }
  }
  const joined = inOrder([list(1, 4, 4, 9), list(), list(2, 3, 10, 11, 12)]);
  const times: number[] = [];
  for await (const { time } of joined) {
    times.push(time);
    if (time === 9) break;
  }
  assert.deepEqual(times, [1, 2, 3, 4, 4, 9]);
  assert.ok(read <= 8);
});
