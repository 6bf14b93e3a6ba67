import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commands } from '../../../src/api/commands/index.ts';
import { typedCall } from '../../../src/api/rpc/faces/typed.ts';
import { writeJson } from '../../../src/api/rpc/writer.ts';
import { parseClientArguments, UsageError } from '../../../src/app/cli/arguments.ts';
import { hintAtNames, parameterNotOption, refuseMixed } from '../../../src/app/cli/hints.ts';
import { run } from '../../e2e/till.ts';

function parse(...args: string[]) {
  return parseClientArguments(args, { TILL_DIR: '/nowhere' });
}

/** What is said of arguments that are refused. */
function refusal(...args: string[]): string {
  try {
    refuseMixed(parse(...args));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return parameterNotOption(error, args) ?? error.message;
  }
  throw new assert.AssertionError({ message: 'a refusal was expected' });
}

function hint(...args: string[]): string | undefined {
  return hintAtNames(parse(...args));
}

test('a parameter that is written as an option is explained, with the line that works', () => {
  const expected =
    '--expiry is no option: expiry is a parameter of invoice. ' +
    'By name: till -k invoice amount_msat=1000 label=tea "description=a cup of tea" expiry=60';
  assert.equal(refusal('invoice', '1000', 'tea', 'a cup of tea', '--expiry=60'), expected);
  assert.equal(refusal('invoice', '1000', 'tea', 'a cup of tea', '--expiry', '60'), expected);
  assert.equal(refusal('--regtest', 'invoice', '--expiry=60', '1000'), refusal('invoice', '--expiry=60', '1000'));
  assert.match(refusal('invoice', '1', 'a', 'b', '60', '--expiry=60'), /Give all of them by name: till -k invoice/);
  assert.match(refusal('getinfo', '--expiry=60'), /^there is no option --expiry here/);
});

test('parameters in order and by name at once are explained, with the line that works', () => {
  assert.equal(
    refusal('invoice', '1000', 'label=tea', 'description=tea'),
    "'label=tea' is a parameter by name, and the first one is not: parameters are all by name, or all in order. " +
      'By name: till -k invoice amount_msat=1000 label=tea description=tea. To send it as text: till -o invoice ...',
  );
  assert.match(refusal('invoice', 'label=tea', '1000'), /'1000' is no name=value: parameters are all by name/);
  // Not every text with = in it is meant so.
  refuseMixed(parse('invoice', 'any', 'a=b', 'c'));
  refuseMixed(parse('-o', 'invoice', 'any', 'label=x', 'c'));
});

test('the nearest name is told for every word: methods, own commands, parameters, what help is asked for, options', () => {
  assert.equal(hint('invioce', '1'), 'did you mean invoice?');
  assert.equal(hint('strat'), 'did you mean start?');
  assert.equal(hint('help', 'invioce'), 'did you mean invoice?');
  assert.equal(hint('help', 'sandbx'), 'did you mean sandbox?');
  assert.equal(hint('check', 'invioce'), 'did you mean invoice?');
  assert.equal(hint('-k', 'invoice', 'lable=x'), 'did you mean label?');
  assert.equal(hint('check', 'invoice', 'lable=x'), undefined);
  assert.equal(hint('frobnicate'), undefined);
  assert.equal(hint('invoice', '1', 'a', 'b'), undefined);
  assert.match(refusal('--lightning-dri=x', 'getinfo'), /did you mean --lightning-dir\?/);
  assert.match(refusal('--alias=x', 'getinfo'), /it is one of till start/);
  assert.match(refusal('-N', 'inof', 'getinfo'), /did you mean info\?/);
  assert.match(refusal('--network=regest', 'getinfo'), /did you mean regtest\?/);
});

test('every example of the manuals is typed as it is shown', async () => {
  for (const command of commands) {
    for (const { params } of command.examples) {
      const line = typedCall(command, params);
      const { stdout } = await run('sh', ['-c', `till() { printf '%s\\0' "$@"; }; ${line}`], process.env);
      const request = parse(...stdout.split('\0').slice(0, -1));
      refuseMixed(request);
      assert.equal(request.method, command.name);
      const sent = JSON.parse(request.params) as unknown;
      const names = Object.keys(command.params);
      const asTyped = Array.isArray(sent) === Array.isArray(params) ? sent : named(sent as unknown[], names);
      assert.deepEqual(asTyped, JSON.parse(writeJson(params)), line);
    }
  }
});

test('a value that would be read as something else is quoted', () => {
  const invoice = commands.find(({ name }) => name === 'invoice');
  assert.ok(invoice !== undefined);
  const line = typedCall(invoice, { amount_msat: 'any', label: '7', description: "it's $5" });
  assert.equal(line, `till invoice any '"7"' 'it'\\''s $5'`);
  assert.equal(typedCall(invoice, { label: 'a', amount_msat: 1 }), 'till -k invoice label=a amount_msat=1');
  assert.equal(typedCall(invoice, ['any', 'a=b', '-c']), 'till -o invoice -- any a=b -c');
});

function named(values: readonly unknown[], names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(values.map((value, index) => [names[index] as string, value]));
}
