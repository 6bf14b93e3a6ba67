/**
 * Whole nodes in a storm, of which one goes to the chain: every third cheats. `TILL_ROUNDS` gives the number of towns, and
 * a failure names the seed of its town, which `TILL_SEED` replays.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SIMULATED } from './life.ts';
import { type Reckoned, reckon } from './reckoning.ts';

const rounds = Number(process.env.TILL_ROUNDS ?? 6);
const first_seed = Number(process.env.TILL_SEED ?? 1);

test('whoever goes to the chain, the honest have their share, and a cheat has nothing', SIMULATED, async (context) => {
  const totals: Partial<Reckoned> = {};
  for (let round = 0; round < rounds; round++) {
    const reckoned = await reckon(first_seed + round);
    for (const [name, count] of Object.entries(reckoned) as [keyof Reckoned, number][]) {
      totals[name] = (totals[name] ?? 0) + count;
    }
  }
  context.diagnostic(`seeds from ${first_seed}: ${JSON.stringify(totals)}`);
  assert.ok((totals.closed ?? 0) >= rounds);
});
