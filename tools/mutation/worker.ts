/**
 * The process in which faults are tried. It loads the tests once, with all faults of a module behind switches, and then
 * runs for each fault the tests that it is told, until one fails. `judge.ts` starts it and speaks with it.
 */
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { codeOf } from './mutants.ts';
import { takeUnits, type Unit } from './node-test.ts';
import { numbered, withSwitches } from './switches.ts';

/** What it is started with. */
export interface Task {
  readonly sources: readonly string[];
  readonly tests: readonly string[];
  /** A fault that is there from the beginning, for code that runs when a file is loaded; or -1. */
  readonly fault: number;
}

/** What it is asked: to run units of these numbers, with this fault; `limits_ms` are of CPU time. */
export interface Question {
  readonly fault: number;
  readonly units: readonly number[];
  readonly limits_ms: readonly number[];
}

/** What it answers. The first of the units that failed; `is_stuck`: it waits for what never comes. */
export interface Answer {
  readonly failed: number | undefined;
  readonly is_stuck: boolean;
  /** Whether the unit passes again without the fault. */
  readonly is_sound: boolean;
  /** Without a fault: for each unit how long it took, and the faults whose places it ran. */
  readonly took_ms: readonly number[];
  readonly hits: readonly (readonly number[])[];
}

/** What it says first: its units, and the faults whose places were run by loading files. */
export interface Greeting {
  readonly units: readonly string[];
  readonly loaded: readonly number[];
}

const { sources, tests, fault } = JSON.parse(process.argv[2] as string) as Task;
const mutants = numbered(sources);
const byUrl = new Map(sources.map((file) => [pathToFileURL(resolve(file)).href, file]));
const ourTest = new URL('node-test.ts', import.meta.url).href;

let active = fault;
let hits = new Uint8Array(mutants.length);
Object.assign(globalThis, {
  isFault: (id: number): boolean => {
    hits[id] = 1;
    return id === active;
  },
});
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'node:test' ? { url: ourTest, shortCircuit: true } : next(specifier, context),
  load(url, context, next) {
    const file = byUrl.get(url);
    if (file === undefined) return next(url, context);
    const own = mutants.filter((mutant) => mutant.file === file);
    return { format: 'module', source: withSwitches(codeOf(file), own), shortCircuit: true };
  },
});

/** How much CPU time this process may have used. A thread watches, since the code may be in an endless loop. */
const limit = new Float64Array(new SharedArrayBuffer(8)).fill(Number.POSITIVE_INFINITY);
new Worker(
  `const limit = require('node:worker_threads').workerData;
  setInterval(() => {
    const { user, system } = process.cpuUsage();
    if (user + system > limit[0]) process.kill(process.pid, 'SIGXCPU');
  }, 200);`,
  { eval: true, workerData: limit },
).unref();

let fail: (error: unknown) => void = () => undefined;
process.on('uncaughtException', (error) => fail(error));
process.on('unhandledRejection', (error) => fail(error));

/**
 * How many looks in a row must find the process idle before a test counts as one that never ends: ten seconds, in which a
 * thread that it waits for has had its turn on a busy machine too.
 */
const IDLE_LOOKS = 200;

async function outcomeOf(unit: Unit, limit_ms: number): Promise<'passed' | 'failed' | 'stuck'> {
  limit[0] = cpu_us() + limit_ms * 1_000;
  let looks = 0;
  let seen = performance.eventLoopUtilization();
  let timer: NodeJS.Timeout | undefined;
  const stuck = new Promise<'stuck'>((done) => {
    timer = setInterval(() => {
      // Not CPU time: a process that the machine gives none is not idle.
      const isIdle = performance.eventLoopUtilization(seen).utilization < 0.2;
      seen = performance.eventLoopUtilization();
      looks = isIdle ? looks + 1 : 0;
      if (looks >= IDLE_LOOKS && active !== -1) done('stuck');
    }, 50);
  });
  const thrown = new Promise<never>((_, reject) => {
    fail = reject;
  });
  try {
    return await Promise.race([unit.run().then(() => 'passed' as const), thrown, stuck]);
  } catch (error) {
    if (active === -1) console.error(error);
    return 'failed';
  } finally {
    clearInterval(timer);
    fail = () => undefined;
    limit[0] = Number.POSITIVE_INFINITY;
  }
}

function cpu_us(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function hitIds(): readonly number[] {
  return Array.from(hits.keys()).filter((id) => hits[id] === 1);
}

const units: Unit[] = [];
for (const file of tests) {
  await import(pathToFileURL(resolve(file)).href);
  units.push(...takeUnits(file));
}
process.send?.({ units: units.map(({ name }) => name), loaded: hitIds() } satisfies Greeting);

process.on('disconnect', () => process.exit());
process.on('message', async (question: Question) => {
  const took_ms: number[] = [];
  const hit: (readonly number[])[] = [];
  const answer = (failed: number | undefined, is_stuck: boolean, is_sound: boolean): void => {
    process.send?.({ failed, is_stuck, is_sound, took_ms, hits: hit } satisfies Answer);
  };
  for (const [index, number] of question.units.entries()) {
    const unit = units[number] as Unit;
    const limit_ms = question.limits_ms[index] ?? Number.POSITIVE_INFINITY;
    active = question.fault;
    hits = new Uint8Array(mutants.length);
    const begun_us = cpu_us();
    const outcome = await outcomeOf(unit, limit_ms);
    active = fault;
    if (question.fault === -1) {
      took_ms.push((cpu_us() - begun_us) / 1_000);
      hit.push(hitIds());
    }
    if (outcome === 'passed') continue;
    const is_sound =
      outcome === 'failed' && question.fault !== -1 && fault === -1 && (await outcomeOf(unit, limit_ms)) === 'passed';
    return answer(number, outcome === 'stuck', is_sound);
  }
  answer(undefined, false, true);
});
