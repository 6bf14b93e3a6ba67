import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type ClientRequest, isShown, parseClientArguments, UsageError } from '../../../src/app/cli/arguments.ts';

const dir = mkdtempSync(join(tmpdir(), 'till-arguments-'));
after(() => rmSync(dir, { recursive: true }));

function parse(...args: string[]): ClientRequest {
  return parseClientArguments(args, { TILL_DIR: dir });
}

function paramsOf(...args: string[]): string {
  return parse(...args).params;
}

function refusal(...args: string[]): string {
  try {
    parse(...args);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  throw new assert.AssertionError({ message: 'UsageError was expected' });
}

test('words are parameters in order: numbers, literals and JSON as they are, the rest as text', () => {
  assert.equal(
    paramsOf('invoice', '1000', 'coffee', '1 cup of coffee', 'true', 'null', '[1,2]', '{"a":1}', '"7"', '0.5', '0'),
    '[1000,"coffee","1 cup of coffee",true,null,[1,2],{"a":1},"7",0.5,0]',
  );
  assert.equal(paramsOf('getinfo'), '[]');
});

test('what only looks like a number is text', () => {
  assert.equal(
    paramsOf('x', '007', '1e3', '1.', '.5', '1.2.3', '', '-', '0x10'),
    '["007","1e3","1.",".5","1.2.3","","-","0x10"]',
  );
});

test('digits beyond 2^53 stay as they are', () => {
  assert.equal(paramsOf('x', '9223372036854775807'), '[9223372036854775807]');
});

test('text is escaped, whatever it holds', () => {
  const word = 'say "hi"\n\\ ☕';
  assert.deepEqual(JSON.parse(paramsOf('x', word)), [word]);
});

test('the first word decides whether parameters are named, unless -k or -o says it', () => {
  assert.equal(paramsOf('invoice', 'label=x=y', 'amount_msat=any'), '{"label":"x=y","amount_msat":"any"}');
  assert.equal(paramsOf('invoice', 'any', 'a=b'), '["any","a=b"]');
  assert.equal(paramsOf('-o', 'decode', 'a=b'), '["a=b"]');
  assert.equal(paramsOf('-k', 'listinvoices', 'limit=5'), '{"limit":5}');
  assert.equal(paramsOf('-k', 'listinvoices'), '{}');
  assert.match(refusal('invoice', 'label=x', 'any'), /'any' is no name=value/);
  assert.match(refusal('-k', 'invoice', 'any'), /-o takes parameters in order/);
});

test('what looks like JSON and is none is refused before anything is asked', () => {
  assert.match(refusal('decode', '{oops}'), /\{oops\} looks like JSON and is none/);
  assert.match(refusal('listinvoices', '[1,'.concat(']')), /looks like JSON/);
  assert.equal(paramsOf('x', '"'), '["\\""]');
});

test('options stand before or behind the method, alone or bundled', () => {
  assert.deepEqual(
    [
      parse('-J', 'getinfo').style,
      parse('getinfo', '--flat').style,
      parse('getinfo', '-kR').style,
      parse('getinfo').style,
    ],
    ['json', 'flat', 'raw', 'default'],
  );
  assert.equal(parse('-kH', 'invoice', 'a=1').params, '{"a":1}');
  assert.equal(parse('getinfo', '-Nnone').notices, 'none');
  assert.equal(parse('--notifications=debug', 'getinfo').notices, 'debug');
  assert.equal(parse('-N', 'unusual', 'getinfo').notices, 'unusual');
  assert.equal(parse('getinfo').notices, 'info');
  assert.equal(parse('-l', '{"id":true}', 'getinfo').filter, '{"id":true}');
  assert.equal(parse('--filter={"id":true}', 'getinfo').filter, '{"id":true}');
});

test('behind -- nothing is an option', () => {
  assert.equal(paramsOf('invoice', 'any', '--', '-k', '--json', '--'), '["any","-k","--json","--"]');
});

test('a refusal names the option and what would be right', () => {
  assert.match(refusal('--frobnicate', 'getinfo'), /no option --frobnicate .*put -- before/);
  assert.match(refusal('-z', 'getinfo'), /no option -z/);
  assert.match(refusal('--json=yes', 'getinfo'), /no option --json/);
  assert.match(refusal('-N'), /-N needs a value/);
  assert.match(refusal('-N', 'loud', 'getinfo'), /loud is no level of notices: trace, io, debug/);
  assert.match(refusal('-l', '{', 'getinfo'), /the filter is no JSON: \{/);
  assert.match(refusal('-J'), /what shall the node do\?/);
  assert.match(refusal('-J', 'start'), /start comes first/);
  assert.match(refusal('--network=moon', 'getinfo'), /network is one of bitcoin/);
});

test('the socket is where the node of the same options and config file has it', () => {
  assert.equal(parse('getinfo').rpc_file, join(dir, 'regtest', 'lightning-rpc'));
  assert.equal(parse('--signet', 'getinfo').rpc_file, join(dir, 'signet', 'lightning-rpc'));
  assert.equal(parse('--network', 'testnet', 'getinfo').rpc_file, join(dir, 'testnet', 'lightning-rpc'));
  assert.equal(parse('--lightning-dir=/srv/shop', 'getinfo').rpc_file, '/srv/shop/regtest/lightning-rpc');
  assert.equal(parse('--rpc-file=/run/till', 'getinfo').rpc_file, '/run/till');
  assert.equal(parse('getinfo', '--rpc-file=door').rpc_file, join(dir, 'regtest', 'door'));
  const other = join(dir, 'other');
  mkdirSync(other);
  writeFileSync(join(other, 'config'), 'network=signet\nrpc-file=door\n');
  assert.equal(parse(`--lightning-dir=${other}`, 'getinfo').rpc_file, join(other, 'signet', 'door'));
});

test('notices are shown from their level on', () => {
  assert.deepEqual(
    ['debug', 'INFO', 'broken', 'new'].map((level) => isShown(level, 'info')),
    [false, true, true, false],
  );
  assert.equal(isShown('broken', 'none'), false);
});
