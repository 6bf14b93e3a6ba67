/** A command's page of the reference, and the reference's contents, in markdown. */
import type { CommandFacts } from '../table.ts';
import { pageOf, type Section } from './page.ts';

function markdownSection(command: CommandFacts, { title, paragraphs, entries, code }: Section): string {
  const linked =
    title === 'See also' ? [command.see_also.map((name) => `[${name}](${name}.md)`).join(', ')] : paragraphs;
  return [
    `## ${title}`,
    ...linked,
    ...(entries.length === 0
      ? []
      : [
          entries
            .map(({ term, type, text, depth }) => `${'  '.repeat(depth)}- **${term}** (${type}): ${text}`)
            .join('\n'),
        ]),
    ...(code.length === 0 ? [] : [`\`\`\`sh\n${code.join('\n')}\n\`\`\``]),
  ].join('\n\n');
}

/** The file `docs/reference/NAME.md`. */
export function markdownPage(command: CommandFacts): string {
  const sections = pageOf(command).map((part) => markdownSection(command, part));
  return `${[`# ${command.name}`, command.title, ...sections].join('\n\n')}\n`;
}

/** The file `docs/reference/README.md`. */
export function markdownContents(commands: readonly CommandFacts[]): string {
  const rows = commands.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const lines = rows.map(({ name, title }) => `- [${name}](${name}.md): ${title}`);
  return `# Commands\n\nGenerated from the definitions in src/api/commands by \`npm run docs\`.\n\n${lines.join('\n')}\n`;
}
