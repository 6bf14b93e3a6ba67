/**
 * The channel in a storm. `TILL_SIM_STEPS` (default 200,000) steps are shared among runs of 2,000; a failure names the seed
 * of its run, which `TILL_SIM_SEED` replays.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeSigner } from '../protocol/channel/fake-signer.ts';
import { realSigner } from '../protocol/channel/pair.ts';
import { simulate } from './run.ts';

const STEPS_A_RUN = 2_000;
const steps = Number(process.env.TILL_SIM_STEPS ?? 200_000);
const first_seed = Number(process.env.TILL_SIM_SEED ?? 1);

/** Real signatures take their time: they get one step in fifty. */
const REAL_SHARE = 50;

interface Totals {
  readonly steps: number;
  readonly payments: number;
  readonly disconnects: number;
  readonly crashes: number;
}

function runMany(count: number, signer: typeof fakeSigner): Totals {
  let totals: Totals = { steps: 0, payments: 0, disconnects: 0, crashes: 0 };
  for (let run = 0; run * STEPS_A_RUN < count; run++) {
    const figures = simulate(first_seed + run, Math.min(count, STEPS_A_RUN), signer);
    totals = {
      steps: totals.steps + figures.steps,
      payments: totals.payments + figures.fulfilled,
      disconnects: totals.disconnects + figures.disconnects,
      crashes: totals.crashes + figures.crashes,
    };
  }
  return totals;
}

test('two nodes agree to the msat after random payments, fees, lost connections and crashes', (context) => {
  const totals = runMany(steps, fakeSigner);
  context.diagnostic(`seeds from ${first_seed}: ${JSON.stringify(totals)}`);
  assert.ok(totals.payments > 0);
});

test('the same with real signatures', (context) => {
  const totals = runMany(Math.ceil(steps / REAL_SHARE), realSigner);
  context.diagnostic(`seeds from ${first_seed}: ${JSON.stringify(totals)}`);
  assert.ok(totals.steps > 0);
});
