/**
 * Lines of CSV (RFC 4180). Cells come from customers: what a spreadsheet would run as a formula is disarmed, and a line
 * break or another control character becomes a blank, so that a record is one line wherever it is loaded.
 */

/** A number or another text of our own, which is written as it is. */
export interface OwnCell {
  readonly own: string;
}

/** A cell: a text that somebody wrote, or one of our own. */
export type Cell = string | OwnCell | undefined;

/** A cell that holds our own text, such as a number. */
export function own(text: string): OwnCell {
  return { own: text };
}

/** What begins so is a formula for some spreadsheet; a full-width sign is one for those of East Asia. */
const FORMULA = /^[\t\r]|^\s*[=+\-@＝＋－＠]/;
const CONTROL = /[\p{Cc}\u2028\u2029]/gu;

/** The record as a line, without its end. */
export function csvLine(cells: readonly Cell[]): string {
  return cells.map(cellText).join(',');
}

function cellText(cell: Cell): string {
  if (cell === undefined) return '';
  return quoted(typeof cell === 'string' ? disarmed(cell) : cell.own);
}

function disarmed(text: string): string {
  const plain = text.toWellFormed().replaceAll(CONTROL, ' ');
  return FORMULA.test(text) ? `'${plain}` : plain;
}

function quoted(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
