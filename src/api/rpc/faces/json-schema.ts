/** A command as JSON Schema (2020-12): its parameters by name, and its result. */
import { described } from '../answer.ts';
import type { Param } from '../command.ts';
import type { JsonSchema } from '../schema.ts';
import type { CommandFacts } from '../table.ts';

/** The parameters under their own names alone: what a new program should use. */
export function ownParamsSchema(command: CommandFacts): JsonSchema {
  const schema = paramsSchema(command);
  const names = Object.keys(command.params);
  const properties = Object.fromEntries(names.map((name) => [name, schema.properties?.[name] ?? {}]));
  const required = names.filter((name) => isRequired(command.params[name]));
  return { ...schema, properties, required };
}

/** The schema of the parameters given by name. */
export function paramsSchema(command: CommandFacts): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  const required: string[] = [];
  for (const [name, param] of Object.entries(command.params)) {
    const fallback = param.presence === 'default' ? { default: toSchemaDefault(param.default) } : {};
    properties[name] = { ...param.field.schema, description: param.doc, ...fallback };
    for (const alias of param.aliases) {
      properties[alias] = { ...param.field.schema, description: `Another name of \`${name}\`.`, deprecated: true };
    }
    if (isRequired(param) && param.aliases.length === 0) required.push(name);
  }
  return { type: 'object', properties, required, additionalProperties: command.rest };
}

/** Whether nothing can stand in for it. */
function isRequired(param: Param<unknown> | undefined): boolean {
  return param?.presence === 'required' && param.unless === undefined;
}

function toSchemaDefault(value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}

/** The schema of the result. */
export function resultSchema(command: CommandFacts): JsonSchema {
  return described(command.returns);
}

/** The file `docs/reference/schema/NAME.json`. */
export function schemaFile(command: CommandFacts): string {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: command.name,
    description: command.title,
    properties: { request: paramsSchema(command), response: resultSchema(command) },
  };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}
