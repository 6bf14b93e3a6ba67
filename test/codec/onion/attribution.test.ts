/** Attribution data as the last hop makes it, against the vectors of BOLT 4. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fromHex, toHex } from '../../../src/base/types/hex.ts';
import { ATTRIBUTION_BYTES, createAttributionData } from '../../../src/codec/onion/attribution.ts';

const VECTORS = JSON.parse(readFileSync(join(import.meta.dirname, 'attribution-vectors.json'), 'utf8')) as {
  readonly shared_secret: string;
  readonly hold_time: number;
  readonly return_packet: string;
  readonly attribution_of_failure: string;
  readonly attribution_of_success: string;
};
const secret = fromHex(VECTORS.shared_secret);

test('attribution data beside a failure are those of BOLT 4', () => {
  const packet = fromHex(VECTORS.return_packet);
  assert.equal(toHex(createAttributionData(secret, VECTORS.hold_time, packet)), VECTORS.attribution_of_failure);
});

test('attribution data beside a preimage are those of BOLT 4', () => {
  const data = createAttributionData(secret, VECTORS.hold_time);
  assert.equal(toHex(data), VECTORS.attribution_of_success);
  assert.equal(data.length, ATTRIBUTION_BYTES);
});

test('a hold time is whole, not below zero, and fits its 32 bits', () => {
  const of = (hold_time: number) => toHex(createAttributionData(secret, hold_time));
  assert.equal(of(1.9), VECTORS.attribution_of_success);
  assert.equal(of(-1), of(0));
  assert.equal(of(2 ** 40), of(2 ** 32 - 1));
});
