/** Whatever a parameter is given as, a command reads it or refuses it in words: no value is a bug of the node. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commands } from '../../../src/api/commands/index.ts';
import { spell } from '../../../src/api/rpc/json.ts';
import { parseJson } from '../../../src/api/rpc/json-parser.ts';
import { readParams } from '../../../src/api/rpc/table.ts';
import { RpcError } from '../../../src/base/errors.ts';

const NODE_ID = `02${'11'.repeat(32)}`;
const VALUES = [
  '0',
  '-1',
  '-0',
  '1.5',
  '1e400',
  '4294967296',
  '9007199254740993',
  '18446744073709551616',
  '9'.repeat(128),
  'true',
  'false',
  '""',
  '"\\u0000"',
  '"\\ud83d\\ude00"',
  '"a\\/b"',
  '"any"',
  '"all"',
  '"1sat"',
  '"0blocks"',
  '"5000perkw"',
  '"1x1x1/0"',
  '"16777215x16777215x65535"',
  `"${NODE_ID}"`,
  `"${NODE_ID}@[::1]:99999"`,
  `"${'11'.repeat(32)}:4294967296"`,
  `"${'é'.repeat(5000)}"`,
  '[]',
  '[null]',
  '[[18446744073709551616]]',
  '[{"id":18446744073709551616}]',
  '{}',
  '{"__proto__":{"a":18446744073709551616}}',
].map((text) => parseJson(text, { keep_escapes: true }).value);

for (const command of commands) {
  test(`${command.name} reads or refuses whatever it is given`, () => {
    for (const name of Object.keys(command.params)) {
      for (const value of VALUES) {
        try {
          readParams(command, { [name]: value });
        } catch (error) {
          assert.ok(error instanceof RpcError, `${name}=${spell(value).slice(0, 80)}: ${String(error)}`);
          assert.ok(error.message.length < 300, error.message);
        }
      }
    }
  });
}
