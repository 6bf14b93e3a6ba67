import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { commands } from '../../../src/api/commands/index.ts';
import { REFUSALS, refusalOf } from '../../../src/api/commands/refusals.ts';

const { commands: theirs } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../tools/data/core-lightning.json'), 'utf8'),
) as { commands: Record<string, unknown> };
const own = new Set(commands.flatMap(({ name, aliases }) => [name, ...aliases]));

test('every command of Core Lightning is answered or refused with a reason', () => {
  const unanswered = Object.keys(theirs).filter((name) => !own.has(name) && refusalOf(name) === undefined);
  assert.deepEqual(unanswered, []);
});

test('nothing is refused that there is, or twice, or that Core Lightning does not have', () => {
  const refused = REFUSALS.flatMap((refusal) => refusal.commands);
  assert.equal(new Set(refused).size, refused.length);
  assert.deepEqual(
    refused.filter((name) => own.has(name)),
    [],
  );
  /** Of its Python package, and not in its documentation. */
  const undocumented = ['paystatus', 'abort_channels', 'stfu_channels'];
  const unknown = refused.filter((name) => !(name in theirs) && !undocumented.includes(name));
  assert.deepEqual(unknown, []);
});

test('a refusal is a sentence with its next step, and names the command', () => {
  for (const { commands: names, why, instead } of REFUSALS) {
    for (const name of names) {
      const error = refusalOf(name);
      assert.equal(error?.error, 'NOT_SUPPORTED');
      assert.equal(error?.message, `${name}: ${why}; ${instead}`);
    }
    assert.match(why, /^Till/);
    assert.doesNotMatch(`${why}${instead}`, /\.$/);
  }
});
