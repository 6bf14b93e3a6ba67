/**
 * What other nodes read and Till once did not: found by comparing readers, kept with the right answers in
 * found/parsers.jsonl, and the neighbours of each (docs/decisions/0029).
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { sha256 } from '../../../src/base/crypto/hash.ts';
import { curve } from '../../../src/base/crypto/secp256k1.ts';
import { msat } from '../../../src/base/types/amount.ts';
import type { NodeId, PaymentHash, PaymentSecret } from '../../../src/base/types/brand.ts';
import { toHex } from '../../../src/base/types/hex.ts';
import { textToWords } from '../../../src/codec/bolt11/bech32.ts';
import { formatRaw, type InvoiceFields, signRaw, toRaw } from '../../../src/codec/bolt11/index.ts';
import { decodeInvoice, encodeInvoice, signWith } from '../../../src/codec/bolt11/native.ts';

interface Found {
  readonly kind: string;
  readonly verdict: string;
  readonly input: string;
  readonly right: string;
}

const FOUND = readFileSync(join(import.meta.dirname, 'found/parsers.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Found)
  .filter(({ kind }) => kind === 'bolt11 decode');

/** What each of the rows must give: in the order of the file. Undefined: refused. */
const ANSWERS: readonly (readonly [name: string, read: ((text: string) => unknown) | undefined, value?: unknown])[] = [
  ['a second p', (text) => decodeInvoice(text).payment_hash, '07'.repeat(32)],
  ['a second c', (text) => decodeInvoice(text).min_final_cltv_expiry_delta, 9],
  ['a second d', (text) => decodeInvoice(text).extra, [{ tag: 'd', data: '0y' }]],
  ['an x of one zero element', (text) => decodeInvoice(text).expiry_seconds, 0],
  ['a c of one zero element', (text) => decodeInvoice(text).min_final_cltv_expiry_delta, 0],
  ['an x of 2^55 - 1', (text) => decodeInvoice(text).long_expiry_seconds, 2n ** 55n - 1n],
  ['a c over 32 bits', undefined],
  ['padding that is not zero', (text) => decodeInvoice(text).payment_hash, '07'.repeat(32)],
  ['an amount of 0', undefined],
];

const KEY = new Uint8Array(32).fill(0x42);
const OTHER = toHex(curve.publicKey(new Uint8Array(32).fill(7))) as NodeId;
const sign = signWith(KEY);
const FIELDS = {
  currency: 'bcrt',
  amount_msat: msat(1000),
  created_at: 1_750_000_000,
  payment_hash: '22'.repeat(32) as PaymentHash,
  payment_secret: '11'.repeat(32) as PaymentSecret,
  description: 'tea',
} as const satisfies InvoiceFields;

/** The invoice with fields in the BOLT's letters put before (or after) its own, signed. */
function withFields(letters: readonly (readonly [tag: string, data: string])[], at_front = false): string {
  const terms = toRaw(FIELDS);
  const added = letters.map(([tag, data]) => ({ tag, words: textToWords(data) as Uint8Array }));
  const fields = at_front ? [...added, ...terms.fields] : [...terms.fields, ...added];
  return formatRaw(signRaw({ ...terms, fields }, { sha256, sign }));
}

suite('an invoice that another node reads', () => {
  for (const [index, [name, read, value]] of ANSWERS.entries()) {
    test(`with ${name}`, () => {
      const { input } = FOUND[index] as Found;
      if (read === undefined) assert.throws(() => decodeInvoice(input), { name: 'Bolt11Error' });
      else assert.deepEqual(read(input), value);
    });
  }

  test('has a row here for each that was found', () => {
    assert.equal(FOUND.length, ANSWERS.length);
  });
});

