/** A daemon's process: started, stopped, killed. What it prints goes to a file in its directory. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** LND takes a minute on a machine that is busy. */
const START_LOOKS = 3_000;

/** Processes that still run when the tests end were left by a test that failed. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) signalGroup(child, 'SIGKILL');
});

/** Its group may be gone already. */
function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Looks again and again, since daemons tell nobody when something is so. Gives up after so many looks. */
export async function until(what: string, isSo: () => Promise<boolean> | boolean, looks = 600): Promise<void> {
  for (let look = 0; look < looks; look++) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`waited in vain until ${what}`);
}

export class DaemonProcess {
  readonly #program: string;
  readonly #args: readonly string[];
  readonly #output: string;
  readonly #env: NodeJS.ProcessEnv;
  #child: ChildProcess | undefined;
  #exited: Promise<unknown> = Promise.resolve();

  /** `env` is added to the environment. */
  constructor(program: string, args: readonly string[], dir: string, env: NodeJS.ProcessEnv = {}) {
    this.#program = program;
    this.#args = args;
    this.#output = join(dir, 'output');
    this.#env = { ...process.env, ...env };
  }

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  /** Starts it, and waits until it answers. */
  async start(isUp: () => Promise<boolean>): Promise<void> {
    const output = openSync(this.#output, 'a');
    // In a group of its own, which can be frozen as a whole.
    const stdio = ['ignore', output, output] as const;
    const child = spawn(this.#program, this.#args, { stdio: [...stdio], env: this.#env, detached: true });
    closeSync(output);
    this.#child = child;
    running.add(child);
    this.#exited = new Promise((resolve) => {
      child.once('exit', resolve);
      child.once('error', resolve);
    }).then(() => {
      running.delete(child);
      if (this.#child === child) this.#child = undefined;
    });
    const isRunning = async (): Promise<boolean> => {
      if (!this.isRunning)
        throw new Error(`${this.#program} ended: ${readFileSync(this.#output, 'utf8').slice(-2000)}`);
      return await isUp();
    };
    await until(`${this.#program} answers`, isRunning, START_LOOKS);
  }

  /** SIGSTOP or SIGCONT, for it and the processes that it started. */
  signalAll(signal: 'SIGSTOP' | 'SIGCONT'): void {
    if (this.#child !== undefined) signalGroup(this.#child, signal);
  }

  /** Sends a signal, and waits for its end. One that is frozen, because a test failed then, is woken first. */
  async end(signal: NodeJS.Signals): Promise<void> {
    this.signalAll('SIGCONT');
    this.#child?.kill(signal);
    await this.#exited;
  }

  /** Waits for the end of one that was asked to stop. */
  async ended(): Promise<void> {
    await this.#exited;
  }
}
