/** A command's manual page in roff, for `man till-NAME`. */
import type { CommandFacts } from '../table.ts';
import { pageOf, type Section } from './page.ts';

/** Text made safe for roff: backslashes, dashes, and dots or quotes that begin a line. Markdown's marks are taken out. */
function escapeRoff(text: string): string {
  const plain = text.replaceAll('`', '').replaceAll('\\', '\\e').replaceAll('-', '\\-');
  return plain.replace(/^([.'])/gm, '\\&$1');
}

function roffSection({ title, paragraphs, entries, code }: Section): string[] {
  return [
    `.SH ${title.toUpperCase()}`,
    ...paragraphs.flatMap((text, index) => [...(index === 0 ? [] : ['.PP']), escapeRoff(text)]),
    ...entries.flatMap(({ term, type, text, depth }) => [
      ...(depth > 0 ? [`.RS ${depth * 4}`] : []),
      '.TP',
      `\\fB${escapeRoff(term)}\\fR (${escapeRoff(type)})`,
      escapeRoff(text),
      ...(depth > 0 ? ['.RE'] : []),
    ]),
    ...(code.length === 0 ? [] : ['.nf', ...code.map(escapeRoff), '.fi']),
  ];
}

/** The file `man/till-NAME.7`. */
export function manPage(command: CommandFacts): string {
  const lines = [
    `.TH "TILL\\-${escapeRoff(command.name.toUpperCase())}" "7" "" "Till" "Till commands"`,
    '.SH NAME',
    `till\\-${escapeRoff(command.name)} \\- ${escapeRoff(command.title)}`,
    ...pageOf(command).flatMap(roffSection),
  ];
  return `${lines.join('\n')}\n`;
}
