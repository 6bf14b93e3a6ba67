/**
 * A shop that is paid through channels which its payments open, and a provider that opens them, sends fundings late or not
 * at all, takes too much, and brings payments in any order. Either may die at any instant, with part of what it had written.
 * `TILL_SIM_STEPS` (default 300 here) steps are shared among runs of 300; `TILL_SEED` replays the run that a failure names.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SIMULATED } from './life.ts';
import { type Figures, stall } from './stall.ts';

const STEPS_A_RUN = 300;
const steps = Number(process.env.TILL_SIM_STEPS ?? 300);
const first_seed = Number(process.env.TILL_SEED ?? 1);

test(
  'what was bought is kept, what was promised is all that is taken, and nothing is paid twice',
  SIMULATED,
  async (context) => {
    const totals: Figures = { told: 0, paid: 0, channels: 0, deaths: 0 };
    for (let run = 0; run * STEPS_A_RUN < steps; run++) {
      const figures = await stall(first_seed + run, STEPS_A_RUN);
      for (const name of Object.keys(totals) as (keyof Figures)[]) totals[name] += figures[name];
    }
    context.diagnostic(`seeds from ${first_seed}: ${JSON.stringify(totals)}`);
    assert.ok(totals.paid > 0 && totals.channels > 0);
  },
);
