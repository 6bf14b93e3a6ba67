import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MAX_MONEY_MSAT } from '../../../src/base/types/amount.ts';
import { Reader, WireError, Writer } from '../../../src/codec/wire/bytes.ts';
import { millisatoshis, point, record, shortChannelId, tu32, tu64Msat, u16 } from '../../../src/codec/wire/field.ts';
import { encodeTlvs, readTlvs, tlv } from '../../../src/codec/wire/tlv.ts';
import { BAD_N1_STREAMS, BAD_N2_STREAMS, BAD_STREAMS, BIGSIZE, GOOD_N1_STREAMS, NOT_BIGSIZE } from './vectors.ts';

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));

/** The namespace that BOLT 1 tests with. */
const N1 = {
  tlv1: tlv(1, tu64Msat),
  tlv2: tlv(2, shortChannelId),
  tlv3: tlv(3, record({ point, amount_msat_1: millisatoshis, amount_msat_2: millisatoshis })),
  tlv4: tlv(254, u16),
};

const N2 = { tlv1: tlv(0, tu64Msat), tlv2: tlv(11, tu32) };

test('BigSize values are written and read as in BOLT 1, Appendix A', () => {
  for (const [value, hex] of BIGSIZE) {
    assert.equal(new Reader(bytes(hex)).bigSize(), value);
    const writer = new Writer();
    writer.bigSize(value);
    assert.equal(Buffer.from(writer.done()).toString('hex'), hex);
  }
  for (const hex of NOT_BIGSIZE) assert.throws(() => new Reader(bytes(hex)).bigSize(), WireError, hex);
});

test('the good streams of BOLT 1, Appendix B, hold what they should', () => {
  for (const [hex, expected] of GOOD_N1_STREAMS) assert.deepEqual(readTlvs(new Reader(bytes(hex)), N1), expected, hex);
});

test('the bad streams of BOLT 1, Appendix B, are refused', () => {
  for (const hex of BAD_STREAMS) assert.throws(() => readTlvs(new Reader(bytes(hex)), {}), WireError, hex);
  for (const hex of BAD_N1_STREAMS) assert.throws(() => readTlvs(new Reader(bytes(hex)), N1), WireError, hex);
  for (const hex of BAD_N2_STREAMS) assert.throws(() => readTlvs(new Reader(bytes(hex)), N2), WireError, hex);
});

test('a bad stream after a good one is refused, a later good record after it is not', () => {
  const late = 'fe0200000300';
  for (const [hex, expected] of GOOD_N1_STREAMS) {
    for (const bad of BAD_STREAMS) assert.throws(() => readTlvs(new Reader(bytes(hex + bad)), N1), WireError);
    if (hex < late) assert.deepEqual(readTlvs(new Reader(bytes(hex + late)), N1), expected);
  }
});

test('what is written is read back, whatever is present', () => {
  fc.assert(
    fc.property(
      fc.option(fc.bigInt(0n, MAX_MONEY_MSAT), { nil: undefined }),
      fc.option(fc.nat(65535), { nil: undefined }),
      (tlv1, tlv4) => {
        const values = { ...(tlv1 === undefined ? {} : { tlv1 }), ...(tlv4 === undefined ? {} : { tlv4 }) };
        assert.deepEqual(readTlvs(new Reader(encodeTlvs(N1, values as never)), N1), values);
      },
    ),
  );
});

test('a truncated amount over 21 million BTC is no amount', () => {
  const N = { amount: tlv(1, tu64Msat) };
  const stream = (value: bigint): Uint8Array => encodeTlvs(N, { amount: value as never });
  assert.deepEqual(readTlvs(new Reader(stream(MAX_MONEY_MSAT)), N), { amount: MAX_MONEY_MSAT });
  assert.throws(() => readTlvs(new Reader(stream(MAX_MONEY_MSAT + 1n)), N), /over 21 million BTC/);
});
