/**
 * Shops under siege. `TILL_ROUNDS` gives the number of sieges (2,000 make about 10,000 endings), and a failure names the
 * seed of its siege, which `TILL_SEED` replays.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SIMULATED } from './life.ts';
import { type Besieged, besiege } from './siege.ts';

const rounds = Number(process.env.TILL_ROUNDS ?? 4);
const first_seed = Number(process.env.TILL_SEED ?? 1);

test(
  'many channels fail at once, fees move tenfold, coins are few: nothing told as paid is lost',
  SIMULATED,
  async (context) => {
    const totals: Partial<Besieged> = {};
    for (let round = 0; round < rounds; round++) {
      const besieged = await besiege(first_seed + round);
      for (const [name, count] of Object.entries(besieged) as [keyof Besieged, number][]) {
        totals[name] = (totals[name] ?? 0) + count;
      }
    }
    context.diagnostic(`seeds from ${first_seed}: ${JSON.stringify(totals)}`);
    assert.ok((totals.endings ?? 0) >= rounds);
  },
);
