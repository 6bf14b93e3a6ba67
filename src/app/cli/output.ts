/**
 * How a result is shown: JSON, one line a value, or for people. Numbers are printed as they came, and nothing that a peer
 * or a payer put into a text is obeyed by a terminal.
 */
import type { OutputStyle } from './arguments.ts';
import { printable, printableJson } from './printable.ts';
import { isRaw, type Shown } from './shown.ts';
import { tableOf } from './table.ts';

/** The result as text that ends with a new line. At a terminal, of so many columns, a listing is a table by default. */
export function render(result: Shown, style: OutputStyle, columns: number | undefined): string {
  switch (style) {
    case 'flat':
      return flat(result, '');
    case 'human':
      return human(result);
    case 'raw':
      return `${json(result)}\n`;
    case 'json':
      return `${json(result, 3)}\n`;
    case 'default':
      if (isSimple(result)) return human(result);
      return (columns === undefined ? undefined : tableOf(result, columns)) ?? `${json(result, 3)}\n`;
  }
}

/** JSON whose strings escape what is unprintable: it reads back the same. */
function json(value: Shown, indent?: number): string {
  return printableJson(JSON.stringify(value, null, indent));
}

/** The members of an object; undefined for anything else. */
function membersOf(value: Shown): [string, Shown][] | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || isRaw(value)) return undefined;
  return Object.entries(value as { readonly [name: string]: Shown });
}

/** The node asks clients to show it as text. */
function isSimple(result: Shown): boolean {
  return membersOf(result)?.some(([name, value]) => name === 'format-hint' && value === 'simple') ?? false;
}

/** `a.b[0].c=value`, a line each; a text is spelled as in JSON, without its quotes, so that it stays on its line. */
function flat(value: Shown, path: string): string {
  if (Array.isArray(value)) return value.map((each, index) => flat(each as Shown, `${path}[${index}]`)).join('');
  const members = membersOf(value);
  if (members === undefined) return `${path}=${bare(value)}\n`;
  return members.map(([name, each]) => flat(each, path === '' ? bare(name) : `${path}.${bare(name)}`)).join('');
}

function bare(value: Shown): string {
  const text = json(value);
  return typeof value === 'string' ? text.slice(1, -1) : text;
}

/** Values alone, names only where there are several; the hint for clients is not shown. */
function human(value: Shown): string {
  if (Array.isArray(value)) return value.map((each) => human(each as Shown)).join('');
  const members = membersOf(value)?.filter(([name]) => name !== 'format-hint');
  if (members === undefined) return `${typeof value === 'string' ? printable(value) : json(value)}\n`;
  if (members.length === 1) return human((members[0] as [string, Shown])[1]);
  return members.map(([name, each]) => `${printable(name)}=${human(each).trimEnd()}\n`).join('');
}
