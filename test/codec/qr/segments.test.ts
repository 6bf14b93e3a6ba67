/** Segments: together they are the text, each in a mode that has it, and no other way to cut it takes fewer bits. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mode as modes } from 'lean-qr';
import { type Mode, type Segment, segmentsOf } from '../../../src/codec/qr/segments.ts';

/** A version of each kind: the counts before segments have other lengths. */
const VERSIONS = [1, 9, 10, 26, 27, 40];
const HAS: Readonly<Record<Mode, RegExp>> = { numeric: /^\d+$/, alphanumeric: /^[0-9A-Z $%*+\-./:]+$/, byte: /^.+$/su };

/** What the encoder writes for them, in bits: its own count. */
function bitsOf(segments: readonly Segment[], version: number): number {
  let sum = 0;
  const bits = {
    push(_value: number, length: number): void {
      sum += length;
    },
  };
  for (const { mode, text } of segments) {
    if (mode === 'numeric') modes.numeric(text)(bits, version);
    else if (mode === 'alphanumeric') modes.alphaNumeric(text)(bits, version);
    else modes.bytes(Buffer.from(text))(bits, version);
  }
  return sum;
}

/** Every way to cut the text. */
function* allCuts(chars: readonly string[]): Generator<readonly Segment[]> {
  if (chars.length === 0) yield [];
  for (let length = 1; length <= chars.length; length++) {
    const text = chars.slice(0, length).join('');
    for (const mode of ['numeric', 'alphanumeric', 'byte'] as const) {
      if (!HAS[mode].test(text)) continue;
      for (const rest of allCuts(chars.slice(length))) yield [{ mode, text }, ...rest];
    }
  }
}

const runs = fc
  .array(
    fc.oneof(
      fc.stringMatching(/^[0-9]{1,30}$/),
      fc.stringMatching(/^[0-9A-Z $%*+./:-]{1,30}$/),
      fc.stringMatching(/^[a-z0-9?&=]{1,30}$/),
      fc.string({ unit: 'grapheme', maxLength: 5 }),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''));

test('segments are the text, each in a mode that has it, and no longer than the text in one mode', () => {
  fc.assert(
    fc.property(runs, fc.constantFrom(...VERSIONS), (text, version) => {
      const segments = segmentsOf(text, version);
      assert.equal(segments.map((segment) => segment.text).join(''), text);
      for (const segment of segments) assert.match(segment.text, HAS[segment.mode]);
      for (const [index, { mode }] of segments.entries()) assert.notEqual(mode, segments[index - 1]?.mode);
      for (const mode of ['numeric', 'alphanumeric', 'byte'] as const) {
        if (!HAS[mode].test(text)) continue;
        assert.ok(bitsOf(segments, version) <= bitsOf([{ mode, text }], version), mode);
      }
    }),
  );
});

test('of all ways to cut a short text none takes fewer bits', () => {
  const short = fc.string({ unit: fc.constantFrom('0', '7', 'A', ':', 'a', 'é'), maxLength: 8 });
  fc.assert(
    fc.property(short, fc.constantFrom(...VERSIONS), (text, version) => {
      const least = Math.min(...[...allCuts([...text])].map((cut) => bitsOf(cut, version)));
      assert.equal(bitsOf(segmentsOf(text, version), version), least);
    }),
    { numRuns: 60 },
  );
  // Long enough for a cut to be worth its header, at the length where it begins to be.
  for (const version of VERSIONS) {
    for (let length = 1; length < 24; length++) {
      const [small, capitals, digits] = ['x'.repeat(9), 'Q'.repeat(length), '5'.repeat(length)];
      const cuts = [
        [{ mode: 'byte', text: small + capitals + small }],
        [
          { mode: 'byte', text: small },
          { mode: 'alphanumeric', text: capitals },
          { mode: 'byte', text: small },
        ],
      ] as const;
      const least = Math.min(...cuts.map((cut) => bitsOf(cut, version)));
      assert.equal(bitsOf(segmentsOf(small + capitals + small, version), version), least);
      const numbers = [
        [{ mode: 'alphanumeric', text: `QQQQ${digits}` }],
        [
          { mode: 'alphanumeric', text: 'QQQQ' },
          { mode: 'numeric', text: digits },
        ],
      ] as const;
      assert.equal(
        bitsOf(segmentsOf(`QQQQ${digits}`, version), version),
        Math.min(...numbers.map((cut) => bitsOf(cut, version))),
      );
    }
  }
});

test('a unified address is cut where capitals begin and end', () => {
  assert.deepEqual(
    segmentsOf(`bitcoin:BC1P${'Q'.repeat(58)}?amount=0.0025&lightning=LNBC2500U1${'P'.repeat(346)}`, 12),
    [
      { mode: 'byte', text: 'bitcoin' },
      { mode: 'alphanumeric', text: `:BC1P${'Q'.repeat(58)}` },
      { mode: 'byte', text: '?amount=0.0025&lightning=' },
      { mode: 'alphanumeric', text: `LNBC2500U1${'P'.repeat(346)}` },
    ],
  );
  assert.deepEqual(segmentsOf('', 1), []);
});
