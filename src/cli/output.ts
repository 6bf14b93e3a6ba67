/** How a result is shown: JSON, one line a value, or for people. Numbers are printed as they came. */
import type { OutputStyle } from './arguments.ts';
import { tableOf } from './table.ts';

/** A number beyond what JavaScript counts exactly, in its own digits. */
interface RawNumber {
  readonly rawJSON: string;
}

type Shown = null | boolean | number | string | RawNumber | readonly Shown[] | { readonly [name: string]: Shown };

/** Parses a reply and keeps every number's digits. */
export function parseExact(text: string): Shown {
  const keep = (_name: string, value: unknown, context: { source?: string }): unknown =>
    typeof value === 'number' && context.source !== String(value) ? rawJson(context.source as string) : value;
  return JSON.parse(text, keep as Parameters<typeof JSON.parse>[1]) as Shown;
}

function rawJson(source: string): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(source);
}

/** The result as text. `isTerminal` decides what the default is. */
export function render(result: Shown, style: OutputStyle, isTerminal: boolean): string {
  switch (style) {
    case 'flat':
      return flat(result, '');
    case 'human':
      return human(result);
    case 'default':
      return (isTerminal ? tableOf(result as never) : undefined) ?? json(result);
    case 'json':
    case 'raw':
      return json(result);
  }
}

function json(result: Shown): string {
  return `${JSON.stringify(result, null, 3)}\n`;
}

function isRaw(value: Shown): value is RawNumber {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'rawJSON');
}

function scalar(value: Shown): string {
  if (typeof value === 'string') return value;
  return isRaw(value) ? value.rawJSON : JSON.stringify(value);
}

/** `a.b[0].c=value`, a line each. */
function flat(value: Shown, path: string): string {
  if (Array.isArray(value)) return value.map((each, index) => flat(each as Shown, `${path}[${index}]`)).join('');
  if (typeof value === 'object' && value !== null && !isRaw(value)) {
    return Object.entries(value)
      .map(([name, each]) => flat(each as Shown, path === '' ? name : `${path}.${name}`))
      .join('');
  }
  return `${path}=${scalar(value)}\n`;
}

/** Values alone, names only where there are several; the hint for clients is not shown. */
function human(value: Shown): string {
  if (Array.isArray(value)) return value.map((each) => human(each as Shown)).join('\n');
  if (typeof value === 'object' && value !== null && !isRaw(value)) {
    const shown = Object.entries(value).filter(([name]) => name !== 'format-hint');
    if (shown.length === 1) return human((shown[0] as [string, Shown])[1]);
    return shown.map(([name, each]) => `${name}=${human(each as Shown).trimEnd()}\n`).join('');
  }
  return `${scalar(value)}\n`;
}
