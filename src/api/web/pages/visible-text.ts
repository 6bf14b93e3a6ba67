/**
 * Text that strangers wrote, made safe to look at: characters that nobody sees, or that turn the order of what follows
 * (Unicode, UAX 9), would let a label or a description say something else than it shows.
 */

/**
 * Controls, separators of lines, whatever Unicode lets a program not show (marks and overrides of direction among it), and the
 * controls of annotations. Not among it: line feeds and tabs, which are layout; the joiners U+200C and U+200D and the variation
 * selectors, which words and emoji are made with.
 */
const HIDDEN =
  /(?![\t\n\r\u200c\u200d]|\p{Variation_Selector})[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]/gu;
const PLAIN = /^[ -~]*$/;

/** The text with each hidden character named, such as `[U+202E]`, and with U+FFFD for half a character. */
export function visibleText(text: string): string {
  // Most texts are plain, and need nothing.
  if (PLAIN.test(text)) return text;
  return text.toWellFormed().replace(HIDDEN, (character) => {
    const number = character.codePointAt(0) as number;
    return `[U+${number.toString(16).toUpperCase().padStart(4, '0')}]`;
  });
}
