import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseExact } from '../../../src/app/cli/shown.ts';
import { tableOf } from '../../../src/app/cli/table.ts';

function table(value: unknown): string | undefined {
  return tableOf(parseExact(JSON.stringify(value)));
}

test('a listing is a table of the columns that it has', () => {
  assert.equal(
    table({
      invoices: [
        { label: 'coffee', status: 'paid', amount_msat: 1000, pay_index: 1, expires_at: 1700000000, bolt11: 'lnbcrt1' },
        { label: 'donation for the cats', status: 'unpaid', expires_at: 1700003600 },
      ],
    }),
    [
      'label                  status  amount_msat  pay_index  expires_at',
      'coffee                 paid    1000         1          2023-11-14T22:13:20Z',
      'donation for the cats  unpaid                          2023-11-14T23:13:20Z',
      '',
    ].join('\n'),
  );
});

test('an empty listing says so', () => {
  assert.equal(table({ invoices: [] }), 'no invoices\n');
});

test('a long text is cut, a hash is not, and lines stay lines', () => {
  const hash = 'ab'.repeat(32);
  const text = table({ invoices: [{ label: 'x\ny\u001b', description: 'z'.repeat(100), payment_hash: hash }] });
  assert.match(text as string, new RegExp(`^label +description +payment_hash\nx y +z{39}… +${hash}\n$`));
});

test('a time beyond the calendar stays a number', () => {
  assert.match(table({ invoices: [{ label: 'x', expires_at: 18446744073709 }] }) as string, /18446744073709/);
});

test('what is no listing that we know is no table', () => {
  for (const value of [null, 1, [], {}, { id: 'x' }, { invoices: [], more: 1 }, { constructor: [{}] }]) {
    assert.equal(table(value), undefined);
  }
  for (const rows of [[1], [null], ['x'], [{ unknown: 1 }]]) assert.equal(table({ invoices: rows }), undefined);
});
