/** A receiver of webhooks in a process of its own (receiver-process.ts), killed and started again at the same address. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../support/bitcoind.ts';

const PROGRAM = join(import.meta.dirname, 'receiver-process.ts');

/** A message as the receiver wrote it down. */
export interface KeptMessage {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a file of messages has; a line that its writer did not finish is none. */
export function keptMessages(file: string): readonly KeptMessage[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as KeptMessage];
      } catch {
        return [];
      }
    });
}

export class KillableReceiver {
  readonly #port: number;
  readonly #file: string;
  readonly #mood: readonly string[];
  #child: ChildProcess | undefined;

  /** `mood_seed`: it refuses some of what is new to it. */
  static async open(file: string, mood_seed?: number): Promise<KillableReceiver> {
    const mood = mood_seed === undefined ? [] : [String(mood_seed)];
    const receiver = new KillableReceiver(await freePort(), file, mood);
    await receiver.start();
    return receiver;
  }

  private constructor(port: number, file: string, mood: readonly string[]) {
    this.#port = port;
    this.#file = file;
    this.#mood = mood;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/hook`;
  }

  /** Resolves when it takes messages. */
  async start(): Promise<void> {
    const child = fork(PROGRAM, [String(this.#port), this.#file, ...this.#mood]);
    this.#child = child;
    await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(([code]) => {
        throw new Error(`the receiver ended with ${code}`);
      }),
    ]);
  }

  /** kill -9. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** All that it took, over all its lives, in the order in which it came. */
  get kept(): readonly KeptMessage[] {
    return existsSync(this.#file) ? keptMessages(this.#file) : [];
  }
}
