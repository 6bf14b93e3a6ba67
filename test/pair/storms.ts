/** Many scenes under faults, some at once, each in a process of its own with a seed of its own. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Round } from './storm.ts';

/** What the process of a scene tells. */
export interface Told {
  readonly round?: Round;
  readonly failure?: string;
}

export interface StormsOptions {
  /** Of the first scene; the others count on from it. */
  readonly seed: number;
  /** In all scenes together. */
  readonly rounds: number;
  /** Scenes at once. */
  readonly at_once: number;
  readonly onRound: (round: Round & { readonly seed: number }) => void;
  /** Says what is wrong, and which seed and rounds show it again. */
  readonly onFailure: (failure: string) => void;
}

/** More rounds begin a new scene: it takes a few seconds, and what has grown old in one would slow the others. */
const MOST_ROUNDS = 12;
/** A run of few rounds has a scene for each kind of database too. */
const KINDS = 3;
/** A process whose scene is over may take so long to end. */
const LONGEST_END_MS = 60_000;

/** Runs them all. Resolves with how many failed. */
export async function storms({ seed, rounds, at_once, onRound, onFailure }: StormsOptions): Promise<number> {
  const each = Math.min(MOST_ROUNDS, Math.ceil(rounds / KINDS));
  let next = 0;
  let failed = 0;
  const lane = async (): Promise<void> => {
    for (let number = next++; number * each < rounds; number = next++) {
      const scene = { seed: seed + number, rounds: Math.min(each, rounds - number * each) };
      const failure = await oneScene(scene, (round) => onRound({ ...round, seed: scene.seed }));
      if (failure === undefined) continue;
      failed++;
      onFailure(`${failure}\n  again: node test/pair/storm-process.ts ${scene.seed} ${scene.rounds}`);
    }
  };
  await Promise.all(Array.from({ length: at_once }, lane));
  return failed;
}

async function oneScene(
  { seed, rounds }: { readonly seed: number; readonly rounds: number },
  onRound: (round: Round) => void,
): Promise<string | undefined> {
  const path = join(import.meta.dirname, 'storm-process.ts');
  const child = fork(path, [String(seed), String(rounds)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let failure: string | undefined;
  let told = 0;
  let is_open = false;
  let patience: NodeJS.Timeout | undefined;
  child.once('disconnect', () => {
    patience = setTimeout(() => {
      is_open = true;
      child.kill('SIGKILL');
    }, LONGEST_END_MS);
  });
  child.on('message', (message: Told) => {
    if (message.round !== undefined) {
      told++;
      onRound(message.round);
    }
    failure ??= message.failure;
  });
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  clearTimeout(patience);
  if (is_open) failure ??= `seed ${seed}: its process did not end by itself after ${told} of ${rounds} rounds`;
  if (failure === undefined && (code !== 0 || told !== rounds)) {
    failure = `seed ${seed}: its process ended with ${code ?? signal} after ${told} of ${rounds} rounds`;
  }
  return failure;
}
