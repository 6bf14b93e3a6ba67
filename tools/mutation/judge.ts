/** Finds out what becomes of faults: keeps the processes in which they are tried, and chooses the tests for each. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Numbered } from './switches.ts';
import type { Answer, Greeting, Question, Task } from './worker.ts';

/**
 * `endless`: a test that reaches it runs on for ever. `waiting`: one waits for what never comes, which Node's own runner
 * reports at once, as nothing is left to do. `uncovered`: no test runs the place.
 */
export type Fate = 'killed' | 'endless' | 'waiting' | 'survived' | 'uncovered';

/** The tests of some files, with what they run of the sources. */
export class Judge {
  readonly #sources: readonly string[];
  readonly #tests: readonly string[];
  /** Where Node keeps what it has compiled. */
  readonly #cache: string;
  #process: ChildProcess | undefined;
  /** No fault was tried in it yet. */
  #is_new = false;
  #units: readonly string[] = [];
  #loaded = new Set<number>();
  #took_ms: readonly number[] = [];
  /** For each fault: the units that run its place, the quickest first. */
  readonly #runners = new Map<number, number[]>();
  readonly #noticed = new Map<string, number>();

  constructor(sources: readonly string[], tests: readonly string[], cache: string) {
    this.#sources = sources;
    this.#tests = tests;
    this.#cache = cache;
  }

  get unit_count(): number {
    return this.#units.length;
  }

  /** Runs all tests as they are. Throws when one fails. */
  async start(): Promise<void> {
    const greeting = await this.#restart();
    this.#units = greeting.units;
    this.#loaded = new Set(greeting.loaded);
    const answer = await this.#ask({ fault: -1, units: [...this.#units.keys()], limits_ms: [] });
    if (answer === undefined) throw new Error('the tests ended the process without any fault');
    if (answer.failed !== undefined) throw new Error(`without any fault this fails: ${this.#units[answer.failed]}`);
    this.#took_ms = answer.took_ms;
    for (const [unit, ids] of answer.hits.entries()) {
      for (const id of ids) this.#runners.set(id, [...(this.#runners.get(id) ?? []), unit]);
    }
  }

