/**
 * One scene in a process of its own (`storms.ts` starts it): tells its parent each round, and ends when they are over. Started
 * by hand, as a failure says, it prints the same.
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storm } from './storm.ts';
import type { Told } from './storms.ts';

const [seed, rounds] = process.argv.slice(2).map(Number) as [number, number];
const tell = (told: Told): void => {
  if (process.send !== undefined) process.send(told);
  else console.log(told.failure ?? told.round);
  if (told.failure !== undefined) process.exitCode = 1;
};
let logs: string | undefined;
try {
  await storm({
    seed,
    rounds,
    tell: (round) => tell({ round }),
    onFailed(scene) {
      logs = mkdtempSync(join(tmpdir(), `till-pair-failed-${seed}-`));
      for (const [name, log] of Object.entries(scene.logs)) writeFileSync(join(logs, `${name}.log`), log);
    },
  });
} catch (error) {
  const said = error instanceof Error ? error.message : String(error);
  tell({ failure: logs === undefined ? said : `${said}\n  what the nodes logged is in ${logs}` });
}
// Nothing may be left that keeps this process open: whoever started it waits for its end.
process.disconnect?.();
