/** A command's manual page in roff, for `man till-NAME`. */
import type { CommandFacts } from '../table.ts';
import { pageOf, type Section } from './page.ts';

/** Text made safe for roff: backslashes, dashes, and dots or quotes that begin a line. Markdown's marks are taken out. */
function escapeRoff(text: string): string {
  const plain = text.replaceAll('`', '').replaceAll('\\', '\\e').replaceAll('-', '\\-');
  return plain.replace(/^([.'])/gm, '\\&$1');
}

function roffSection({ title, usage, paragraphs, entries, code }: Section): string[] {
  return [
    `.SH ${title.toUpperCase()}`,
    // Broken between words only, and without hyphens: the further lines are indented under the first.
    ...(usage === undefined ? [] : ['.nh', '.ad l', '.HP 4', escapeRoff(usage), '.hy', '.ad b']),
    ...paragraphs.flatMap((text, index) => [...(index === 0 ? [] : ['.PP']), escapeRoff(text)]),
    ...entries.flatMap(({ term, type, text, depth }) => [
      ...(depth > 0 ? [`.RS ${depth * 4}`] : []),
      '.TP',
      `\\fB${escapeRoff(term)}\\fR${type === '' ? '' : ` (${escapeRoff(type)})`}`,
      escapeRoff(text),
      ...(depth > 0 ? ['.RE'] : []),
    ]),
    ...(code.length === 0 ? [] : ['.nf', ...code.map(escapeRoff), '.fi']),
  ];
}

/** A manual page: `name` is that of its file, `number` its part of the manual. */
export function manFile(
  { name, number, title }: { readonly name: string; readonly number: number; readonly title: string },
  sections: readonly Section[],
): string {
  const lines = [
    `.TH "${escapeRoff(name.toUpperCase())}" "${number}" "" "Till" "Till commands"`,
    '.SH NAME',
    `${escapeRoff(name)} \\- ${escapeRoff(title)}`,
    ...sections.flatMap(roffSection),
  ];
  return `${lines.join('\n')}\n`;
}

/** The file `man/till-NAME.7`. */
export function manPage(command: CommandFacts): string {
  const others = command.see_also.map((name) => `till-${name}(7)`).join(', ');
  const sections = pageOf(command).map((part) =>
    part.title === 'See also' ? { ...part, paragraphs: [others] } : part,
  );
  return manFile({ name: `till-${command.name}`, number: 7, title: command.title }, sections);
}
