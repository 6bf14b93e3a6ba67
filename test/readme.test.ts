/**
 * The README's own commands, run against a node of their own. What they print must have the shape that is shown: the
 * same words, names and punctuation, with other keys, hashes, numbers and times.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ChildNode, PROGRAM } from './support/node-process.ts';

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

/** What differs from run to run. */
const VARIES = /lnbcrt[0-9a-z]+|\b[0-9a-f]{16,}\b|\d+(?:\.\d+)?/g;

function shapeOf(text: string): string {
  return text
    .replaceAll(VARIES, (value) =>
      value.startsWith('lnbcrt') ? 'INVOICE' : /^\d/.test(value) && value.length < 16 ? 'N' : 'HEX',
    )
    .trimEnd();
}

/** The words of a shell command that has no more than double quotes. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? (match[2] as string));
}

test('every command that the README shows prints what the README shows', async () => {
  const shown = SHOWN.filter(({ command, output }) => command.startsWith('npx till ') && output !== '');
  assert.ok(shown.length > 0, 'the README shows something');
  const node = await ChildNode.start();
  try {
    for (const { command, output } of shown) {
      const [, , ...args] = wordsOf(command);
      const { stdout, stderr } = spawnSync(process.execPath, [PROGRAM, `--lightning-dir=${node.dir}`, ...args], {
        encoding: 'utf8',
      });
      assert.equal(stderr, '');
      assert.equal(shapeOf(stdout), shapeOf(output), command);
    }
  } finally {
    await node.stop();
  }
});
