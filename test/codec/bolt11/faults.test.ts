/** Every fault that an invoice can have, one at a time: its exact kind, field and place. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { bech32 } from '@scure/base';
import { sha256 } from '../../../src/base/crypto/hash.ts';
import { curve } from '../../../src/base/crypto/secp256k1.ts';
import { type Msat, msat } from '../../../src/base/types/amount.ts';
import type { NodeId, PaymentHash, PaymentSecret } from '../../../src/base/types/brand.ts';
import { toHex } from '../../../src/base/types/hex.ts';
import type { ShortChannelId } from '../../../src/base/types/short-channel-id.ts';
import { textToWords } from '../../../src/codec/bolt11/bech32.ts';
import {
  Bolt11Error,
  type Bolt11Fault,
  formatRaw,
  type InvoiceFields,
  MAX_INVOICE_CHARACTERS,
  type RawField,
  type RouteHop,
  signRaw,
  toRaw,
} from '../../../src/codec/bolt11/index.ts';
import { decodeInvoice, encodeInvoice, signWith } from '../../../src/codec/bolt11/native.ts';

const KEY = new Uint8Array(32).fill(0x42);
const PAYEE = toHex(curve.publicKey(KEY)) as NodeId;
const sign = signWith(KEY);
const FIELDS = {
  currency: 'bcrt',
  amount_msat: msat(1000),
  created_at: 1_750_000_000,
  payment_hash: '22'.repeat(32) as PaymentHash,
  payment_secret: '11'.repeat(32) as PaymentSecret,
  description: 'tea',
} as const satisfies InvoiceFields;

const HOP: RouteHop = {
  pubkey: PAYEE,
  short_channel_id: '1x1x1' as ShortChannelId,
  fee_base_msat: 0,
  fee_proportional_millionths: 0,
  cltv_expiry_delta: 0,
};

/** A field in the BOLT's letters: `x` and `pq`. */
function field(tag: string, data: string): RawField {
  const words = textToWords(data);
  assert.ok(words);
  return { tag, words };
}

/** The invoice above with its fields replaced, signed all the same. */
function signed(change: (fields: readonly RawField[]) => readonly RawField[], human_readable?: string): string {
  const terms = toRaw(FIELDS);
  return formatRaw(
    signRaw(
      { ...terms, human_readable: human_readable ?? terms.human_readable, fields: change(terms.fields) },
      { sha256, sign },
    ),
  );
}

function withField(tag: string, data: string): string {
  return signed((fields) => [...fields.filter((one) => one.tag !== tag), field(tag, data)]);
}

function without(...tags: string[]): string {
  return signed((fields) => fields.filter(({ tag }) => !tags.includes(tag)));
}

function withPrefix(human_readable: string): string {
  return signed((fields) => fields, human_readable);
}

const q = (count: number) => 'q'.repeat(count);

/** Where a field that is put after all others starts: the prefix, the time, then s, p, d and c. */
const END = 'lnbcrt10n1'.length + 7 + 55 + 55 + 8 + 4;

