import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { csvLine, own } from '../../../src/shop/accounting/csv.ts';

/** A reader of one line, by RFC 4180 alone. */
function cellsOf(line: string): string[] {
  const cells: string[] = [];
  let rest = line;
  for (;;) {
    const quoted = /^"((?:[^"]|"")*)"(?:,|$)/.exec(rest);
    const found = quoted ?? /^([^",]*)(?:,|$)/.exec(rest);
    assert.ok(found, `no cell: ${rest}`);
    cells.push(quoted === null ? (found[1] as string) : (found[1] as string).replaceAll('""', '"'));
    if (!found[0].endsWith(',')) return cells;
    rest = rest.slice(found[0].length);
  }
}

test('any texts survive as cells of one line', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 8 }), (texts) => {
      const line = csvLine(texts);
      assert.doesNotMatch(line, /[\r\n]/);
      assert.deepEqual(
        cellsOf(line).map((cell, index) =>
          cell.startsWith("'") && !texts[index]?.startsWith("'") ? cell.slice(1) : cell,
        ),
        texts.map((text) => text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, ' ')),
      );
    }),
  );
});

test('what a customer wrote never runs as a formula', () => {
  const attacks = [
    '=1+1',
    '+1',
    '-1',
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    '  =1',
    '＝1',
    '\n=cmd|x',
    '=HYPERLINK("https://x.example","y")',
  ];
  for (const text of attacks) assert.match(cellsOf(csvLine([text]))[0] as string, /^'/, JSON.stringify(text));
  for (const text of ['a=1', '1-1', 'me@shop', '"=1"']) assert.deepEqual(cellsOf(csvLine([text])), [text]);
});

test('numbers of our own are written as they are', () => {
  assert.equal(
    csvLine([own('-0.00001'), 'Tea, black', undefined, 'the "best"', 'x']),
    '-0.00001,"Tea, black",,"the ""best""",x',
  );
});
