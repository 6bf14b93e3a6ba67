/**
 * The object that a client keeps with an invoice. It is stored as its text, to the digit, and compared as JSON: no order
 * of members, and integers of any size.
 */

/** Whether the metadata has these members, with these values. */
export function hasMembers(metadata: string | undefined, members: readonly (readonly [string, unknown])[]): boolean {
  if (metadata === undefined) return false;
  const kept = parse(metadata);
  return members.every(([name, value]) => Object.hasOwn(kept, name) && sameJson(kept[name], value));
}

/** Whether two texts say the same, or both are missing. */
export function sameMetadata(one: string | undefined, other: string | undefined): boolean {
  if (one === other) return true;
  return one !== undefined && other !== undefined && sameJson(parse(one), parse(other));
}

function parse(metadata: string): Record<string, unknown> {
  return JSON.parse(metadata, exactly) as Record<string, unknown>;
}

/** Keeps an integer beyond 2^53 as the bigint that a query has for it. */
function exactly(_name: string, value: unknown, { source }: { readonly source?: string } = {}): unknown {
  const isLarge = typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source ?? '');
  return isLarge ? BigInt(source as string) : value;
}

/** Equal as JSON, whatever the order of members. */
function sameJson(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [one, other] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && sameJson(one[name], other[name]))
  );
}