const FAULTS: readonly (readonly [
  what: string,
  text: string,
  kind: Bolt11Fault,
  where?: string | undefined,
  position?: number,
])[] = [
  ['nothing at all', '', 'no_separator'],
  ['a space', 'lnbc 1', 'invalid_character', undefined, 4],
  ['a character beyond ASCII', 'lnbc1é', 'invalid_character', undefined, 5],
  ['a letter that bech32 leaves out', 'lnbc1bqqqqqqq', 'invalid_character', undefined, 5],
  ['nothing before the separator', '1qqqqqqq', 'not_an_invoice', undefined, 0],
  ['too short for a checksum', 'lnbc1qqq', 'too_short'],
  ['7,090 characters', `lnbc1${q(7085)}`, 'too_long'],
  ['an address', 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4', 'too_short'],
  ['a prefix that is not ln', withPrefix('xlbc'), 'not_an_invoice', undefined, 0],
  ['an unknown network', withPrefix('lnbcx20u'), 'unknown_network', undefined, 2],
  ['no network', withPrefix('ln'), 'unknown_network', undefined, 2],
  ['an amount of 0', withPrefix('lnbc0'), 'amount_invalid', undefined, 4],
  ['an amount with a leading zero', withPrefix('lnbc01m'), 'amount_invalid', undefined, 4],
  ['a multiplier twice', withPrefix('lnbc1mm'), 'multiplier_invalid', undefined, 5],
  ['an amount that is no number', withPrefix('lnbcrt-5u'), 'amount_invalid', undefined, 6],
  ['an amount in tenths of a millisatoshi', withPrefix('lnbc15p'), 'sub_millisatoshi', undefined, 4],
  ['an amount of 2^64 msat', withPrefix('lnbc184467440737095516160p'), 'amount_too_large', undefined, 4],
  ['an amount of a hundred digits', withPrefix(`lnbc${'9'.repeat(70)}`), 'amount_too_large', undefined, 4],
  ['an amount in BTC over 2^64 msat', withPrefix('lnbc184467441'), 'amount_too_large', undefined, 4],
  ['no payment hash', without('p'), 'missing_field', 'p'],
  ['no payment secret', without('s'), 'missing_field', 's'],
  ['neither description nor hash', without('d'), 'missing_field', 'd'],
  ['a payment hash of 51 elements and no other', withField('p', q(51)), 'field_length', 'p', END - 55],
  ['a payment secret of 53 elements and no other', withField('s', q(53)), 'field_length', 's', END - 55],
  ['both a description and a hash', withField('h', q(52)), 'two_descriptions', 'h', END],
  ['a leading zero in the expiry', withField('x', 'qp'), 'leading_zero', 'x', END],
  ['a leading zero in the final CLTV', withField('c', 'qp'), 'leading_zero', 'c', END - 4],
  ['two zero elements in the expiry', withField('x', 'qq'), 'leading_zero', 'x', END],
  ['two zero elements in the features', withField('9', 'qq'), 'leading_zero', '9', END],
  ['a leading zero in the features', withField('9', 'qsgq'), 'leading_zero', '9', END],
  ['an expiry of 2^64', withField('x', `s${q(12)}`), 'number_too_large', 'x', END],
  ['a final CLTV of 2^32', withField('c', `y${q(6)}`), 'number_too_large', 'c', END - 4],
  ['an expiry of 1,023 elements', withField('x', 'l'.repeat(1023)), 'number_too_large', 'x', END],
  ['a description that is no UTF-8', withField('d', 'lll'), 'not_utf8', 'd', END - 8],
  ['a fallback without a version', withField('f', ''), 'fallback_invalid', 'f'],
  ['a P2PKH fallback of 19 bytes', withField('f', `3${q(31)}`), 'fallback_invalid', 'f'],
  ['a segwit 0 fallback of 21 bytes', withField('f', `q${q(34)}`), 'fallback_invalid', 'f'],
  ['a segwit 1 fallback of 41 bytes', withField('f', `p${q(66)}`), 'fallback_invalid', 'f'],
  ['a segwit 16 fallback of 1 byte', withField('f', `s${q(2)}`), 'fallback_invalid', 'f'],
  ['an empty route', withField('r', ''), 'field_length', 'r'],
  ['a route of half a hop', withField('r', q(41)), 'field_length', 'r'],
  ['a route with a node id that starts with 00', withField('r', q(82)), 'node_id_invalid', 'r'],
  ['a required feature that nobody knows', withField('9', `p${q(20)}`), 'unknown_feature', '9'],
  ['multi-part payments without payment secrets', withField('9', 'yqqq'), 'missing_feature', '9'],
  ['the node id of someone else', withField('n', `q0${q(51)}`), 'signature_invalid', 'n'],
];

suite('a fault is named, with its place', () => {
  for (const [what, text, kind, where, position] of FAULTS) {
    test(what, () => {
      assert.throws(
        () => decodeInvoice(text),
        (error) => {
          assert.ok(error instanceof Bolt11Error);
          assert.deepEqual([error.kind, error.field], [kind, where]);
          if (position !== undefined) assert.equal(error.position, position);
          if (error.position !== undefined) assert.match(error.message, new RegExp(`character ${error.position}\\)$`));
          return true;
        },
      );
    });
  }

  test('a field that is longer than what is left, and one without room for its length', () => {
    const before = new Array<number>(7).fill(0);
    const after = new Array<number>(104).fill(0);
    const place = { kind: 'field_truncated', field: 'x', position: 12 };
    for (const data of [[6, 1, 0], [6, 0, 1], [6, 0], [6]]) {
      const text = bech32.encode('lnbc', [...before, ...data, ...after], false);
      assert.throws(() => decodeInvoice(text), place);
    }
  });

  test('a signature by another key than the n field names, and one whose recovery id is 4', () => {
    const other = encodeInvoice({ ...FIELDS, named_payee: PAYEE }, signWith(new Uint8Array(32).fill(7)));
    assert.throws(() => decodeInvoice(other), { kind: 'signature_invalid', field: 'n' });
    const odd = encodeInvoice(FIELDS, (digest) => ({ ...sign(digest), recovery_id: 4 }));
    assert.throws(() => decodeInvoice(odd), { kind: 'recovery_id_invalid' });
  });

  test('an invoice of another network, when the reader names its own', () => {
    const text = encodeInvoice(FIELDS, sign);
    assert.equal(decodeInvoice(text, { currency: 'bcrt' }).currency, 'bcrt');
    assert.throws(() => decodeInvoice(text, { currency: 'bc' }), { kind: 'wrong_network' });
  });

  test('a required feature is fine for a reader that says it knows it', () => {
    const text = encodeInvoice({ ...FIELDS, features: new Set([14, 100]) }, sign);
    assert.throws(() => decodeInvoice(text), { kind: 'unknown_feature' });
    assert.deepEqual(decodeInvoice(text, { known_features: new Set([14, 100]) }).features, new Set([14, 100]));
  });
});

suite('the writer refuses what no invoice can hold', () => {
  const cases: readonly (readonly [what: string, change: Record<string, unknown>, kind?: Bolt11Fault])[] = [
    ['an amount of 0', { amount_msat: 0n as Msat }],
    ['an amount of 2^64', { amount_msat: (1n << 64n) as Msat }],
    ['a time before 1970', { created_at: -1 }],
    ['a time of 36 bits', { created_at: 2 ** 35 }],
    ['half a second', { created_at: 0.5 }],
    ['a payment hash of 31 bytes', { payment_hash: '22'.repeat(31) }],
    ['a payment secret in upper case', { payment_secret: 'AA'.repeat(32) }],
    ['no description', { description: undefined }],
    ['a description and its hash', { description_hash: '33'.repeat(32) }],
    ['half a surrogate pair', { description: '\ud800' }],
    ['a description of 640 bytes', { description: 'x'.repeat(640) }, 'too_long'],
    ['metadata of 640 bytes', { payment_metadata: '00'.repeat(640) }, 'too_long'],
    ['metadata that is no hex', { payment_metadata: 'xy' }],
    ['an expiry below 0', { expiry_seconds: -1 }],
    ['an expiry that is no number', { expiry_seconds: Number.NaN }],
    ['an unknown network', { currency: 'ltc' }, 'unknown_network'],
    ['a script without an address', { fallbacks: ['6a00'] }],
    ['a route without a hop', { routes: [[]] }],
    ['a feature bit of 5115', { features: new Set([5115]) }],
    ['a final CLTV of 33 bits', { min_final_cltv_expiry_delta: 2 ** 32 }],
    ['a long expiry that is none', { long_expiry_seconds: 2n ** 53n - 1n }],
    ['a long expiry of 65 bits', { long_expiry_seconds: 2n ** 64n }],
    ['an extra field that says something', { extra: [{ tag: 'x', data: 'pq' }] }],
    ['an extra field of no letter', { extra: [{ tag: '', data: 'pq' }] }],
    [
      'a fee over 32 bits',
      {
        routes: [[{ ...HOP, fee_base_msat: 2 ** 32 }]],
      },
    ],
    ['a hop that is no node', { routes: [[{ ...HOP, pubkey: `00${PAYEE.slice(2)}` }]] }],
    [
      'a short channel id of words',
      {
        routes: [[{ ...HOP, short_channel_id: 'one' }]],
      },
    ],
    [
      'more than 7,089 characters',
      {
        routes: Array.from({ length: 90 }, () => [HOP]),
      },
      'too_long',
    ],
  ];
  for (const [what, change, kind = 'value_invalid'] of cases) {
    test(what, () => {
      const encode = () => encodeInvoice({ ...FIELDS, ...change } as InvoiceFields, sign);
      assert.throws(encode, (error) => error instanceof Bolt11Error && error.kind === kind);
    });
  }

  test('an invoice of exactly 7,089 characters is written and read, one of 7,090 is neither', () => {
    const room = MAX_INVOICE_CHARACTERS - encodeInvoice(FIELDS, sign).length;
    const lengths = [...new Array<number>(Math.floor(room / 1000) - 1).fill(1000), (room % 1000) + 1000];
    const extra = lengths
      .flatMap((length) => [length >> 1, length - (length >> 1)])
      .map((length) => ({ tag: 'q', data: q(length - 3) }));
    const text = encodeInvoice({ ...FIELDS, extra }, sign);
    assert.equal(text.length, MAX_INVOICE_CHARACTERS);
    assert.deepEqual(decodeInvoice(text).extra, extra);
    assert.throws(() => encodeInvoice({ ...FIELDS, extra, amount_msat: msat(10_100) }, sign), { kind: 'too_long' });
  });

  test('the longest description has 639 bytes, and is read as it was written', () => {
    const description = 'x'.repeat(639);
    assert.equal(decodeInvoice(encodeInvoice({ ...FIELDS, description }, sign)).description, description);
  });
});

suite('the writer', () => {
  const amounts: readonly (readonly [amount_msat: bigint | undefined, text: string])[] = [
    [undefined, 'lnbcrt'],
    [1n, 'lnbcrt10p'],
    [99n, 'lnbcrt990p'],
    [100n, 'lnbcrt1n'],
    [100_000n, 'lnbcrt1u'],
    [250_000_000n, 'lnbcrt2500u'],
    [300_000_000n, 'lnbcrt3m'],
    [100_000_000_000n, 'lnbcrt1'],
    [967_878_534n, 'lnbcrt9678785340p'],
    [2_100_000_000_000_000_000n, 'lnbcrt21000000'],
    [18_446_744_073_709_551_615n, 'lnbcrt184467440737095516150p'],
    [18_446_744_073_709_551_600n, 'lnbcrt184467440737095516n'],
  ];
  for (const [amount_msat, human_readable] of amounts) {
    test(`writes ${amount_msat ?? 'any amount'} msat as ${human_readable}`, () => {
      assert.equal(toRaw({ ...FIELDS, amount_msat: amount_msat as Msat | undefined }).human_readable, human_readable);
      assert.equal(
        decodeInvoice(encodeInvoice({ ...FIELDS, amount_msat: amount_msat as Msat | undefined }, sign)).amount_msat,
        amount_msat,
      );
    });
  }

  test('puts the fields in the order of Core Lightning, and leaves out an expiry of 3600', () => {
    const all: InvoiceFields = {
      ...FIELDS,
      payment_metadata: '01',
      named_payee: PAYEE,
      fallbacks: [`0014${'00'.repeat(20)}`, `a914${'00'.repeat(20)}87`],
      features: new Set([14]),
      routes: [[HOP]],
    };
    const order = (fields: InvoiceFields) =>
      toRaw(fields)
        .fields.map(({ tag }) => tag)
        .join('');
    assert.equal(order({ ...all, expiry_seconds: 60 }), 'spdmnxcffr9');
    assert.equal(order({ ...all, expiry_seconds: 3600 }), 'spdmncffr9');
  });
});
