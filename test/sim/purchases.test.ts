/**
 * Whole nodes that buy and sell channels. `TILL_ROUNDS` gives the number of runs (default 3 here), `TILL_SIM_STEPS` the
 * steps of each; `TILL_SEED` replays the run that a failure names.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SIMULATED } from './life.ts';
import { type Figures, purchases } from './purchases.ts';

const rounds = Number(process.env.TILL_ROUNDS ?? 3);
const steps = Number(process.env.TILL_SIM_STEPS ?? 600);
const first_seed = Number(process.env.TILL_SEED ?? 1);

test('whatever a provider does, nothing is paid twice, and what was told is kept', SIMULATED, async (context) => {
  const totals: Partial<Figures> = {};
  for (let round = 0; round < rounds; round++) {
    const figures = await purchases(first_seed + round, steps);
    for (const [name, count] of Object.entries(figures) as [keyof Figures, number][]) {
      totals[name] = (totals[name] ?? 0) + count;
    }
  }
  context.diagnostic(`seeds from ${first_seed}: ${JSON.stringify(totals)}`);
  assert.ok((totals.paid ?? 0) > 0 && (totals.channels ?? 0) > 0);
});

test('the same seed gives the same run', SIMULATED, async () => {
  assert.deepEqual(await purchases(first_seed, 100), await purchases(first_seed, 100));
});
