/** One node of the pair as a service: a process that is started again whenever it ends, as systemd does. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROGRAM } from '../support/node-process.ts';

/** How a run of the process ended. */
export interface RunEnded {
  readonly pid: number;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface PairNodeOptions {
  readonly name: string;
  readonly dir: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

export class PairNode {
  readonly name: string;
  readonly dir: string;
  /** All ends of the process so far. */
  readonly ends: RunEnded[] = [];
  #options: PairNodeOptions;
  #child: ChildProcess | undefined;
  #is_wanted = false;
  #onUp: (() => void)[] = [];

  constructor(options: PairNodeOptions) {
    this.#options = options;
    this.name = options.name;
    this.dir = options.dir;
    mkdirSync(join(options.dir, 'regtest'), { recursive: true, mode: 0o700 });
  }

  /** Its socket for commands. */
  get socket(): string {
    return join(this.dir, 'regtest', 'lightning-rpc');
  }

  /** What it logged, in all of its runs. */
  get log(): string {
    const paths = ['log', 'said'].map((file) => join(this.dir, file)).filter((path) => existsSync(path));
    return paths.map((path) => readFileSync(path, 'utf8')).join('\n');
  }

  /** The process of the current run; undefined while there is none. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts it, and again whenever it ends. Resolves when it answers commands, as the active node or as the standby. */
  async start(): Promise<void> {
    this.#is_wanted = true;
    const up = new Promise<void>((resolve) => this.#onUp.push(resolve));
    this.#run();
    await up;
  }

  /** From its next start on it has this environment too. */
  change(env: NodeJS.ProcessEnv): void {
    this.#options = { ...this.#options, env: { ...this.#options.env, ...env } };
  }

  /** Sends the process a signal; false when there is none. */
  signal(signal: NodeJS.Signals): boolean {
    return this.#child?.kill(signal) ?? false;
  }

  /** Ends it for good. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#is_wanted = false;
    const child = this.#child;
    if (child === undefined) return;
    const closed = once(child, 'close');
    child.kill('SIGCONT');
    child.kill(signal);
    await closed;
  }

  #run(): void {
    const { dir, args, env, name } = this.#options;
    const words = ['start', `--lightning-dir=${dir}`, `--log-file=${join(dir, 'log')}`, `--node-name=${name}`, ...args];
    // What the process says beside its log, such as why it ended, is kept with it.
    const fd = openSync(join(dir, 'said'), 'a');
    const child = spawn(process.execPath, [PROGRAM, ...words], {
      stdio: ['ignore', fd, fd, 'ipc'],
      env: { ...process.env, TILL_DIR: dir, NO_COLOR: '1', ...env },
    });
    closeSync(fd);
    this.#child = child;
    child.once('message', () => {
      for (const tell of this.#onUp.splice(0)) tell();
    });
    child.once('close', (code, signal) => {
      this.#child = undefined;
      this.ends.push({ pid: child.pid as number, code, signal });
      if (this.#is_wanted) this.#run();
    });
  }
}
