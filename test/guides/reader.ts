/**
 * Somebody who follows a guide: types its commands, in its order, in a home of their own, and writes the files that it
 * shows. A test names each step as the guide has it; a guide that changes fails its test.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PROGRAM } from '../support/node-process.ts';

export const GUIDES = join(import.meta.dirname, '../../docs/guide');

/** What a reader does next. */
type Step = { readonly kind: 'command' | 'file'; readonly name: string; readonly text: string };

/** What a command printed. */
export interface Printed {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The steps of a guide: each command of its shell listings, each file of its listings of options. */
export function stepsOf(guide: string): readonly Step[] {
  const listings = guide.matchAll(/^ *```(sh|ini)\n([\s\S]*?)^ *```$/gm);
  return [...listings].flatMap(({ 1: language, 2: text = '', index }): Step[] => {
    if (language === 'ini') {
      // The file is the one named last before its listing.
      const name = [...guide.slice(0, index).matchAll(/`(~\/[^`]+)`/g)].at(-1)?.[1] as string;
      return [{ kind: 'file', name, text }];
    }
    return text
      .replaceAll(/\\\n\s*/g, '')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => ({ kind: 'command', name: line, text: line }));
  });
}

export class Reader {
  readonly text: string;
  readonly home = mkdtempSync(join(tmpdir(), 'till-guide-'));
  /** More of the environment than a home. */
  readonly env: Record<string, string> = {};
  readonly #steps: Step[];
  readonly #replaced: (readonly [string, string])[];
  readonly #running = new Set<Typed>();
  /** Nodes that went to the background. */
  readonly #background: number[] = [];

  /** Opens a guide. What is replaced is so in every command and file: `signet` by `regtest`, a port by one that is free. */
  constructor(guide: string, replaced: readonly (readonly [string, string])[] = []) {
    this.text = readFileSync(join(GUIDES, `${guide}.md`), 'utf8');
    this.#steps = [...stepsOf(this.text)];
    this.#replaced = [...replaced];
    this.command('till', `exec '${process.execPath}' '${PROGRAM}' "$@"`);
  }

  /** Puts a command of this name on the reader's PATH: a shell script. */
  command(name: string, script: string): void {
    const bin = join(this.home, 'bin');
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  }

  /** From here on `from` is replaced by this, whatever it was replaced by before. */
  replace(from: string, to: string): void {
    const at = this.#replaced.findIndex(([each]) => each === from);
    if (at >= 0) this.#replaced.splice(at, 1);
    this.#replaced.push([from, to]);
  }

  /** Types the next command of the guide, and waits for its end. It must succeed. */
  async run(command: string): Promise<Printed> {
    const printed = await this.#type(this.#next('command', command)).ended;
    assert.equal(printed.code, 0, `${command}: ${printed.stdout}${printed.stderr}`);
    return printed;
  }

  /** Types the next command of the guide, and leaves it running. */
  begin(command: string): Typed {
    return this.#type(this.#next('command', command));
  }

  /** Writes the next file of the guide. */
  file(name: string): void {
    const path = join(this.home, this.#real(name).slice('~/'.length));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, this.#next('file', name), { flag: 'a' });
  }

  /** Passes over the next command. `why`: for whoever reads the test. */
  pass(command: string, why: string): void {
    assert.notEqual(why, '');
    this.#next('command', command);
  }

  /** Runs what the guide says in a sentence. */
  async runMentioned(command: string): Promise<Printed> {
    assert.ok(this.text.includes(`\`${command}\``), `the guide does not mention ${command}`);
    return await this.#type(this.#real(command)).ended;
  }

  /** Runs what the world around the reader does. */
  async outside(command: string): Promise<string> {
    const printed = await this.#type(command).ended;
    assert.equal(printed.code, 0, `${command}: ${printed.stdout}${printed.stderr}`);
    return printed.stdout;
  }

  /** Asks the node until its answer is so. */
  async until(command: string, isSo: (stdout: string) => boolean): Promise<string> {
    for (;;) {
      const { stdout } = await this.#type(command).ended;
      if (isSo(stdout)) return stdout;
    }
  }

  /** Every step has been followed. */
  assertAllFollowed(): void {
    assert.deepEqual(
      this.#steps.map(({ name }) => name),
      [],
    );
  }

  /** Ends what still runs, and removes the home. */
  async close(): Promise<void> {
    await Promise.all([...this.#running].map((typed) => typed.end()));
    for (const pid of this.#background) await endProcess(pid);
    rmSync(this.home, { recursive: true, force: true });
  }

  #next(kind: Step['kind'], name: string): string {
    const step = this.#steps.shift();
    assert.deepEqual([step?.kind, step?.name], [kind, name], 'the guide has another step here');
    return this.#real((step as Step).text);
  }

  #real(text: string): string {
    return this.#replaced.reduce((all, [from, to]) => all.replaceAll(from, to), text);
  }

  #type(command: string): Typed {
    const { TILL_DIR: _, ...env } = process.env;
    const path = `${join(this.home, 'bin')}:${env.PATH}`;
    const typed = new Typed(
      spawn('sh', ['-c', command], {
        stdio: ['ignore', 'pipe', 'pipe'],
        cwd: this.home,
        env: { ...env, HOME: this.home, NO_COLOR: '1', ...this.env, PATH: path },
        // A group of its own: what the shell starts ends with it.
        detached: true,
      }),
    );
    this.#running.add(typed);
    void typed.ended.then(({ stdout }) => {
      this.#running.delete(typed);
      const pid = /^till runs as process (\d+),/m.exec(stdout)?.[1];
      if (pid !== undefined) this.#background.push(Number(pid));
    });
    return typed;
  }
}

/** A command that was typed. */
export class Typed {
  readonly ended: Promise<Printed>;
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.ended = once(child, 'close').then(([code]) => ({ code, stdout: this.#stdout, stderr: this.#stderr }));
  }

  /** Resolves with all that was printed, once these words were. Rejects when the command ends without them. */
  async says(words: string): Promise<string> {
    const isOver = this.ended.then(() => true);
    while (!this.#stdout.includes(words)) {
      const more = once(this.#child.stdout as NodeJS.ReadableStream, 'data').then(() => false);
      const wasLast = await Promise.race([more, isOver]);
      if (wasLast && !this.#stdout.includes(words)) {
        throw new Error(`it ended without saying "${words}": ${this.#stdout}${this.#stderr}`);
      }
    }
    return this.#stdout;
  }

  /** Ends it as Ctrl-C does. Wait for a word of it before: a shell that is about to become the program may lose the signal. */
  async end(): Promise<Printed> {
    try {
      process.kill(-(this.#child.pid as number), 'SIGINT');
    } catch (error) {
      // It has ended by itself.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
    return await this.ended;
  }
}

/** Ends a process that is no child of ours, and waits until it is gone. */
async function endProcess(pid: number): Promise<void> {
  for (let signal: NodeJS.Signals | 0 = 'SIGTERM'; ; signal = 0) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}
