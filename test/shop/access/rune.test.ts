/** The format of runes and what they permit: ccan/rune's vectors, the answers of a Core Lightning, and properties. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { compare, judgeRune } from '../../../src/shop/access/judge.ts';
import {
  type Alternative,
  CONDITIONS,
  encodeRune,
  isDerived,
  MalformedRune,
  makeRune,
  parseAlternative,
  parseRune,
  type Restriction,
  type Rune,
  restrictRune,
  runeText,
} from '../../../src/shop/access/rune.ts';
import type { FieldValue, RuneRequest } from '../../../src/shop/access/rune-request.ts';

const DATA = join(import.meta.dirname, '../../data/runes');
/** The vectors' secret. */
const ZEROS = new Uint8Array(16);

/** The vectors are split at every comma, whatever is between. */
const lines = readFileSync(join(DATA, 'vectors.csv'), 'latin1')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => line.split(','));

/** What a rune of the vectors, whose fields are of no real request, makes of the values. */
function passes(rune: Rune, values: readonly string[]): boolean {
  const fields = new Map(values.map((pair) => pair.split(/=(.*)/s) as [string, string]));
  const given = ({ field }: Alternative): FieldValue | undefined => {
    const value = fields.get(field);
    return value !== undefined && /^-?\d+$/.test(value) ? BigInt(value) : value;
  };
  return rune.restrictions.every((restriction) =>
    restriction.some((alternative) => compare(alternative, given(alternative)) === undefined),
  );
}

test('the 156 vectors of ccan/rune', () => {
  assert.equal(lines.length, 156);
  let rune: Rune | undefined;
  for (const [kind, title = '', ...rest] of lines) {
    if (kind === 'VALID') {
      const [hex_and_text, text] = rest as [string, string];
      rune = parseRune(text);
      assert.equal(`${Buffer.from(rune.code).toString('hex')}:${runeText(rune)}`, hex_and_text, title);
      assert.ok(isDerived(rune, ZEROS), title);
      assert.equal(encodeRune(rune), text);
    } else if (kind === 'PASS' || kind === 'FAIL') {
      const values = title === '' ? [] : [title, ...rest];
      assert.equal(passes(rune as Rune, values), kind === 'PASS', `${kind} ${values.join()}`);
    } else if (kind === 'DERIVE') {
      const [from, to, ...parts] = rest as [string, string, ...string[]];
      const alternatives: Alternative[] = [];
      for (let at = 0; at < parts.length; at += 3) {
        alternatives.push(parseAlternative(parts.slice(at, at + 3).join(''), true));
      }
      rune = parseRune(to);
      assert.equal(encodeRune(restrictRune(parseRune(from), [alternatives])), to, title);
    } else if (kind === 'MALFORMED') {
      assert.throws(() => parseRune(rest[1] as string), MalformedRune, title);
    } else {
      assert.equal(kind, 'BAD DERIVATION');
      assert.equal(isDerived(parseRune(rest[1] as string), ZEROS), false, title);
    }
  }
});

const SECRET = new Uint8Array(32).fill(7);
const alternative: fc.Arbitrary<Alternative> = fc.record({
  field: fc.constantFrom('method', 'pnamelabel', 'pnameamount_msat', 'pnum', 'parr0', 'time', 'id', 'what'),
  condition: fc.constantFrom(...CONDITIONS),
  value: fc.oneof(
    fc.constantFrom('invoice', 'list', '0', '2', '1000', '-5', ''),
    fc.stringMatching(/^[ -~\x80-\xff]{0,20}$/),
  ),
});
const restriction: fc.Arbitrary<Restriction> = fc.array(alternative, { minLength: 1, maxLength: 3 });
const request: fc.Arbitrary<RuneRequest> = fc
  .record({
    method: fc.constantFrom('invoice', 'listinvoices', 'pay', undefined),
    label: fc.constantFrom('a', 'invoice', undefined),
    amount: fc.constantFrom(0n, 1000n, undefined),
    now_seconds: fc.constantFrom(0, 1000),
  })
  .map(({ method, label, amount, now_seconds }) => ({
    method,
    now_seconds,
    node_id: undefined,
    since_last_use_ns: undefined,
    param_count: [label, amount].filter((value) => value !== undefined).length,
    param: (name: string) => ({ label, amount_msat: amount })[name],
    invoice: () => undefined,
    element: () => undefined,
  }));

test('a restriction that is added never widens what a rune permits', () => {
  fc.assert(
    fc.property(fc.array(restriction, { maxLength: 3 }), restriction, request, (restrictions, further, asked) => {
      const rune = makeRune(SECRET, '3', restrictions);
      const restricted = restrictRune(rune, [further]);
      if (judgeRune(restricted, asked) === undefined) assert.equal(judgeRune(rune, asked), undefined);
    }),
    { numRuns: 2000 },
  );
});

test('a rune that is restricted without the secret is the one that the secret makes', () => {
  fc.assert(
    fc.property(fc.array(restriction, { maxLength: 3 }), fc.array(restriction, { maxLength: 3 }), (first, further) => {
      const derived = restrictRune(makeRune(SECRET, '12', first), further);
      const made = encodeRune(makeRune(SECRET, '12', [...first, ...further]));
      assert.equal(encodeRune(derived), made);
      assert.equal(encodeRune(parseRune(made)), made);
      assert.ok(isDerived(derived, SECRET));
    }),
  );
});

test('no other text has the code of a rune', () => {
  fc.assert(
    fc.property(fc.array(restriction, { minLength: 1, maxLength: 3 }), fc.nat(), (restrictions, at) => {
      const rune = makeRune(SECRET, '1', restrictions);
      const without = restrictions.toSpliced(at % restrictions.length, 1);
      assert.equal(isDerived({ ...rune, restrictions: without }, SECRET), false);
      assert.equal(isDerived({ ...rune, id: '2' }, SECRET), false);
    }),
  );
});
