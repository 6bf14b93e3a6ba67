/** Z-base-32: 5 bits to a letter, in an alphabet for people. Signed messages are written in it. */

const ALPHABET = 'ybndrfg8ejkmcpqxot1uwisza345h769';
const VALUES: ReadonlyMap<string, number> = new Map([...ALPHABET].map((letter, value) => [letter, value]));

/** The bytes as text. */
export function encodeZbase32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let bit_count = 0;
  for (const byte of bytes) {
    bits = (bits << 8) | byte;
    bit_count += 8;
    while (bit_count >= 5) {
      bit_count -= 5;
      text += ALPHABET[(bits >> bit_count) & 31];
    }
    bits &= (1 << bit_count) - 1;
  }
  return bit_count === 0 ? text : text + ALPHABET[(bits << (5 - bit_count)) & 31];
}

/** The bytes of the text; undefined when a letter is not of the alphabet or the bits left over are not zero. */
export function decodeZbase32(text: string): Uint8Array | undefined {
  const bytes: number[] = [];
  let bits = 0;
  let bit_count = 0;
  for (const letter of text) {
    const value = VALUES.get(letter);
    if (value === undefined) return undefined;
    bits = (bits << 5) | value;
    bit_count += 5;
    if (bit_count >= 8) {
      bit_count -= 8;
      bytes.push(bits >> bit_count);
      bits &= (1 << bit_count) - 1;
    }
  }
  return bit_count >= 5 || bits !== 0 ? undefined : Uint8Array.from(bytes);
}
