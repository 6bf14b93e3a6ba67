/**
 * Whole nodes in a storm. `TILL_SIM_STEPS` (default 6,000 here) steps are shared among storms of 2,000; a failure names
 * the seed of its storm, which `TILL_SEED` replays.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SIMULATED } from './life.ts';
import type { Figures } from './storm.ts';
import { weather } from './weather.ts';

const STEPS_A_STORM = 2_000;
const steps = Number(process.env.TILL_SIM_STEPS ?? 6_000);
const first_seed = Number(process.env.TILL_SEED ?? 1);

test('what nodes told people is true, and all balances add up, after every storm', SIMULATED, async (context) => {
  const totals: Partial<Figures> = {};
  for (let storm = 0; storm * STEPS_A_STORM < steps; storm++) {
    const figures = await weather(first_seed + storm, Math.min(steps, STEPS_A_STORM));
    for (const [name, count] of Object.entries(figures) as [keyof Figures, number][]) {
      totals[name] = (totals[name] ?? 0) + count;
    }
  }
  context.diagnostic(`seeds from ${first_seed}: ${JSON.stringify(totals)}`);
  assert.ok((totals.paid ?? 0) > 0);
});

test('the same seed gives the same storm', SIMULATED, async () => {
  assert.deepEqual(await weather(first_seed, 400), await weather(first_seed, 400));
});
