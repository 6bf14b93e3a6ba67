/**
 * A pair under faults, from a seed that replays. The everyday run is one takeover; `TILL_PAIR_ROUNDS=500 npm test -- test/pair` is the
 * long one, and `TILL_PAIR_SEED` begins with the seed that a failure has printed.
 */
import { test } from 'node:test';
import { findPostgres, NoPostgresError } from '../../src/app/sandbox/postgres-server.ts';
import { Scene } from './scene.ts';
import { storm } from './storm.ts';

const ROUNDS = Number(process.env.TILL_PAIR_ROUNDS ?? 0);
const SEED = Number(process.env.TILL_PAIR_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** What a fault has left behind, such as a pipe that an orphan holds, must not keep the run from ending. */
const FAREWELL_MS = 5000;

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
  timeout: 3_600_000,
}, async (t) => {
  t.diagnostic(`seed ${SEED}`);
  const scene = await Scene.open({ lease_seconds: 3 });
  try {
    const rounds = await storm(scene, SEED, ROUNDS, undefined, (round) => {
      t.diagnostic(`${round.fault}: sold again after ${Math.round(round.until_sale_ms)} ms`);
    });
    const changed = rounds.filter(({ has_changed_hands }) => has_changed_hands);
    t.diagnostic(`${rounds.length} rounds, ${changed.length} takeovers, ${scene.ledger.paid.size} sales`);
  } finally {
    await scene.close();
    setTimeout(() => process.exit(), FAREWELL_MS).unref();
  }
});
