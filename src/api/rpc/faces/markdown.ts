/** A command's page of the reference, and the reference's contents, in markdown. */
import type { CommandFacts } from '../table.ts';
import { pageOf, type Section } from './page.ts';

/** Code blocks of a page are this wide where they can be. */
const CODE_COLUMNS = 100;

/** The line as several, the further ones indented. */
function wrapped(line: string): string[] {
  const lines: string[] = [];
  for (const word of line.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= CODE_COLUMNS)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(last === undefined ? word : `    ${word}`);
  }
  return lines;
}

function codeBlock(language: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`\`\`\`${language}\n${lines.join('\n')}\n\`\`\``];
}

function markdownSection({ title, usage, paragraphs, entries, code }: Section): string {
  return [
    `## ${title}`,
    ...(usage === undefined ? [] : codeBlock('sh', wrapped(usage))),
    ...paragraphs,
    ...(entries.length === 0
      ? []
      : [
          entries
            .map(
              ({ term, type, text, depth }) =>
                `${'  '.repeat(depth)}- **${term}**${type === '' ? '' : ` (${type})`}: ${text}`,
            )
            .join('\n'),
        ]),
    ...codeBlock(title === 'On the socket' ? 'json' : 'sh', code),
  ].join('\n\n');
}

/** A page of the reference. */
export function markdownFile(name: string, title: string, sections: readonly Section[]): string {
  return `${[`# ${name}`, title, ...sections.map(markdownSection)].join('\n\n')}\n`;
}

/** The file `docs/reference/NAME.md`. */
export function markdownPage(command: CommandFacts): string {
  const links = command.see_also.map((name) => `[${name}](${name}.md)`).join(', ');
  const sections = pageOf(command).map((part) => (part.title === 'See also' ? { ...part, paragraphs: [links] } : part));
  return markdownFile(command.name, command.title, sections);
}

/** The file `docs/reference/README.md`: the commands of the node, and those of `till` itself. */
export function markdownContents(
  commands: readonly CommandFacts[],
  own: readonly { readonly name: string; readonly title: string }[],
): string {
  const lines = (pages: readonly { readonly name: string; readonly title: string }[]): string =>
    pages
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, title }) => `- [${name}](${name}.md): ${title}`)
      .join('\n');
  return `# Commands

Generated from the definitions in src/api/commands by \`npm run docs\`.

${lines(commands)}

The command line:

${lines(own)}
`;
}
