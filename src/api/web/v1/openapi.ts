/** OpenAPI 3.1 of `/api/v1`, made of the table of routes and the definitions of the commands. */
import { ERRORS } from '../../../base/errors.ts';
import { version } from '../../../base/version.ts';
import { paramsSchema, resultSchema } from '../../rpc/faces/json-schema.ts';
import type { JsonSchema } from '../../rpc/schema.ts';
import type { CommandFacts } from '../../rpc/table.ts';
import { ROUTES, type Route } from './routes.ts';

const PROBLEM: JsonSchema = {
  type: 'object',
  properties: {
    type: { type: 'string', description: 'Names the kind of error.' },
    title: { type: 'string', description: 'The kind of error in words.' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'What was wrong, and what to do.' },
    instance: { type: 'string', description: "This request: the node's log has the same name." },
    code: { type: 'integer', description: "Core Lightning's number of the error." },
    error: { type: 'string', description: 'Its name.' },
  },
  required: ['type', 'title', 'status', 'detail', 'instance'],
};

function problem(description: string) {
  return { description, content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } };
}

function paramsOf(route: Route): readonly string[] {
  return [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string);
}

/** What is left for the query or the body. */
function openParams(route: Route, command: CommandFacts): Readonly<Record<string, JsonSchema>> {
  const taken = new Set([...paramsOf(route), ...Object.keys(route.fixed ?? {})]);
  const properties = paramsSchema(command).properties as Readonly<Record<string, JsonSchema>>;
  const left = Object.entries(properties).filter(([name, { deprecated }]) => !taken.has(name) && deprecated !== true);
  return Object.fromEntries(left);
}

/** The schema of the answer: a row, a page, or the whole result. */
function answerSchema(route: Route, command: CommandFacts): JsonSchema {
  const whole = resultSchema(command);
  const properties = whole.properties as Readonly<Record<string, JsonSchema>>;
  if (route.one !== undefined) return properties[route.one]?.items as JsonSchema;
  if (route.page === undefined) return whole;
  const next_cursor = { type: ['integer', 'null'], description: 'Give it as `cursor` for the next page.' };
  return { type: 'object', properties: { [route.page.list]: properties[route.page.list] as JsonSchema, next_cursor } };
}

function operation(route: Route, command: CommandFacts) {
  const open = openParams(route, command);
  const isBody = route.method === 'POST' || route.method === 'PATCH';
  const required = paramsSchema(command).required as readonly string[];
  const in_path = paramsOf(route).map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
  const in_query = isBody
    ? []
    : Object.entries(open)
        .filter(([name]) => route.page === undefined || name !== 'start')
        .map(([name, schema]) => ({ name, in: 'query', required: required.includes(name), schema }));
  const cursor = route.page === undefined ? [] : [{ name: 'cursor', in: 'query', schema: { type: 'integer' } }];
  const key =
    route.method === 'POST'
      ? [{ name: 'Idempotency-Key', in: 'header', schema: { type: 'string', maxLength: 128 } }]
      : [];
  const body = {
    type: 'object',
    properties: open,
    required: required.filter((name) => name in open),
    additionalProperties: false,
  };
  const errors = command.errors.map(
    (name) => `- ${ERRORS[name].http_status}, ${ERRORS[name].code} ${name}: ${ERRORS[name].meaning}`,
  );
  return {
    operationId: `${route.method.toLowerCase()}_${route.path
      .slice(1)
      .replace(/[^a-z]+/gi, '_')
      .replace(/_$/, '')}`,
    tags: [command.category],
    summary: route.summary,
    description:
      errors.length === 0 ? command.description : `${command.description}\n\nErrors:\n\n${errors.join('\n')}`,
    parameters: [...in_path, ...in_query, ...cursor, ...key],
    ...(isBody
      ? {
          requestBody: {
            content: {
              'application/json': { schema: body, ...(route.example === undefined ? {} : { example: route.example }) },
            },
          },
        }
      : {}),
    responses: {
      [route.status]: {
        description: 'The result.',
        content: {
          'application/json': { schema: answerSchema(route, command) },
          ...(route.file === undefined ? {} : { 'text/csv': { schema: { type: 'string' } } }),
        },
      },
      401: problem('There is no rune, or it is not valid.'),
      403: problem('The rune does not permit this.'),
      default: problem('Anything else that went wrong.'),
    },
  };
}

/** The document, JSON. Throws TypeError for a route to a command that does not exist. */
export function apiDocument(commands: readonly CommandFacts[]): string {
  const by_name = new Map(commands.map((command) => [command.name, command]));
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of ROUTES) {
    const command = by_name.get(route.command);
    if (command === undefined) throw new TypeError(`there is no command ${route.command}`);
    const path = `/api/v1${route.path}`;
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, command) };
  }
  return JSON.stringify({
    openapi: '3.1.0',
    info: {
      title: 'Till',
      description:
        'The interface for programs of a shop. Send a rune as `Authorization: Bearer RUNE`. `POST /api/v1/commands/NAME` runs any command with its parameters as a JSON object. Amounts are whole millisatoshi. Errors are problem details (RFC 9457). A POST with an `Idempotency-Key` is done once within a day.',
      version: version(),
      license: { name: 'MIT', identifier: 'MIT' },
    },
    paths,
    components: {
      schemas: { Problem: PROBLEM },
      securitySchemes: { rune: { type: 'http', scheme: 'bearer' } },
    },
    security: [{ rune: [] }],
  });
}
