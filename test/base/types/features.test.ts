import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  decodeFeatures,
  encodeFeatures,
  featureSet,
  hasFeature,
  requiresFeature,
  unknownRequired,
} from '../../../src/base/types/features.ts';
import { fromHex, toHex } from '../../../src/base/types/hex.ts';

test('bit 0 is the lowest bit of the last byte', () => {
  assert.equal(toHex(encodeFeatures(new Set([8, 14]))), '4100');
  assert.deepEqual(
    [...decodeFeatures(fromHex('4100'))].sort((a, b) => a - b),
    [8, 14],
  );
  assert.equal(encodeFeatures(new Set()).length, 0);
});

test('what is encoded decodes to the same bits', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(400)), (bits) => {
      const back = [...decodeFeatures(encodeFeatures(new Set(bits)))];
      assert.deepEqual(
        back.sort((a, b) => a - b),
        bits.sort((a, b) => a - b),
      );
    }),
  );
});

test('optional and required are told apart', () => {
  const features = featureSet({ payment_secret: 'required', basic_mpp: 'optional' });
  assert.deepEqual([...features], [14, 17]);
  assert.ok(hasFeature(features, 'basic_mpp') && !requiresFeature(features, 'basic_mpp'));
  assert.ok(requiresFeature(features, 'payment_secret'));
  assert.deepEqual(unknownRequired(new Set([14, 100, 101, 103]), features), [100]);
});
