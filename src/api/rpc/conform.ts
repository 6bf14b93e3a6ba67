/** Whether a result is what its command declares. In tests the dispatcher holds every result to it. */
import type { Answer } from './answer.ts';
import { Literal } from './json.ts';

/** What is wrong with the value, and where; undefined when nothing is. Streams are not looked into. */
export function findFault(answer: Answer<unknown>, value: unknown, path = 'result'): string | undefined {
  const { schema } = answer;
  if (answer.kind === 'stream') return undefined;
  if (answer.kind === 'array') {
    if (!Array.isArray(value)) return `${path} is no array`;
    for (const [index, element] of value.entries()) {
      const fault = findFault(answer.element as Answer<unknown>, element, `${path}[${index}]`);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
  if (answer.kind === 'object') return findFaultOfObject(answer, value, path);
  if (schema.type === undefined) return undefined;
  if (value instanceof Literal) return findFault(answer, value.value, path);
  if (schema.type === 'integer') {
    if (typeof value !== 'bigint' && !(typeof value === 'number' && Number.isSafeInteger(value))) {
      return `${path} is no integer`;
    }
    return value > (schema.maximum ?? Number.POSITIVE_INFINITY)
      ? `${path} is larger than ${schema.maximum}`
      : undefined;
  }
  if (typeof value !== schema.type) return `${path} is no ${schema.type}`;
  if (schema.enum !== undefined && !schema.enum.includes(value as string)) {
    return `${path} is none of ${schema.enum.join(', ')}`;
  }
  if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(value as string)) {
    return `${path} does not match ${schema.pattern}`;
  }
  return undefined;
}

function findFaultOfObject(answer: Answer<unknown>, value: unknown, path: string): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return `${path} is no object`;
  const members = answer.members ?? {};
  const given = value as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(given)) {
    if (given[name] !== undefined && !Object.hasOwn(members, name)) return `${path}.${name} is not declared`;
  }
  for (const [name, member] of Object.entries(members)) {
    const inner = given[name];
    if (inner === undefined) {
      if (!member.optional) return `${path}.${name} is missing`;
      continue;
    }
    const fault = findFault(member, inner, `${path}.${name}`);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
