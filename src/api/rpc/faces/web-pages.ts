/** The commands as the REST interface shows them to people: the plain list of clnrest, and a page. */
import type { CommandFacts } from '../table.ts';
import { usageLine } from './usage.ts';

const RULE = '-'.repeat(171);

/** What `GET /v1/list-methods` answers, as clnrest lays it out. */
export function listMethods(commands: readonly CommandFacts[]): string {
  return commands.map((command) => `Command: ${usageLine(command)}\n\n${RULE}\n\n`).join('');
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const STYLE = `:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;margin:0 auto;max-width:46rem;padding:1rem}
h1{font-size:1.5rem}code{overflow-wrap:anywhere}section{border-top:1px solid #8888;padding:.5rem 0}h2{font-size:1.1rem;margin:.5rem 0}
dt{font-weight:600}dd{margin:0 0 .5rem 1rem}`;

function section(command: CommandFacts): string {
  const params = Object.entries(command.params).map(
    ([name, { field, presence, doc }]) =>
      `<dt><code>${escapeHtml(name)}</code> (${escapeHtml(field.type)}${presence === 'required' ? ', required' : ''})</dt><dd>${escapeHtml(doc)}</dd>`,
  );
  const list = params.length === 0 ? '<p>No parameters.</p>' : `<dl>${params.join('')}</dl>`;
  return `<section id="${command.name}"><h2>POST /v1/${command.name}</h2><p>${escapeHtml(command.title)}</p>${list}</section>`;
}

/** The page that shows every command with its parameters. It loads nothing and runs no script. */
export function referencePage(commands: readonly CommandFacts[]): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Till: REST interface</title><style>${STYLE}</style></head><body><main><h1>REST interface</h1>
<p>Send <code>POST /v1/COMMAND</code> with the parameters as a JSON object, and a rune in the header <code>rune</code>.
The same for programs: <a href="/swagger.json">swagger.json</a> (OpenAPI 3.1).</p>
${commands.map(section).join('\n')}</main></body></html>`;
}
