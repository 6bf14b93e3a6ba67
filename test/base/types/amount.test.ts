import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AmountError,
  add,
  MAX_U64,
  msat,
  msatText,
  msatToSatFloor,
  parseMsat,
  sat,
  satToMsat,
  subtract,
  sum,
} from '../../../src/base/types/amount.ts';

test('amounts parse as Core Lightning writes them', () => {
  const cases: [string, bigint][] = [
    ['1', 1n],
    ['0', 0n],
    ['1000msat', 1000n],
    ['1sat', 1000n],
    ['1.234sat', 1234n],
    ['1btc', 100_000_000_000n],
    ['0.00000000001btc', 1n],
    ['0.1btc', 10_000_000_000n],
    [String(MAX_U64), MAX_U64],
  ];
  for (const [text, expected] of cases) assert.equal(parseMsat(text), expected, text);
});

test('anything else is no amount', () => {
  for (const text of [
    '',
    'any',
    '-1',
    '1.5',
    '1.5sat',
    '1.2345sat',
    '1 sat',
    '1msat ',
    '1SAT',
    '0x10',
    '1e3',
    '.1btc',
    '1.btc',
    '0.000000000001btc',
    '1satx',
    String(MAX_U64 + 1n),
    '99999999999999999sat',
    '9'.repeat(100),
  ]) {
    assert.equal(parseMsat(text), undefined, text);
  }
});

test('arithmetic is checked at both ends', () => {
  assert.equal(add(msat(1), msat(2)), 3n);
  assert.equal(subtract(msat(2), msat(2)), 0n);
  assert.equal(sum([sat(1), sat(2), sat(3)]), 6n);
  assert.throws(() => subtract(msat(1), msat(2)), AmountError);
  assert.throws(() => add(msat(MAX_U64), msat(1)), AmountError);
  assert.throws(() => msat(-1), AmountError);
  assert.throws(() => satToMsat(sat(MAX_U64)), AmountError);
  assert.equal(msatToSatFloor(msat(1999)), 1n);
});

test('for people an amount is in satoshi, with its thousands apart and no digit lost', () => {
  const cases = [
    [0n, '0 sat'],
    [1n, '0.001 sat'],
    [999_000n, '999 sat'],
    [1_000_000n, '1,000 sat'],
    [2_000_000_010n, '2,000,000.010 sat'],
    [2_100_000_000_000_000_000n, '2,100,000,000,000,000 sat'],
  ] as const;
  for (const [amount_msat, expected] of cases) assert.equal(msatText(amount_msat), expected);
});
