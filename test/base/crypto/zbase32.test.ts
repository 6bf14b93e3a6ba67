import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeZbase32, encodeZbase32 } from '../../../src/base/crypto/zbase32.ts';

test('bytes come back from their text, whatever their number', () => {
  for (let length = 0; length <= 65; length++) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 37 + length) & 0xff);
    const text = encodeZbase32(bytes);
    assert.equal(text.length, Math.ceil((length * 8) / 5));
    assert.deepEqual(decodeZbase32(text), bytes);
  }
});

test('the text of known bytes', () => {
  assert.equal(encodeZbase32(Uint8Array.of(0)), 'yy');
  assert.equal(encodeZbase32(Uint8Array.of(0xff)), '9h');
  assert.equal(encodeZbase32(Uint8Array.of(0xf0, 0xbf, 0xc7)), '6n9hq');
  assert.equal(encodeZbase32(Uint8Array.of(0xd4, 0x7a, 0x04)), '4t7ye');
});

test('what is no text of bytes is not read', () => {
  assert.equal(decodeZbase32('y'), undefined, 'five bits are no byte');
  assert.equal(decodeZbase32('yb'), undefined, 'a bit is left over that is not zero');
  assert.equal(decodeZbase32('YY'), undefined, 'upper case');
  assert.equal(decodeZbase32('lv'), undefined, 'letters that the alphabet lacks');
  assert.equal(decodeZbase32('y y'), undefined);
});
