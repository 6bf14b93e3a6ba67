import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commands } from '../../../src/api/commands/index.ts';
import { answer } from '../../../src/api/rpc/answer.ts';
import { byName, commandsOn, optional, required, withDefault } from '../../../src/api/rpc/command.ts';
import { findFault } from '../../../src/api/rpc/conform.ts';
import { clientTypes } from '../../../src/api/rpc/faces/client-types.ts';
import { paramsSchema } from '../../../src/api/rpc/faces/json-schema.ts';
import { manPage } from '../../../src/api/rpc/faces/man.ts';
import { markdownPage } from '../../../src/api/rpc/faces/markdown.ts';
import { usageLine } from '../../../src/api/rpc/faces/usage.ts';
import { field } from '../../../src/api/rpc/fields.ts';
import { tableOf } from '../../../src/api/rpc/table.ts';
import { generatedFiles, staleFiles, strayFiles } from '../../../tools/docs.ts';

const sample = commandsOn<null>()({
  name: 'sample',
  category: 'invoices',
  title: 'Command for an example',
  description: '.starts with a dot \\ and a backslash',
  params: {
    amount_msat: required(field.msatOrAny, 'How much.', { aliases: ['msatoshi'] }),
    expiry: withDefault(field.u64, 3600n, 'How long.'),
    metadata: byName(optional(field.object, 'What else.')),
  },
  returns: {
    status: answer.oneOf(['paid', 'unpaid'], 'The state.'),
    rows: answer.array(answer.object({ n: answer.optional(answer.integer('A number.')) }, 'A row.'), 'The rows.'),
  },
  errors: ['INVOICE_NOT_FOUND'],
  access: 'read',
  run: () => ({ status: 'paid', rows: [] }),
});

test('the usage line has required, optional and named parameters apart', () => {
  assert.equal(usageLine(sample), 'sample amount_msat [expiry] [metadata=]');
});

test('the schema knows defaults, other names and what is required', () => {
  const schema = paramsSchema(sample);
  assert.equal(schema.properties?.expiry?.default, 3600);
  assert.equal(schema.properties?.msatoshi?.deprecated, true);
  assert.deepEqual(schema.required, []);
});

test('the man page escapes what roff would take for its own', () => {
  const page = manPage(sample);
  assert.match(page, /^\\&\.starts with a dot \\e and a backslash$/m);
  assert.match(page, /^\\fB905\\fR \(INVOICE_NOT_FOUND\)$/m);
});

test('the reference page lists results as deep as they are', () => {
  const page = markdownPage(sample);
  assert.match(page, /^- \*\*rows\*\* \(array of object\): The rows\.$/m);
  assert.match(page, /^ {2}- \*\*n\*\* \(integer, optional\): A number\.$/m);
  assert.match(page, /Default: 3600\./);
});

test("the client's types follow the definition", () => {
  const source = clientTypes([sample]);
  assert.match(source, /readonly status: 'paid' \| 'unpaid';/);
  assert.match(source, /readonly expiry\?: number \| bigint;/);
});

test('a result that is not as declared is found, with its place', () => {
  const { returns } = sample;
  assert.equal(findFault(returns, { status: 'paid', rows: [{ n: 1n }, {}] }), undefined);
  assert.equal(findFault(returns, { status: 'paid' }), 'result.rows is missing');
  assert.equal(findFault(returns, { status: 'gone', rows: [] }), 'result.status is none of paid, unpaid');
  assert.equal(findFault(returns, { status: 'paid', rows: [{ m: 1 }] }), 'result.rows[0].m is not declared');
  assert.equal(findFault(returns, { status: 'paid', rows: [{ n: 1.5 }] }), 'result.rows[0].n is no integer');
});

test('every command that a page points to exists', () => {
  const table = tableOf(commands);
  for (const { name, see_also } of commands) {
    for (const other of see_also) assert.ok(table.find(other) !== undefined, `${name} points to ${other}`);
  }
});

test('the generated files are current (npm run docs)', () => {
  const files = generatedFiles();
  assert.deepEqual([...staleFiles(files), ...strayFiles(files)], []);
});
