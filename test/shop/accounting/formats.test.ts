/**
 * The files for Koinly (universal template) and CoinTracking (CSV import): the header with every column in its place, as the
 * makers' pages have it that formats.ts names, and an income, a refund and a fee in it, cell by cell.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CurrencyCode } from '../../../src/base/types/currency.ts';
import { TimeZone } from '../../../src/base/types/time-zone.ts';
import type { LedgerEntry } from '../../../src/shop/accounting/entry.ts';
import { type CsvFormat, csvLines } from '../../../src/shop/accounting/formats.ts';

const HASH = 'ab'.repeat(32);
const time = Date.UTC(2026, 10, 29, 15, 20, 7) / 1000;
const EUR = 'EUR' as CurrencyCode;
const ENTRIES: readonly LedgerEntry[] = [
  {
    time,
    type: 'invoice',
    amount_msat: 7_743_000n,
    money: { currency: EUR, amount: 450n },
    label: 'a-1',
    description: 'Tea',
    reference: HASH,
  },
  {
    time,
    type: 'refund',
    amount_msat: -3_871_500n,
    money: { currency: EUR, amount: -225n },
    label: 'a-1',
    reference: HASH,
  },
  { time, type: 'refund_fee', amount_msat: -1_001n, label: 'a-1', reference: HASH },
];

async function cellsOf(format: CsvFormat): Promise<readonly (readonly string[])[]> {
  async function* each(): AsyncGenerator<LedgerEntry, void> {
    yield* ENTRIES;
  }
  const lines: string[] = [];
  for await (const line of csvLines(format, new TimeZone('Europe/Berlin'), each())) lines.push(line);
  return lines.map((line) => line.split(','));
}

test('the file for Koinly has its columns, times in UTC, one side for each movement, and the value at the sale', async () => {
  const date = '2026-11-29 15:20:07 UTC';
  assert.deepEqual(await cellsOf('koinly'), [
    [
      'Date',
      'Sent Amount',
      'Sent Currency',
      'Received Amount',
      'Received Currency',
      'Fee Amount',
      'Fee Currency',
      'Net Worth Amount',
      'Net Worth Currency',
      'Tag',
      'Description',
      'TxHash',
    ],
    [date, '', '', '0.00007743', 'BTC', '', '', '4.50', 'EUR', 'income', 'invoice: a-1: Tea', HASH],
    [date, '0.000038715', 'BTC', '', '', '', '', '2.25', 'EUR', '', 'refund: a-1', HASH],
    [date, '0.00000001001', 'BTC', '', '', '', '', '', '', 'cost', 'refund fee: a-1', HASH],
  ]);
});

test('the file for CoinTracking has its columns, times of the shop, its types, and no id twice', async () => {
  const date = '2026-11-29 16:20:07';
  const end = (id: string) => ['', id, '', ''];
  assert.deepEqual(await cellsOf('cointracking'), [
    [
      'Type',
      'Buy Amount',
      'Buy Currency',
      'Sell Amount',
      'Sell Currency',
      'Fee',
      'Fee Currency',
      'Exchange',
      'Trade-Group',
      'Comment',
      'Date',
      'Liquidity pool (optional)',
      'Tx-ID (optional)',
      'Buy Value in Account Currency (optional)',
      'Sell Value in Account Currency (optional)',
    ],
    ['Income', '0.00007743', 'BTC', '', '', '', '', 'Till', '', 'invoice: a-1: Tea', date, ...end(HASH)],
    ['Spend', '', '', '0.000038715', 'BTC', '', '', 'Till', '', 'refund: a-1', date, ...end(HASH)],
    ['Other Fee', '', '', '0.00000001001', 'BTC', '', '', 'Till', '', 'refund fee: a-1', date, ...end(`${HASH}-fee`)],
  ]);
});
