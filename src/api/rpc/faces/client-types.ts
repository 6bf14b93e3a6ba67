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

/** The file `src/api/client/commands.ts`, before formatting. */
export function clientTypes(commands: readonly CommandFacts[]): string {
  const entries = commands.map((command) => {
    const params = command.rest ? 'Readonly<Record<string, unknown>>' : typeOf(ownParamsSchema(command));
    return `/** ${command.title} */\n'${command.name}': { readonly params: ${params}; readonly result: ${typeOf(resultSchema(command))} };`;
  });
  const reading = commands.filter(({ access }) => access === 'read').map(({ name }) => `'${name}'`);
  return `/** The parameters and results of every command. Generated from src/api/commands by \`npm run docs\`. */\nexport interface Commands {\n${entries.join('\n')}\n}\n\n/** The commands that change nothing. */\nexport const READING_COMMANDS: readonly string[] = [${reading.join(', ')}];\n`;
}
