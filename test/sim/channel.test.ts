/**
 * The channel in a storm. `TILL_SIM_STEPS` (default 200,000) steps are shared among runs of 2,000; a failure names the seed
 * of its run, which `TILL_SIM_SEED` replays.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeSigner } from '../channel/fake-signer.ts';
import { realSigner } from '../channel/pair.ts';
import { simulate } from './run.ts';

const STEPS_A_RUN = 2_000;
const steps = Number(process.env.TILL_SIM_STEPS ?? 200_000);
const first_seed = Number(process.env.TILL_SIM_SEED ?? 1);

test('two nodes agree to the msat after random payments, fees, lost connections and crashes', (context) => {
  let total = 0;
  let payments = 0;
  for (let run = 0; run < Math.ceil(steps / STEPS_A_RUN); run++) {
    const figures = simulate(first_seed + run, Math.min(steps, STEPS_A_RUN), fakeSigner);
    total += figures.steps;
    payments += figures.fulfilled;
  }
  context.diagnostic(`${total} steps, ${payments} payments, seeds from ${first_seed}`);
  assert.ok(payments > 0);
});

test('the same with real signatures', (context) => {
  const figures = simulate(first_seed, Math.min(steps, STEPS_A_RUN), realSigner);
  context.diagnostic(JSON.stringify(figures));
  assert.ok(figures.fulfilled > 0);
});
