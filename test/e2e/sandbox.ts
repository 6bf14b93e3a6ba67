/** `till sandbox` as a process of its own: what it says, and which processes belong to it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { after } from 'node:test';
import { PROGRAM } from './till.ts';

/** The last words of a sandbox that has shown everything. */
export const ALL = 'all that can be asked';

/** Sandboxes that still run when a test file ends were left by a test that failed. */
const running = new Set<ChildProcess>();
after(() => {
  for (const child of running) child.kill('SIGKILL');
});

export class Box {
  readonly dir: string;
  readonly #child: ChildProcess;
  /** Resolves with the exit code; null after a signal that was not handled. */
  readonly ended: Promise<number | null>;
  said = '';
  complained = '';

  /** Starts it, and waits until it has said this. Rejects when it ends before. */
  static async start(dir: string, word = ALL, ...args: readonly string[]): Promise<Box> {
    const box = new Box(dir, ...args);
    const isEnded = box.ended.then((code) => {
      throw new Error(`it ended with ${code}: ${box.said}${box.complained}`);
    });
    isEnded.catch(() => {
      // Whoever waits for the word is told; afterwards its end is what a test wants.
    });
    await Promise.race([box.#untilSaid(word), isEnded]);
    return box;
  }

  constructor(dir: string, ...args: readonly string[]) {
    this.dir = dir;
    // Several run at the same time.
    const pages = ['--shop-bind=127.0.0.1:0', '--dashboard-bind=127.0.0.1:0'];
    this.#child = spawn(process.execPath, [PROGRAM, 'sandbox', `--lightning-dir=${dir}`, ...pages, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
    });
    running.add(this.#child);
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.said += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.complained += text;
    });
    this.ended = once(this.#child, 'close').then(([code]) => {
      running.delete(this.#child);
      return code as number | null;
    });
  }

  async #untilSaid(word: string): Promise<void> {
    while (!this.said.includes(word) && this.#child.stdout !== null) await once(this.#child.stdout, 'data');
  }

  kill(signal: NodeJS.Signals): Promise<number | null> {
    this.#child.kill(signal);
    return this.ended;
  }

  /** The commands that it names, as they are to be typed. */
  get commands(): readonly string[] {
    return [...this.said.matchAll(/^ {2}(\.\/till .*?) {2,}/gm)].map(([, command]) => command as string);
  }
}

/** Whether the system shows what runs on it. */
export const SHOWS_PROCESSES = existsSync('/proc/self/exe');

/** The processes whose command line names this directory. Only where the system shows them. */
export function processesOf(dir: string, word = ''): readonly number[] {
  if (!SHOWS_PROCESSES) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        readlinkSync(`/proc/${pid}/exe`);
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return line.includes(dir) && line.includes(word);
      } catch {
        // It has ended meanwhile.
        return false;
      }
    });
}

/** Resolves when none of them is left. */
export async function untilGone(dir: string): Promise<void> {
  while (processesOf(dir).length > 0) await new Promise((resolve) => setImmediate(resolve));
}
