import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareDecimals, decimal, formatDecimal, parseDecimal } from '../../../src/base/types/exact-decimal.ts';
import { agreementOf, type SourceRate } from '../../../src/shop/rates/agreement.ts';

function rates(...said: readonly string[]): SourceRate[] {
  return said.map((text, index) => {
    const rate = parseDecimal(text);
    assert.ok(rate);
    return { source: `source-${String.fromCharCode(122 - index)}`, rate, fetched_at: 1000 + index };
  });
}

function agreed(...said: readonly string[]): string | undefined {
  const agreement = agreementOf(rates(...said));
  return agreement && formatDecimal(agreement.rate);
}

test('the median of those that agree is the rate', () => {
  assert.equal(agreed('58000', '58100'), '58050');
  assert.equal(agreed('58000', '58100', '58150'), '58100');
  assert.equal(agreed('100', '102'), '101', 'two percent apart is near enough');
  assert.equal(agreed('100', '102.0000001'), undefined);
  assert.equal(agreed('0.00001', '0.0000101'), '0.00001005');
});

test('one source is never enough, and none is not either', () => {
  assert.equal(agreed('58000'), undefined);
  assert.equal(agreed(), undefined);
});

test('who stands apart is left out, as long as most agree', () => {
  assert.equal(agreed('58000', '58100', '999999'), '58050');
  assert.equal(agreed('58000', '58100', '1'), '58050');
  assert.deepEqual(agreementOf(rates('58000', '1', '58100'))?.rate_sources, ['source-x', 'source-z']);
  assert.equal(agreed('58000', '58100', '70000', '70100'), undefined, 'two against two: nobody knows who is right');
  assert.equal(agreed('58000', '58100', '70000', '80000'), undefined, 'half is not most');
});

test('the time is that of the oldest answer among them', () => {
  assert.equal(agreementOf(rates('999', '58000', '58100'))?.rate_at, 1001);
});

test('a rate lies between two sources that are most of all, whoever lies', () => {
  const honest = fc.array(fc.bigInt(1_000_000n, 1_009_000n), { minLength: 2, maxLength: 6 });
  fc.assert(
    fc.property(
      honest,
      fc.array(fc.bigInt(1n, 10n ** 12n), { maxLength: 5 }),
      fc.infiniteStream(fc.nat()),
      (true_ones, lies, order) => {
        fc.pre(lies.length < true_ones.length);
        const said = [...true_ones, ...lies]
          .map((coefficient, index) => ({ source: `${index}`, rate: decimal(coefficient, 2), fetched_at: 1 }))
          .map((rate) => ({ rate, at: order.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ rate }) => rate);
        const agreement = agreementOf(said);
        if (agreement === undefined) return;
        // A group that is more than half of all has an honest member: no rate is further off than the spread.
        assert.ok(compareDecimals(agreement.rate, decimal(1_000_000n * 98n, 4)) >= 0);
        assert.ok(compareDecimals(agreement.rate, decimal(1_009_000n * 103n, 4)) <= 0);
      },
    ),
  );
});
