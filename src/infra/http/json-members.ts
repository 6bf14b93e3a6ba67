/** Single values out of JSON that strangers wrote: by their path, as text, numbers to the digit. */

/**
 * The names to go through, from the outermost; an index of an array is its digits. `*` is the only member of an object,
 * whatever its name: a server may name it otherwise than it was asked.
 */
export type MemberPath = readonly string[];

/**
 * The text of each member: of a string its characters, of a number its own spelling, of a boolean its word; undefined for
 * what is missing or is none of these. Throws SyntaxError for what is no JSON, RangeError when it is nested too deep.
 */
export function readMembers(json: string, paths: readonly MemberPath[]): readonly (string | undefined)[] {
  const root: unknown = JSON.parse(json, asText);
  return paths.map((path) => {
    let value: unknown = root;
    for (const wanted of path) {
      if (typeof value !== 'object' || value === null) return undefined;
      const name = wanted === '*' ? onlyName(value) : wanted;
      if (name === undefined || !Object.hasOwn(value, name)) return undefined;
      value = (value as Readonly<Record<string, unknown>>)[name];
    }
    return typeof value === 'string' ? value : undefined;
  });
}

function onlyName(value: object): string | undefined {
  const names = Object.keys(value);
  return names.length === 1 ? names[0] : undefined;
}

/** Numbers and booleans become texts, so that no digit is lost. */
function asText(_name: string, value: unknown, { source }: { readonly source?: string } = {}): unknown {
  return typeof value === 'number' || typeof value === 'boolean' ? (source ?? String(value)) : value;
}