suite('of a field that stands twice', () => {
  const cases = [
    ['s', 'z'.repeat(52), 'payment_secret', '11'.repeat(32)],
    ['p', 'z'.repeat(52), 'payment_hash', '22'.repeat(32)],
    ['d', 'xxxx', 'description', 'tea'],
    ['c', 'p', 'min_final_cltv_expiry_delta', 18],
  ] as const;
  for (const [tag, data, member, value] of cases) {
    test(`the first ${tag} counts, and the second is kept`, () => {
      const text = withFields([[tag, data]]);
      const read = decodeInvoice(text);
      assert.equal(read[member], value);
      assert.deepEqual(read.extra, [{ tag, data }]);
    });
  }

  test('the first m, x and 9 count', () => {
    const read = decodeInvoice(
      withFields([
        ['m', 'qy'],
        ['x', 'p'],
        ['9', 'zqqqq'],
        ['m', 'qp'],
        ['x', 'z'],
        ['9', 'p'],
      ]),
    );
    assert.equal(read.payment_metadata, '01');
    assert.equal(read.expiry_seconds, 1);
    assert.deepEqual([...read.features], [21]);
    assert.deepEqual(
      read.extra.map(({ tag }) => tag),
      ['m', 'x', '9'],
    );
  });

  test('the first n says whose signature it must be', () => {
    const own = toHex(curve.publicKey(KEY)) as NodeId;
    const named = toRaw({ ...FIELDS, named_payee: own });
    const other = toRaw({ ...FIELDS, named_payee: OTHER }).fields.filter(({ tag }) => tag === 'n');
    const signed = (fields: typeof named.fields) => formatRaw(signRaw({ ...named, fields }, { sha256, sign }));
    assert.equal(decodeInvoice(signed([...named.fields, ...other])).payee, own);
    assert.throws(() => decodeInvoice(signed([...other, ...named.fields])), { kind: 'signature_invalid' });
  });

  test('the second is not looked into: neither a leading zero nor bytes that are no UTF-8 are a fault there', () => {
    const read = decodeInvoice(
      withFields([
        ['d', 'lll'],
        ['c', 'qp'],
      ]),
    );
    assert.deepEqual([read.description, read.min_final_cltv_expiry_delta], ['tea', 18]);
  });

  test('a description and the hash of one are no repetition: they contradict each other', () => {
    assert.throws(() => decodeInvoice(withFields([['h', 'q'.repeat(52)]])), { kind: 'two_descriptions' });
  });

  test('one of a wrong length does not count as the first', () => {
    const text = withFields([['p', 'z'.repeat(51)]], true);
    assert.equal(decodeInvoice(text).payment_hash, '22'.repeat(32));
  });

  test('what was read is written again with the first in front', () => {
    const text = withFields([['p', 'z'.repeat(52)]]);
    const { payee, signature, ...read } = decodeInvoice(text);
    assert.equal(encodeInvoice(read, sign), text);
  });
});

suite('a number', () => {
  test('that is zero has no element or one', () => {
    for (const zero of ['', 'q']) {
      const front = withFields([['c', zero]], true);
      assert.equal(decodeInvoice(withFields([['x', zero]])).expiry_seconds, 0);
      assert.equal(decodeInvoice(front).min_final_cltv_expiry_delta, 0);
      assert.equal(decodeInvoice(withFields([['9', zero]])).features.size, 0);
    }
  });

  test('of seconds is exact up to 2^64 - 1, and never less than it says', () => {
    for (const value of [2n ** 53n, 2n ** 55n - 1n, 2n ** 64n - 1n]) {
      const text = encodeInvoice({ ...FIELDS, long_expiry_seconds: value }, sign);
      const { payee, signature, ...read } = decodeInvoice(text);
      assert.deepEqual([read.long_expiry_seconds, read.expiry_seconds], [value, Number.MAX_SAFE_INTEGER]);
      assert.equal(encodeInvoice(read, sign), text);
    }
    const largest = decodeInvoice(encodeInvoice({ ...FIELDS, expiry_seconds: Number.MAX_SAFE_INTEGER }, sign));
    assert.deepEqual([largest.expiry_seconds, 'long_expiry_seconds' in largest], [Number.MAX_SAFE_INTEGER, false]);
  });
});