  /** What becomes of a fault. */
  async fateOf(mutant: Numbered): Promise<Fate> {
    const inPlace = this.#inOrder(mutant, this.#runners.get(mutant.id) ?? []);
    if (inPlace.length > 0) {
      const fate = await this.#try(mutant, inPlace);
      if (fate !== 'survived' || !this.#loaded.has(mutant.id)) return fate;
    }
    if (!this.#loaded.has(mutant.id)) return 'uncovered';
    // It was run while the file was loaded: that needs a process of its own, and may show wherever its constant is used.
    return await this.#tryAlone(mutant, this.#inOrder(mutant, [...this.#units.keys()]));
  }

  async stop(): Promise<void> {
    if (this.#process === undefined || hasEnded(this.#process)) return;
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
  }

  async #try(mutant: Numbered, units: readonly number[]): Promise<Fate> {
    for (let from = 0; ; ) {
      // What a fault has left running may have ended the process since.
      if (hasEnded(this.#process)) await this.#restart();
      const asked = units.slice(from);
      const was_new = this.#is_new;
      const answer = await this.#ask({
        fault: mutant.id,
        units: asked,
        limits_ms: asked.map((unit) => this.#limit(unit)),
      });
      if (answer === undefined || answer.is_stuck) {
        const fate = hangOf(answer, this.#process as ChildProcess);
        await this.#restart();
        // What an earlier fault has left running may have taken the time of this one: a new process decides.
        if (was_new) return fate;
        continue;
      }
      const { failed, is_sound } = answer;
      if (failed === undefined) return 'survived';
      if (is_sound) {
        this.#note(mutant, failed);
        return 'killed';
      }
      // What the fault has left behind in this process makes the test fail: was it the fault in the first place?
      const fate = await this.#tryAlone(mutant, [failed]);
      await this.#restart();
      if (fate !== 'survived') return fate;
      from = units.indexOf(failed) + 1;
      if (from >= units.length) return 'survived';
    }
  }

  /** In a new process, which has the fault from the beginning. */
  async #tryAlone(mutant: Numbered, units: readonly number[]): Promise<Fate> {
    const files = new Set(units.map((unit) => this.#fileOf(unit)));
    const tests = this.#tests.filter((file) => files.has(file));
    const child = this.#fork({ sources: this.#sources, tests, fault: mutant.id });
    try {
      const greeting = (await hear(child)) as Greeting | undefined;
      if (greeting === undefined) return 'killed';
      const number = new Map(greeting.units.map((name, index) => [name, index] as const));
      const there = units.map((unit) => number.get(this.#units[unit] as string) ?? 0);
      const limits_ms = units.map((unit) => 1_000 + 2 * this.#limit(unit));
      const answer = await ask(child, { fault: mutant.id, units: there, limits_ms });
      if (answer === undefined || answer.is_stuck) return hangOf(answer, child);
      if (answer.failed === undefined) return 'survived';
      this.#note(mutant, units[there.indexOf(answer.failed)] as number);
      return 'killed';
    } finally {
      child.kill('SIGKILL');
    }
  }

  #fileOf(unit: number): string {
    return (this.#units[unit] as string).split(': ')[0] as string;
  }

  #limit(unit: number): number {
    return 1_000 + 10 * (this.#took_ms[unit] ?? 0);
  }

  #note(mutant: Numbered, unit: number): void {
    const key = `${mutant.file} ${unit}`;
    this.#noticed.set(key, (this.#noticed.get(key) ?? 0) + 1);
  }

  /** First those that are quick, or have often noticed a fault of this file. */
  #inOrder({ file }: Numbered, units: readonly number[]): readonly number[] {
    const cost = (unit: number) => (this.#took_ms[unit] ?? 0) / (1 + (this.#noticed.get(`${file} ${unit}`) ?? 0));
    return [...units].sort((a, b) => cost(a) - cost(b));
  }

  async #ask(question: Question): Promise<Answer | undefined> {
    this.#is_new = question.fault === -1;
    return await ask(this.#process as ChildProcess, question);
  }

  async #restart(): Promise<Greeting> {
    await this.stop();
    this.#process = this.#fork({ sources: this.#sources, tests: this.#tests, fault: -1 });
    const greeting = (await hear(this.#process)) as Greeting | undefined;
    if (greeting === undefined) throw new Error('the tests cannot be loaded');
    this.#is_new = true;
    return greeting;
  }

  #fork(task: Task): ChildProcess {
    return fork(new URL('worker.ts', import.meta.url), [JSON.stringify(task)], {
      stdio: ['ignore', 'ignore', task.fault === -1 ? 'inherit' : 'ignore', 'ipc'],
      execArgv: ['--disable-warning=ExperimentalWarning', '--max-old-space-size=1500'],
      env: { ...process.env, NODE_COMPILE_CACHE: this.#cache },
    });
  }
}

/** How a test came to no end. A process that ended by itself, and not for the time that it took, was ended by the fault. */
function hangOf(answer: Answer | undefined, child: ChildProcess): Fate {
  if (answer !== undefined) return 'waiting';
  return child.signalCode === 'SIGXCPU' ? 'endless' : 'killed';
}

function hasEnded(child: ChildProcess | undefined): boolean {
  return child === undefined || child.exitCode !== null || child.signalCode !== null;
}

async function ask(child: ChildProcess, question: Question): Promise<Answer | undefined> {
  if (hasEnded(child)) return undefined;
  // An error means that it ends meanwhile, which is heard.
  child.send(question, () => undefined);
  return (await hear(child)) as Answer | undefined;
}

/** The next thing that a process says; undefined when it ends first. */
async function hear(child: ChildProcess): Promise<unknown> {
  const over = new AbortController();
  try {
    return await Promise.race([
      once(child, 'message', { signal: over.signal }).then(([said]) => said as unknown),
      once(child, 'exit', { signal: over.signal }).then(() => undefined),
    ]);
  } finally {
    over.abort();
  }
}
