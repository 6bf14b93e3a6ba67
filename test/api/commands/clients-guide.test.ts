/** docs/guide/clients.md says of each method that a client calls whether Till answers or refuses it: that is so. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { commands } from '../../../src/api/commands/index.ts';
import { refusalOf } from '../../../src/api/commands/refusals.ts';
import { tableOf } from '../../../src/api/rpc/table.ts';

const guide = readFileSync(join(import.meta.dirname, '../../../docs/guide/clients.md'), 'utf8');
const table = tableOf(commands, refusalOf);

/** The rows of the tables of methods: the methods, and what Till is said to do. */
const rows = [...guide.matchAll(/^\| (`[^|]*) \| (answers|refuses)\b/gm)].map(([, calls = '', claim = '']) => ({
  methods: [...calls.matchAll(/`([a-z-]+)`/g)].map(([, method = '']) => method),
  claim,
}));

test('every method in the guide of clients is answered or refused as it says', () => {
  assert.ok(rows.length > 15, 'the tables are found');
  for (const { methods, claim } of rows) {
    for (const method of methods) {
      if (claim === 'answers') assert.ok(table.find(method) !== undefined, `${method} is a command`);
      else assert.equal(table.refusal(method)?.error, 'NOT_SUPPORTED', `${method} is refused`);
    }
  }
});

test('what the guide says of pyln-client is so', () => {
  const [, prose = ''] = /## pyln-client\n([^#]*)/.exec(guide) ?? [];
  const refused = [...prose.matchAll(/`([a-z_]+)`/g)].map(([, name = '']) => name);
  assert.ok(refused.length > 5);
  for (const name of refused) assert.ok(table.refusal(name) !== undefined, `${name} is refused`);
});
