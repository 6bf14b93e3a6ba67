/**
 * `npm run mutate`: puts small faults into the code, one at a time, and looks whether a test notices. What survives is
 * either a rule that no test holds, or a change that makes no difference. Run it by hand: it takes hours in full.
 *
 *   npm run mutate                              all modules, all faults
 *   npm run mutate -- --sample=100              a hundred faults of each module, the same each time
 *   npm run mutate -- --sample=100 --seed=2     other ones
 *   npm run mutate -- channel/commit            the files whose path contains this
 *   npm run mutate -- channel/commit.ts:83      the faults of one line
 *   npm run mutate -- --tests=compose onchain/compose.ts    with those test files alone whose path contains this
 *   npm run mutate -- --deep onchain            what survives is shown to the tests of the modules above as well
 *
 * docs/mutation-testing.md has the results, and why it is a script of our own.
 */
import { createHash } from 'node:crypto';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Fate, Judge } from './mutation/judge.ts';
import { type Numbered, numbered } from './mutation/switches.ts';

/** Each module, the tests that are to hold its rules, and with `--deep` those of the modules that use it. */
const MODULES = [
  {
    source: 'src/protocol/channel',
    tests: ['test/protocol/channel/*.test.ts'],
    deep: ['test/node/channels/*.test.ts'],
  },
  {
    source: 'src/protocol/onchain',
    tests: ['test/protocol/onchain/*.test.ts'],
    deep: ['test/node/endings/*.test.ts', 'test/attacks/*.test.ts'],
  },
  {
    source: 'src/node/payments',
    tests: ['test/node/payments/*.test.ts'],
    deep: ['test/app/daemon/{payments,sendpay}.test.ts'],
  },
  {
    source: 'src/shop/invoices',
    tests: ['test/shop/{invoices,deposits,events}/*.test.ts', 'test/api/commands/invoices.test.ts'],
    deep: ['test/app/daemon/deposits.test.ts'],
  },
] as const;
/** They need bitcoind, or go on by chance for long. */
const LEFT_OUT = /bitcoind|chance|disturbed|crowds|unfunded-channels/;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
    deep: { type: 'boolean', default: false },
    tests: { type: 'string', default: '' },
  },
});
const wanted = positionals.map((word) => {
  const [path = '', line] = word.split(':');
  return { path, line: line === undefined ? undefined : Number(line) };
});
const isWanted = (file: string, line?: number): boolean =>
  wanted.length === 0 ||
  wanted.some((each) => file.includes(each.path) && (line === undefined || (each.line ?? line) === line));

const cache = mkdtempSync(join(tmpdir(), 'till-mutate-cache-'));
process.once('exit', () => rmSync(cache, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

for (const { source, tests, deep } of MODULES) {
  const files = globSync(`${source}/**/*.ts`).sort();
  const all = numbered(files);
  const named = all.filter(({ file, line }) => isWanted(file, line));
  if (named.length === 0) continue;
  const near = new Judge(files, testFiles(tests), cache);
  let far: Judge | undefined;
  await near.start();
  const mutants = choose(named, values.sample === undefined ? named.length : Number(values.sample));
  console.log(`\n${source}: ${mutants.length} of ${named.length} faults, ${near.unit_count} tests`);
  const counts: Record<Fate, number> = { killed: 0, endless: 0, waiting: 0, survived: 0, uncovered: 0 };
  let further = 0;
  let tried = 0;
  for (const mutant of mutants) {
    let fate = await near.fateOf(mutant);
    if (values.deep && isLeft(fate)) {
      if (far === undefined) {
        far = new Judge(files, testFiles(deep), cache);
        await far.start();
      }
      const there = await far.fateOf(mutant);
      if (!isLeft(there)) further++;
      if (there !== 'uncovered') fate = there;
    }
    counts[fate]++;
    tried++;
    if (tried % 20 === 0) console.log(`  after ${tried}: ${summary(counts, named.length)}`);
    if (fate === 'killed') continue;
    const { file, line, original, replacement } = mutant;
    console.log(`  ${fate} ${file}:${line}: ${oneLine(original)}  >>  ${oneLine(replacement)}`);
  }
  await near.stop();
  await far?.stop();
  console.log(`${source}: ${summary(counts, named.length)}`);
  if (values.deep) console.log(`  ${further} of them were noticed only by the tests of the modules above`);
}

function summary({ killed, endless, waiting, survived, uncovered }: Record<Fate, number>, population: number): string {
  const left = survived + uncovered;
  const sample = killed + endless + waiting + left;
  const [low, high] = interval(left, sample, population);
  const share = `${percent(left / sample)} left, 95 %: ${percent(low)} to ${percent(high)}`;
  const noticed = `${killed} killed, ${endless} ran for ever, ${waiting} waited for ever`;
  return `${noticed}, ${survived} survived, ${uncovered} in code that no test runs (${share})`;
}

function testFiles(patterns: readonly string[]): readonly string[] {
  return globSync([...patterns])
    .filter((file) => file.includes(values.tests) && !LEFT_OUT.test(file))
    .sort();
}

function isLeft(fate: Fate): boolean {
  return fate === 'survived' || fate === 'uncovered';
}

/** So many of them, always the same for one seed: in the order of a hash, so that the first of them are a sample too. */
function choose(mutants: readonly Numbered[], count: number): readonly Numbered[] {
  const order = new Map(
    mutants.map((mutant) => {
      const { file, line, original, replacement, start } = mutant;
      const text = [values.seed, file, line, start, original, replacement].join('\0');
      return [mutant, createHash('sha256').update(text).digest('hex')] as const;
    }),
  );
  const chosen = [...mutants].sort((a, b) => ((order.get(a) as string) < (order.get(b) as string) ? -1 : 1));
  return chosen.slice(0, count);
}

/** Wilson's interval for a share that a sample without replacement estimates. */
function interval(found: number, sample: number, population: number): readonly [number, number] {
  if (sample === population) return [found / sample, found / sample];
  // A sample that is a large part of the whole says more: it counts as a larger one.
  const n = (sample * (population - 1)) / (population - sample);
  const share = found / sample;
  const z2 = 1.96 ** 2;
  const middle = (share + z2 / (2 * n)) / (1 + z2 / n);
  const half = (1.96 / (1 + z2 / n)) * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').slice(0, 100);
}
