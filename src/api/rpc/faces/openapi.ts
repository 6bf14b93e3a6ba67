/** Every command as a path of OpenAPI 3.1: `POST /v1/NAME`, as Core Lightning's REST interface has them. */
import { ERRORS } from '../../../base/errors.ts';
import { version } from '../../../base/version.ts';
import type { JsonSchema } from '../schema.ts';
import type { CommandFacts } from '../table.ts';
import { paramsSchema, resultSchema } from './json-schema.ts';

const FAILURE: JsonSchema = {
  type: 'object',
  properties: {
    code: { type: ['integer', 'null'], description: "Core Lightning's number of the error." },
    message: { type: 'string', description: 'What was wrong.' },
    data: { description: 'More about it, where the command promises some.' },
  },
  required: ['code', 'message', 'data'],
};

function failure(description: string) {
  return { description, content: { 'application/json': { schema: { $ref: '#/components/schemas/Failure' } } } };
}

function operation(command: CommandFacts) {
  const errors = command.errors.map((name) => `- ${ERRORS[name].code} ${name}: ${ERRORS[name].meaning}`);
  const description =
    errors.length === 0 ? command.description : `${command.description}\n\nErrors:\n\n${errors.join('\n')}`;
  return {
    operationId: command.name,
    tags: [command.category],
    summary: command.title,
    description,
    requestBody: { content: { 'application/json': { schema: paramsSchema(command) } } },
    responses: {
      201: { description: 'The result.', content: { 'application/json': { schema: resultSchema(command) } } },
      401: failure('The rune is not valid, was revoked, or does not permit this.'),
      403: failure('There is no rune.'),
      500: failure('The command failed.'),
    },
  };
}

/** The document, JSON. */
export function openApi(commands: readonly CommandFacts[]): string {
  const paths = Object.fromEntries(commands.map((command) => [`/v1/${command.name}`, { post: operation(command) }]));
  return JSON.stringify({
    openapi: '3.1.0',
    info: {
      title: 'Till',
      description: "Core Lightning's REST interface. Each request carries a rune in the header `rune`.",
      version: version(),
      license: { name: 'MIT', identifier: 'MIT' },
    },
    paths,
    components: {
      schemas: { Failure: FAILURE },
      securitySchemes: { rune: { type: 'apiKey', in: 'header', name: 'rune' } },
    },
    security: [{ rune: [] }],
  });
}
