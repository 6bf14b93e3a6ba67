import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromHex, isHex, toHex } from '../../../src/base/types/hex.ts';

test('bytes become lowercase hex, and hex of either case becomes the bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const text = Buffer.from(bytes).toString('hex');
      assert.equal(toHex(bytes), text);
      assert.deepEqual(fromHex(text), bytes);
      assert.deepEqual(fromHex(text.toUpperCase()), bytes);
    }),
  );
});

function isRefused(text: string): boolean {
  try {
    fromHex(text);
    return false;
  } catch (error) {
    return error instanceof RangeError && error.message === 'not a hex string of even length';
  }
}

test('every other text is refused', () => {
  for (const text of [
    '0',
    '0g',
    'g0',
    '0x00',
    ' 0',
    '0 ',
    '00\n',
    '0é',
    'é0',
    '0\u0661',
    '0\u0130',
    '/0',
    ':0',
    '@0',
    '`0',
  ]) {
    assert.equal(isHex(text), false, text);
    assert.equal(isRefused(text), true, text);
  }
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii' }), (text) => {
      if (isHex(text)) assert.equal(toHex(fromHex(text)), text.toLowerCase());
      else assert.equal(isRefused(text), true);
    }),
  );
});

test('the memory of what is read is its own', () => {
  assert.equal(fromHex('0011').buffer.byteLength, 2);
});
