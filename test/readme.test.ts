/**
 * The README's own commands, run in a home of their own. What they print must have the shape that is shown: the
 * same words, names and punctuation, with other keys, hashes, numbers and times.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { PROGRAM } from './support/node-process.ts';
import { TIMEOUT } from './support/time-limit.ts';

const README = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');

interface Shown {
  readonly command: string;
  readonly output: string;
}

/** What follows `$ ` in a listing of a console, each with what it printed. */
const SHOWN: readonly Shown[] = [...README.matchAll(/^```console\n([\s\S]*?)^```$/gm)].flatMap((listing) =>
  (listing[1] as string)
    .split(/^\$ /m)
    .slice(1)
    .map((text) => {
      const [command, ...output] = text.split('\n');
      return { command: command as string, output: output.join('\n').trimEnd() };
    }),
);

/** What differs from run to run: invoices (also cut short), keys and hashes, numbers. */
const VARIES = /lnbcrt[0-9a-z]+|\b[0-9a-f]{16,}\b|\d+(?:\.\d+)?/g;

function kindOf(value: string): string {
  if (value.startsWith('lnbcrt')) return '<invoice>';
  return /^[0-9a-f]{16,}$/.test(value) ? '<hex>' : '<number>';
}

/** The text with the kind of each value that varies. Columns move with the width of what stands in them. */
function shapeOf(text: string): string {
  return text.replaceAll(VARIES, kindOf).replaceAll(/ +/g, ' ').trim();
}

function valuesOf(text: string): string[] {
  return [...text.matchAll(VARIES)].map(String);
}

/** The words of a shell command that has no more than double quotes. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? (match[2] as string));
}

/** The sandbox as `npm start` runs it, in a home of its own. */
class RunningSandbox {
  readonly home = mkdtempSync(join(tmpdir(), 'till-home-'));
  readonly env = { ...process.env, HOME: this.home, TILL_DIR: join(this.home, '.till') };
  readonly #child = spawn(process.execPath, [PROGRAM, 'sandbox'], {
    env: this.env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });

  /** All that is printed until it is the user's turn. */
  greeting(): Promise<string> {
    return new Promise((resolve, reject) => {
      let printed = '';
      this.#child.stdout.on('data', (chunk) => {
        printed += chunk;
        if (printed.includes('all that can be asked')) resolve(printed);
      });
      this.#child.once('exit', () => reject(new Error(`the sandbox ended: ${printed}`)));
    });
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null) {
      const ended = once(this.#child, 'exit');
      this.#child.kill('SIGINT');
      await ended;
    }
    rmSync(this.home, { recursive: true });
  }
}

test('every command that the README shows prints what the README shows', TIMEOUT, async () => {
  const [first, ...others] = SHOWN;
  assert.equal(first?.command, 'npm start');
  assert.ok(others.length > 0);
  const sandbox = new RunningSandbox();
  try {
    assert.ok(shapeOf(await sandbox.greeting()).startsWith(shapeOf(first.output)));
    /** What was shown, and what it is this time: a command may hand on what an earlier one printed. */
    const actual = new Map<string, string>();
    for (const { command, output } of others) {
      const [name, ...args] = wordsOf(command);
      assert.equal(name, './till');
      const now = args.map((word) => (actual.get(word) ?? word).replace('$HOME', sandbox.home));
      const { stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...now], { encoding: 'utf8', env: sandbox.env });
      assert.equal(stderr, '');
      assert.equal(shapeOf(stdout), shapeOf(output), command);
      const values = valuesOf(stdout);
      for (const [index, value] of valuesOf(output).entries()) actual.set(value, values[index] as string);
    }
  } finally {
    await sandbox.stop();
  }
});
