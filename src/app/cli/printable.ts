/** Texts that a peer or a payer may have written, made harmless: nothing in them is obeyed by a terminal. */

/** Control characters, line separators, and marks that turn the direction of writing. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** The text with what is unprintable as `\x1b` or `\u{202e}`; lines and tabs stay. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (char) => {
    if (char === '\n' || char === '\t') return char;
    const hex = hexOf(char);
    return hex.length === 2 ? `\\x${hex}` : `\\u{${hex}}`;
  });
}

/** The text on one line: what is unprintable is a blank. */
export function printableCell(text: string): string {
  return text.replace(UNPRINTABLE, ' ');
}

/** JSON whose strings escape what is unprintable, so that it reads back the same. Its own line ends stay. */
export function printableJson(json: string): string {
  return json.replace(UNPRINTABLE, (char) => (char === '\n' ? char : `\\u${hexOf(char).padStart(4, '0')}`));
}

function hexOf(char: string): string {
  return char.charCodeAt(0).toString(16).padStart(2, '0');
}
