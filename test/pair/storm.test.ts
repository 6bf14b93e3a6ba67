/**
 * A pair under faults, from a seed that replays. `TILL_PAIR_ROUNDS=15 npm test -- test/pair` runs so many, `TILL_PAIR_SEED` begins
 * with the seed that a failure has printed. `npm run storm-pair` is the long run.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findPostgres, NoPostgresError } from '../../src/app/sandbox/postgres-server.ts';
import { canMount } from './database.ts';
import { storms } from './storms.ts';

const ROUNDS = Number(process.env.TILL_PAIR_ROUNDS ?? 0);
const SEED = Number(process.env.TILL_PAIR_SEED ?? Math.floor(Math.random() * 2 ** 31));
/** Most of a round is waiting. */
const AT_ONCE = 3;

/** Why the tests cannot run here; undefined when they can. */
function missing(): string | undefined {
  if (ROUNDS === 0) return 'set TILL_PAIR_ROUNDS to run them';
  try {
    findPostgres();
    return undefined;
  } catch (error) {
    if (error instanceof NoPostgresError) return error.message;
    throw error;
  }
}

test('a pair goes on through faults, loses nothing, and says nothing twice', {
  skip: missing() ?? false,
}, async (t) => {
  t.diagnostic(`seed ${SEED}`);
  if (!canMount()) t.diagnostic('skipped: a full disk, since none can be mounted here');
  const failures: string[] = [];
  await storms({
    seed: SEED,
    rounds: ROUNDS,
    at_once: AT_ONCE,
    onRound: ({ seed, fault, until_sale_ms }) => t.diagnostic(`${seed} ${fault}: ${Math.round(until_sale_ms)} ms`),
    onFailure: (failure) => void failures.push(failure),
  });
  assert.deepEqual(failures, []);
});
