/** A reply of the node, parsed so that every number keeps its digits. */

/** A number beyond what JavaScript counts exactly, in its own digits. */
interface RawNumber {
  readonly rawJSON: string;
}

/** A part of a reply. */
export type Shown =
  | null
  | boolean
  | number
  | string
  | RawNumber
  | readonly Shown[]
  | { readonly [name: string]: Shown };

/** Parses a reply and keeps every number's digits. Throws SyntaxError. */
export function parseExact(text: string): Shown {
  const keep = (_name: string, value: unknown, context: { source?: string }): unknown =>
    typeof value === 'number' && context.source !== String(value) ? ExactJson.rawJSON(context.source as string) : value;
  return JSON.parse(text, keep as Parameters<typeof JSON.parse>[1]) as Shown;
}

/** The part of JSON that TypeScript's library does not declare yet. */
const ExactJson = JSON as unknown as { rawJSON(text: string): RawNumber; isRawJSON(value: unknown): boolean };

/** Whether the value is a number that JavaScript cannot count exactly. */
export function isRaw(value: Shown): value is RawNumber {
  return ExactJson.isRawJSON(value);
}
