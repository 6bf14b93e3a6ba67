/**
 * `npm run mutate`: puts small faults into the code, one at a time, and looks whether a test notices. What survives is
 * either a rule that no test holds, or a change that makes no difference. Run it by hand: it takes hours in full.
 *
 *   npm run mutate                              all modules, all faults
 *   npm run mutate -- --sample=100              a hundred faults of each module, the same each time
 *   npm run mutate -- --sample=100 --seed=2     other ones
 *   npm run mutate -- channel/commit            the files whose path contains this
 *   npm run mutate -- --deep onchain            with the tests of the modules above as well: much slower
 *
 * docs/mutation-testing.md has the results, and why it is a script of our own.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Mutant, mutantsOf } from './mutation/mutants.ts';

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

/** A test file: how long it takes, and which parts of the module it runs. */
interface TestFile {
  readonly file: string;
  readonly took_ms: number;
  runs(mutant: Mutant): boolean;
}

type Fate = 'killed' | 'timeout' | 'survived' | 'uncovered';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
    deep: { type: 'boolean', default: false },
  },
});

for (const { source, tests, deep } of MODULES) {
  const isWanted = (file: string): boolean =>
    positionals.length === 0 || positionals.some((word) => file.includes(word));
  const files = globSync(`${source}/**/*.ts`).filter(isWanted).sort();
  if (files.length === 0) continue;
  const measured = globSync([...tests, ...(values.deep ? deep : [])])
    .filter((file) => !LEFT_OUT.test(file))
    .sort()
    .map(measure)
    .sort((a, b) => a.took_ms - b.took_ms);
  const all = files.flatMap((file) => mutantsOf(file));
  const mutants = choose(all, values.sample === undefined ? all.length : Number(values.sample));
  console.log(`\n${source}: ${mutants.length} of ${all.length} faults, ${measured.length} test files`);
  const counts: Record<Fate, number> = { killed: 0, timeout: 0, survived: 0, uncovered: 0 };
  for (const mutant of mutants) {
    const fate = fateOf(mutant, measured);
    counts[fate]++;
    if (fate === 'survived' || fate === 'uncovered') {
      const { file, line, original, replacement } = mutant;
      console.log(`  ${fate} ${file}:${line}: ${oneLine(original)}  >>  ${oneLine(replacement)}`);
    }
  }
  const { killed, timeout, survived, uncovered } = counts;
  const share = ((100 * (survived + uncovered)) / mutants.length).toFixed(1);
  console.log(
    `${source}: ${killed} killed, ${timeout} ran for ever, ${survived} survived, ${uncovered} in code that no test runs (${share} % left)`,
  );
}

/** Runs a test file as it is: how long it takes, and what it runs. Ends everything when it fails. */
function measure(file: string): TestFile {
  const directory = mkdtempSync(join(tmpdir(), 'till-mutate-'));
  const begun_ms = performance.now();
  const { status, stdout } = spawnSync(process.execPath, [file], {
    env: { ...process.env, NODE_V8_COVERAGE: directory },
    encoding: 'utf8',
  });
  const took_ms = performance.now() - begun_ms;
  if (status !== 0) {
    console.error(`${stdout}\n${file} fails without any fault`);
    process.exit(1);
  }
  const counts = readCounts(directory);
  rmSync(directory, { recursive: true });
  return { file, took_ms, runs: ({ file: source, start }) => counts.get(resolve(source))?.(start) ?? false };
}

interface Coverage {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly {
      readonly ranges: readonly { readonly startOffset: number; readonly endOffset: number; readonly count: number }[];
    }[];
  }[];
}

/** For each file of ours: whether the code at an offset was run. The innermost range decides. */
function readCounts(directory: string): ReadonlyMap<string, (offset: number) => boolean> {
  const counts = new Map<string, (offset: number) => boolean>();
  for (const name of readdirSync(directory)) {
    const { result } = JSON.parse(readFileSync(join(directory, name), 'utf8')) as Coverage;
    for (const { url, functions } of result) {
      if (!url.startsWith('file://') || !url.includes('/src/')) continue;
      const ranges = functions.flatMap((each) => each.ranges);
      const path = new URL(url).pathname;
      const known = counts.get(path);
      counts.set(path, (offset) => known?.(offset) === true || wasRun(ranges, offset));
    }
  }
  return counts;
}

function wasRun(ranges: Coverage['result'][number]['functions'][number]['ranges'], offset: number): boolean {
  const around = ranges.filter(({ startOffset, endOffset }) => startOffset <= offset && offset < endOffset);
  const [innermost] = around.sort((a, b) => a.endOffset - a.startOffset - (b.endOffset - b.startOffset));
  return (innermost?.count ?? 0) > 0;
}

/** What becomes of a fault: the quickest tests that run it come first, until one fails. */
function fateOf(mutant: Mutant, tests: readonly TestFile[]): Fate {
  const running = tests.filter((test) => test.runs(mutant));
  if (running.length === 0) return 'uncovered';
  for (const { file, took_ms } of running) {
    const { status, error } = spawnSync(process.execPath, ['--import', resolve('tools/mutation/hook.ts'), file], {
      stdio: 'ignore',
      timeout: Math.round(5_000 + 4 * took_ms),
      killSignal: 'SIGKILL',
      env: {
        ...process.env,
        MUTANT_FILE: mutant.file,
        MUTANT_START: String(mutant.start),
        MUTANT_END: String(mutant.end),
        MUTANT_REPLACEMENT: mutant.replacement,
      },
    });
    if (error !== undefined) return 'timeout';
    if (status !== 0) return 'killed';
  }
  return 'survived';
}

/** So many of them, always the same for one seed: in the order of a hash. */
function choose(mutants: readonly Mutant[], count: number): readonly Mutant[] {
  const order = new Map(
    mutants.map((mutant) => {
      const { file, line, original, replacement, start } = mutant;
      const text = [values.seed, file, line, start, original, replacement].join('\0');
      return [mutant, createHash('sha256').update(text).digest('hex')] as const;
    }),
  );
  const chosen = [...mutants].sort((a, b) => ((order.get(a) as string) < (order.get(b) as string) ? -1 : 1));
  return chosen.slice(0, count).sort((a, b) => a.file.localeCompare(b.file) || a.start - b.start);
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').slice(0, 100);
}
