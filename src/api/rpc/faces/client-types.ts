/** The types of every command for the typed client, as TypeScript source. */
import type { JsonSchema } from '../schema.ts';
import type { CommandFacts } from '../table.ts';
import { ownParamsSchema, resultSchema } from './json-schema.ts';

/** The TypeScript type of a schema. Integers beyond 2^53 come as bigint: what may be so large may be either. */
function typeOf(schema: JsonSchema): string {
  if (schema.enum !== undefined) return schema.enum.map((word) => `'${word}'`).join(' | ');
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(' | ');
  if (Array.isArray(schema.type)) return schema.type.map((type: string) => typeOf({ type })).join(' | ');
  switch (schema.type) {
    case 'string':
    case 'boolean':
    case 'number':
      return schema.type;
    case 'integer':
      return (schema.maximum ?? Number.POSITIVE_INFINITY) <= Number.MAX_SAFE_INTEGER ? 'number' : 'number | bigint';
    case 'array':
      return `readonly (${typeOf(schema.items ?? {})})[]`;
    case 'object':
      return schema.properties === undefined ? 'Readonly<Record<string, unknown>>' : objectType(schema);
    default:
      return 'unknown';
  }
}

function objectType({ properties = {}, required = [] }: JsonSchema): string {
  const members = Object.entries(properties).map(([name, schema]) => {
    const key = /^[a-z_$][\w$]*$/i.test(name) ? name : `'${name}'`;
    const doc = schema.description === undefined ? '' : `/** ${schema.description.replaceAll('*/', '*\\/')} */ `;
    return `${doc}readonly ${key}${required.includes(name) ? '' : '?'}: ${typeOf(schema)};`;
  });
  return members.length === 0 ? 'Readonly<Record<string, never>>' : `{\n${members.join('\n')}\n}`;
}

/** The parameters: where one stands in for another, a caller gives one of the two. */
function paramsType(command: CommandFacts): string {
  if (command.rest) return 'Readonly<Record<string, unknown>>';
  const schema = ownParamsSchema(command);
  const [name, { unless: other = '' } = {}] = Object.entries(command.params).find(([, { unless }]) => unless) ?? [];
  if (name === undefined) return typeOf(schema);
  const { [name]: one = {}, [other]: instead = {}, ...properties } = schema.properties ?? {};
  const either = (given: string, its: JsonSchema, left_out: string): string =>
    objectType({ properties: { [given]: its }, required: [given] }).replace(
      /}$/,
      `readonly ${left_out}?: undefined;\n}`,
    );
  return `${objectType({ ...schema, properties })} & (${either(name, one, other)} | ${either(other, instead, name)})`;
}

/** The file `src/api/client/commands.ts`, before formatting. */
export function clientTypes(commands: readonly CommandFacts[]): string {
  const entries = commands.map((command) => {
    return `/** ${command.title} */\n'${command.name}': { readonly params: ${paramsType(command)}; readonly result: ${typeOf(resultSchema(command))} };`;
  });
  const reading = commands.filter(({ access }) => access === 'read').map(({ name }) => `'${name}'`);
  return `/** The parameters and results of every command. Generated from src/api/commands by \`npm run docs\`. */\nexport interface Commands {\n${entries.join('\n')}\n}\n\n/** The commands that change nothing. */\nexport const READING_COMMANDS: readonly string[] = [${reading.join(', ')}];\n`;
}
