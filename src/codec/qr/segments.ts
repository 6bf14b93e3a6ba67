/** How the text of a QR code is cut into segments, each in the mode that packs it densest (ISO/IEC 18004, 7.4 and annex J). */

/** The modes in use. Kanji packs nothing that a payment needs. */
export type Mode = 'numeric' | 'alphanumeric' | 'byte';

/** A part of the text, in one mode. */
export interface Segment {
  readonly mode: Mode;
  readonly text: string;
}

const MODES: readonly Mode[] = ['numeric', 'alphanumeric', 'byte'];
const BYTE = MODES.indexOf('byte');
/** Bits of the mode and of the count before a segment, by mode: for versions 1 to 9, 10 to 26, 27 to 40. */
const HEADER_BITS: readonly (readonly [number, number, number])[] = [
  [14, 13, 12],
  [16, 15, 20],
  [18, 17, 20],
];
/** A character or a byte in sixths of a bit, by mode: 3 digits take 10 bits, and 2 letters 11. */
const SIXTHS: readonly [number, number, number] = [20, 33, 48];

/**
 * The segments that take the fewest bits in a code of this version (1 to 40): together they are the text, and they are
 * never longer than the text in one mode. An empty text has no segment.
 */
export function segmentsOf(text: string, version: number): readonly Segment[] {
  const chars = [...text];
  const header_bits = HEADER_BITS[version < 10 ? 0 : version < 27 ? 1 : 2] as readonly number[];
  // For each character and mode: the mode of the character before it, on the shortest way that ends in this mode.
  const before = new Uint8Array(chars.length * MODES.length);
  let shortest = header_bits.map((bits) => bits * 6);
  for (const [index, char] of chars.entries()) {
    const sixths = SIXTHS.map((each, mode) => sixthsOf(char, each, mode));
    const longer: number[] = [];
    for (const mode of MODES.keys()) {
      let [from, least] = [mode, shortest[mode] as number];
      // Before the first character there is nothing to end: each mode has begun.
      for (const other of index === 0 ? [] : MODES.keys()) {
        // A segment ends at a whole bit.
        const begun = Math.ceil((shortest[other] as number) / 6) * 6 + (header_bits[mode] as number) * 6;
        if (other !== mode && begun < least) [from, least] = [other, begun];
      }
      before[index * MODES.length + mode] = from;
      longer.push(least + (sixths[mode] as number));
    }
    shortest = longer;
  }
  return backFrom(
    chars,
    before,
    shortest.map((sixths) => Math.ceil(sixths / 6)),
  );
}

/** Sixths of a bit that the character takes in the mode; Infinity where the mode does not have it. */
function sixthsOf(char: string, each: number, mode: number): number {
  if (mode === BYTE) return each * Buffer.byteLength(char);
  return (mode === 0 ? /^[0-9]$/ : /^[0-9A-Z $%*+./:-]$/).test(char) ? each : Number.POSITIVE_INFINITY;
}

/** Goes the shortest way from its end, and joins neighbours of one mode. */
function backFrom(chars: readonly string[], before: Uint8Array, bits: readonly number[]): readonly Segment[] {
  const segments: Segment[] = [];
  let mode = bits.indexOf(Math.min(...bits));
  let end = chars.length;
  for (let index = chars.length - 1; index >= 0; index--) {
    const previous = before[index * MODES.length + mode] as number;
    if (previous === mode && index > 0) continue;
    segments.unshift({ mode: MODES[mode] as Mode, text: chars.slice(index, end).join('') });
    [mode, end] = [previous, index];
  }
  return segments;
}
