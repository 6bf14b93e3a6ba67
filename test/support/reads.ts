/** What a client reads of an answer, as data: the members that it needs, and what each must be. */
import assert from 'node:assert/strict';

const KINDS = {
  text: (value: unknown) => typeof value === 'string',
  boolean: (value: unknown) => typeof value === 'boolean',
  /** Of 32 bits, as clients in other languages have it. */
  integer: (value: unknown) => Number.isInteger(value) && Math.abs(value as number) < 2 ** 31,
  /** Unix time, or an amount: a bare number. */
  time: (value: unknown) => Number.isSafeInteger(value) && (value as number) > 1_500_000_000,
  msat: (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0,
  hex: (value: unknown) => typeof value === 'string' && /^([0-9a-f]{2})+$/.test(value),
  hash: (value: unknown) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value),
  node_id: (value: unknown) => typeof value === 'string' && /^0[23][0-9a-f]{64}$/.test(value),
} as const;

/** What a member must be: a kind, with `?` where it may be missing, one of some texts, an object, or a list of such. */
export type Reads = `${keyof typeof KINDS}${'' | '?'}` | RegExp | readonly [Reads] | { readonly [name: string]: Reads };

/** Fails where the client would not find what it reads. */
export function assertReads(value: unknown, reads: Reads, at: string): void {
  if (Array.isArray(reads)) {
    assert.ok(Array.isArray(value), `${at} is a list`);
    for (const [index, each] of value.entries()) assertReads(each, (reads as readonly [Reads])[0], `${at}[${index}]`);
  } else if (reads instanceof RegExp) {
    assert.match(String(value), reads, at);
  } else if (typeof reads === 'object') {
    assert.ok(typeof value === 'object' && value !== null, `${at} is an object`);
    for (const [name, each] of Object.entries(reads)) {
      assertReads((value as Record<string, unknown>)[name], each as Reads, `${at}.${name}`);
    }
  } else {
    const is_optional = reads.endsWith('?');
    if (is_optional && value === undefined) return;
    const kind = (is_optional ? reads.slice(0, -1) : reads) as keyof typeof KINDS;
    assert.ok(KINDS[kind](value), `${at} is ${reads}, not ${JSON.stringify(value)}`);
  }
}
