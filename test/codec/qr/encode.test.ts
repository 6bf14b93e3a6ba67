/** Codes: a reader of another hand finds the text in them, and none is larger than one segment would make it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { correction, generate, mode } from 'lean-qr';
import { encodeQr } from '../../../src/codec/qr/encode.ts';
import { readQr } from '../../support/read-qr.ts';

const versionOf = (text: string): number => (encodeQr(text).size - 17) / 4;

/** What a reader finds in the code of the text. */
function readBack(text: string): string {
  const { size, isDark } = encodeQr(text);
  return readQr(size, isDark);
}

test('texts of any kind are read back', () => {
  const texts = fc.array(
    fc.oneof(
      fc.stringMatching(/^[0-9]{1,40}$/),
      fc.stringMatching(/^[0-9A-Z $%*+./:-]{1,90}$/),
      fc.stringMatching(/^[a-z0-9?&=]{1,40}$/),
    ),
    { minLength: 1, maxLength: 8 },
  );
  fc.assert(
    fc.property(texts, (parts) => assert.equal(readBack(parts.join('')), parts.join(''))),
    { numRuns: 40 },
  );
  for (const text of ['a', '0', 'clnrest://shop.example?rune=Zm9v-_=', 'Münze ₿ 字'])
    assert.equal(readBack(text), text);
});

test('the longest texts are read back, and one character more is refused by name', () => {
  const longest: readonly (readonly [string, number])[] = [
    ['7', 7089],
    ['Q', 4296],
    ['q', 2953],
  ];
  for (const [char, most] of longest) {
    assert.equal(readBack(char.repeat(most)), char.repeat(most));
    assert.throws(() => encodeQr(char.repeat(most + 1)), {
      name: 'RangeError',
      message: `The text has ${most + 1} characters, more than a QR code holds: shorten it.`,
    });
  }
});

test('no code is larger than one of a single segment', () => {
  const runs = fc.oneof(fc.stringMatching(/^[0-9A-Z:]{1,60}$/), fc.stringMatching(/^[a-z?=]{1,60}$/));
  fc.assert(
    fc.property(fc.array(runs, { maxLength: 10 }), (parts) => {
      const single = generate(mode.bytes(Buffer.from(parts.join(''))), { maxCorrectionLevel: correction.L });
      assert.ok(encodeQr(parts.join('')).size <= single.size);
    }),
    { numRuns: 40 },
  );
});

test('the error correction is L, whatever room is left', () => {
  // The first two bits of the format, left of the upper right of the first finder pattern: 01 is L, under the mask 10101.
  const { isDark } = encodeQr('a');
  assert.deepEqual([isDark(0, 8), isDark(1, 8)], [true, true]);
});

test('versions are what the standard holds: an invoice in capitals, and one bit more', () => {
  assert.equal(versionOf('Q'.repeat(468)), 11);
  assert.equal(versionOf('Q'.repeat(469)), 12);
});
