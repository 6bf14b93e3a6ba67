import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseExact } from '../../../src/app/cli/shown.ts';
import { tableOf } from '../../../src/app/cli/table.ts';
import { widthOf } from '../../../src/app/cli/terminal.ts';

function table(value: unknown, columns = 200): string | undefined {
  return tableOf(parseExact(JSON.stringify(value)), columns);
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

test('where the terminal is narrow, texts are cut first', () => {
  const invoices = [{ label: 'order-7', status: 'unpaid', description: '1 cup of coffee, and cake with it' }];
  const text = table({ invoices }, 40) as string;
  assert.match(text, /\norder-7 +unpaid +1 cup of coffee, and c…\n$/);
  assert.ok(text.split('\n').every((line) => line.length <= 40));
});

test('where even that does not fit, each entry is a list, with nothing cut', () => {
  const payment_hash = 'ab'.repeat(32);
  const row = { label: 'x', status: 'unpaid', description: 'y'.repeat(50), payment_hash };
  assert.equal(
    table({ invoices: [row, { label: 'z', status: 'paid', pay_index: 1 }] }, 70),
    [
      'label         x',
      'status        unpaid',
      `description   ${'y'.repeat(50)}`,
      `payment_hash  ${payment_hash}`,
      '',
      'label         z',
      'status        paid',
      'pay_index     1',
      '',
    ].join('\n'),
  );
});

test('a table fits its terminal, or is none: in any width, whatever the payer wrote', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ label: fc.string({ unit: 'grapheme' }), description: fc.string({ unit: 'grapheme' }) }), {
        minLength: 1,
      }),
      fc.integer({ min: 1, max: 120 }),
      (invoices, columns) => {
        const text = table({ invoices }, columns) as string;
        if (!/^label +description\n/.test(text)) return;
        for (const line of text.split('\n')) assert.ok(widthOf(line) <= columns, `${line} in ${columns}`);
      },
    ),
  );
});

test('columns stand under each other although some characters are two columns wide', () => {
  const text = table({
    invoices: [
      { label: '咖啡☕', status: 'paid' },
      { label: 'tea', status: 'paid' },
    ],
  }) as string;
  assert.equal(text, 'label   status\n咖啡☕  paid\ntea     paid\n');
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
