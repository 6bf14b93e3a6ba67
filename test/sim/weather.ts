/** One storm over one town, from the first payment until everything adds up. */
import assert from 'node:assert/strict';
import type { Machine } from './machine.ts';
import { checkParted, part, walletSat } from './parting.ts';
import { type Figures, Storm } from './storm.ts';

/** Lets a storm of so many steps pass over a new town, and throws when anything does not add up. */
export async function weather(seed: number, steps: number): Promise<Figures> {
  const storm = await Storm.over(seed);
  const { random, town } = storm;
  try {
    const before = new Map<Machine, bigint>();
    for (const machine of town.machines) before.set(machine, await walletSat(machine));
    for (let count = 0; count < steps; count++) await storm.step();
    const parted = random.chance(0.4) ? random.pick(town.streets) : undefined;
    if (parted !== undefined) await part(storm, parted);
    await storm.finish();
    for (const street of town.streets) {
      if (street === parted) await storm.checkBalance(street);
      else await storm.checkStreet(street);
    }
    if (parted !== undefined) await checkParted(storm, parted, before);
    assert.deepEqual(town.world.chain.pending, [], 'nobody went to the chain alone');
    // A mutual close that was signed again, after a lost connection, may pay less than the first, which is on its way.
    // Minutes pass in a storm while a message is still in the wire: a channel_reestablish may be so late that it is not waited
    // for. That all channels are up in the end is seen above.
    const isExpected = (text: string): boolean =>
      (parted !== undefined && text.includes('was refused: insufficient fee')) ||
      text.includes('has not said where channel');
    assert.deepEqual(
      town.warnings.filter((text) => !isExpected(text)),
      [],
    );
    return storm.figures;
  } catch (error) {
    const at = `seed ${seed}, step ${storm.figures.steps} after ${steps}`;
    throw new Error(`${at}: ${(error as Error).message}`, { cause: error });
  } finally {
    await town.close();
  }
}
