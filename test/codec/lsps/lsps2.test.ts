import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MAX_U64, msat } from '../../../src/base/types/amount.ts';
import type { JsonObject, JsonValue } from '../../../src/codec/lsps/envelope.ts';
import { LspsFormatError } from '../../../src/codec/lsps/envelope.ts';
import {
  openingFee,
  readBought,
  readFeeParams,
  readMenu,
  readProtocols,
  writeFeeParams,
} from '../../../src/codec/lsps/lsps2.ts';

/** The example of bLIP 52. */
const OFFER = {
  min_fee_msat: '546000',
  proportional: 1200,
  valid_until: '2023-02-23T08:47:30.511Z',
  min_lifetime: 1008,
  max_client_to_self_delay: 2016,
  min_payment_size_msat: '1000',
  max_payment_size_msat: '1000000',
  promise: 'abcdefghijklmnopqrstuvwxyz',
} as const;

test('an offer is read, and goes back to the letter', () => {
  const offer = readFeeParams(OFFER);
  assert.deepEqual(offer, {
    min_fee_msat: 546_000n,
    proportional: 1200,
    valid_until_ms: 1_677_142_050_511,
    min_lifetime: 1008,
    max_client_to_self_delay: 2016,
    min_payment_size_msat: 1000n,
    max_payment_size_msat: 1_000_000n,
    promise: OFFER.promise,
    as_sent: OFFER,
  });
  assert.deepEqual(writeFeeParams(offer), OFFER);
  assert.equal(readFeeParams({ ...OFFER, min_fee_msat: '00546000' }).as_sent.min_fee_msat, '00546000');
});

test('an offer with one member more, less or of another kind is none', () => {
  const changed = (members: JsonObject): JsonObject => ({ ...OFFER, ...members });
  const { promise: _promise, ...without } = OFFER;
  const bad: JsonValue[] = [
    null,
    [],
    without,
    changed({ discount: '1' }),
    JSON.parse(`{"__proto__":{},${JSON.stringify(OFFER).slice(1)}`) as JsonObject,
    changed({ min_fee_msat: 546_000 }),
    changed({ min_fee_msat: '-1' }),
    changed({ min_fee_msat: '1.5' }),
    changed({ min_fee_msat: '' }),
    changed({ min_fee_msat: '18446744073709551616' }),
    changed({ proportional: '1200' }),
    changed({ proportional: -1 }),
    changed({ proportional: 0.5 }),
    changed({ valid_until: '2023-02-23T08:47:30+01:00' }),
    changed({ valid_until: '2023-02-23 08:47:30.511Z' }),
    changed({ valid_until: '2023-99-23T08:47:30.511Z' }),
    changed({ valid_until: 1_677_142_050 }),
    changed({ promise: 'x'.repeat(513) }),
    changed({ promise: 'ä'.repeat(257) }),
    changed({ promise: 7 }),
  ];
  for (const offer of bad) assert.throws(() => readFeeParams(offer), LspsFormatError, JSON.stringify(offer));
  assert.equal(readFeeParams(changed({ promise: 'x'.repeat(512) })).promise.length, 512);
  assert.throws(() => readMenu({ opening_fee_params_menu: [OFFER, changed({ new: 1 })] }), LspsFormatError);
  assert.throws(
    () => readMenu({ opening_fee_params_menu: new Array(101).fill(OFFER) as JsonValue[] }),
    LspsFormatError,
  );
  assert.deepEqual(readMenu({ opening_fee_params_menu: [], more: 1 }), []);
});

test('the fee is a share of the payment, rounded up, and not below the least', () => {
  const terms = { min_fee_msat: msat(546_000), proportional: 1200 };
  assert.equal(openingFee(msat(1000), terms), 546_000n);
  assert.equal(openingFee(msat(1_000_000_000), terms), 1_200_000n);
  assert.equal(openingFee(msat(1_000_000_001), terms), 1_200_001n);
  assert.equal(openingFee(msat(0), { min_fee_msat: msat(0), proportional: 1 }), 0n);
});

test('a fee that no u64 holds at some step is none', () => {
  const none = { min_fee_msat: msat(0), proportional: 1_000_000 };
  const largest = (MAX_U64 - 999_999n) / 1_000_000n;
  assert.equal(openingFee(msat(largest), none), largest);
  assert.equal(openingFee(msat(largest + 1n), none), undefined);
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: MAX_U64 }), fc.nat(0xffff_ffff), (size, proportional) => {
      const fee = openingFee(msat(size), { min_fee_msat: msat(0), proportional });
      const product = size * BigInt(proportional);
      const isTooLarge = product > MAX_U64 || product + 999_999n > MAX_U64;
      assert.equal(fee, isTooLarge ? undefined : (product + 999_999n) / 1_000_000n);
    }),
  );
});

test('a purchase is read; who need not trust is not trusted unless it says so', () => {
  const bought = { jit_channel_scid: '29451x4815x1', lsp_cltv_expiry_delta: 144 };
  assert.deepEqual(readBought({ ...bought, more: {} }), { ...bought, client_trusts_lsp: false });
  assert.equal(readBought({ ...bought, client_trusts_lsp: true }).client_trusts_lsp, true);
  for (const wrong of [{ client_trusts_lsp: 'no' }, { jit_channel_scid: '1x2' }, { lsp_cltv_expiry_delta: 65_536 }]) {
    assert.throws(() => readBought({ ...bought, ...wrong }), LspsFormatError);
  }
  assert.deepEqual(readProtocols({ protocols: [1, 2], new: true }), [1, 2]);
  assert.throws(() => readProtocols({ protocols: ['1'] }), LspsFormatError);
});

test('a time with nine digits behind the point, as LDK writes it, or with none is the same time', () => {
  const expected = Date.parse('2023-02-23T08:47:30.511Z');
  const read = (valid_until: string): number | undefined =>
    readMenu({ opening_fee_params_menu: [{ ...OFFER, valid_until }] })[0]?.valid_until_ms;
  assert.equal(read('2023-02-23T08:47:30.511999999Z'), expected);
  assert.equal(read('2023-02-23T08:47:30.511+00:00'), expected);
  assert.equal(read('2023-02-23T08:47:30Z'), Date.parse('2023-02-23T08:47:30.000Z'));
});
