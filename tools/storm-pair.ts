/**
 * `npm run storm-pair`: a pair on PostgreSQL under faults, in many rounds, some scenes at once. Prints a line for each round
 * and what each fault took at the end; ends with 1 when a round failed, which is printed with the command that shows it again.
 *
 *   npm run storm-pair -- --rounds=500 --seed=7 --at-once=4
 */
import { percentile } from '../bench/figures.ts';
import { storms } from '../test/pair/storms.ts';

/** The number behind `--name=`, or what holds without it. */
function option(name: string, otherwise: number): number {
  const given = process.argv.find((argument) => argument.startsWith(`--${name}=`));
  const value = given === undefined ? otherwise : Number(given.slice(name.length + 3));
  if (Number.isSafeInteger(value) && value >= 0) return value;
  console.error(`--${name} is a whole number, not '${given}'`);
  process.exit(2);
}

const rounds = option('rounds', 500);
const seed = option('seed', Math.floor(Math.random() * 2 ** 31));
const at_once = option('at-once', 4);
const taken = new Map<string, number[]>();
const began_ms = performance.now();
let done = 0;
let takeovers = 0;
const minutes = (): string => `${((performance.now() - began_ms) / 60_000).toFixed(1)} min`;

console.log(`seed ${seed}, ${rounds} rounds, ${at_once} scenes at once`);
const failed = await storms({
  seed,
  rounds,
  at_once,
  onRound({ seed: of_scene, fault, until_sale_ms, has_changed_hands }) {
    done++;
    if (has_changed_hands) takeovers++;
    taken.set(fault, [...(taken.get(fault) ?? []), until_sale_ms]);
    const seconds = (until_sale_ms / 1000).toFixed(1);
    console.log(
      `${minutes()} ${done}/${rounds} [${of_scene}] ${fault}: ${seconds} s${has_changed_hands ? ', taken over' : ''}`,
    );
  },
  onFailure: (failure) => console.error(`FAILED ${failure}`),
});

console.log('\nrounds  p50 s  most s  fault');
for (const [fault, times] of [...taken].sort(([a], [b]) => a.localeCompare(b))) {
  const figures = [percentile(times, 0.5), Math.max(...times)].map((ms) => (ms / 1000).toFixed(1).padStart(6));
  console.log(`${String(times.length).padStart(6)} ${figures.join('  ')}  ${fault}`);
}
console.log(
  `\n${done} of ${rounds} rounds, ${takeovers} takeovers, ${failed} scenes failed, ${minutes()}, seed ${seed}`,
);
process.exitCode = failed === 0 && done === rounds ? 0 : 1;
