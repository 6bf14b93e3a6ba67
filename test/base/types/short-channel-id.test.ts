import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  parseShortChannelId,
  type ShortChannelId,
  shortChannelIdFromU64,
  shortChannelIdToU64,
} from '../../../src/base/types/short-channel-id.ts';

test('text and 64 bits are two spellings of one id', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 0xffff_ffff_ffff_ffffn), (value) => {
      const text = shortChannelIdFromU64(value);
      assert.equal(parseShortChannelId(text), text);
      assert.equal(shortChannelIdToU64(text), value);
    }),
  );
  assert.equal(shortChannelIdToU64('539268x845x1' as ShortChannelId), (539268n << 40n) | (845n << 16n) | 1n);
});

test('what does not fit is none', () => {
  for (const text of ['', '1x2', '1x2x3x4', '16777216x0x0', '1x16777216x0', '1x1x65536', ' 1x1x1', '-1x1x1']) {
    assert.equal(parseShortChannelId(text), undefined, text);
  }
});
