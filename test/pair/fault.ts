/** What a fault is, and what those that do one need. */
import type { Random } from '../sim/random.ts';
import type { DatabaseKind } from './database.ts';
import type { Scene, Side } from './scene.ts';

export interface Fault {
  readonly name: string;
  /** The database that it needs. Absent: any. */
  readonly needs?: DatabaseKind;
  /** Does it, while sales go on. Resolves when all is as before, but for what the pair has to do by itself. */
  run(scene: Scene, random: Random, active: Side): Promise<void>;
}

/** The other node of the pair. */
export const other = (side: Side): Side => (side === 'front' ? 'back' : 'front');

/** Lets a fault last for so long. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** So long a fault waits for its own effect, as where sales are slow to fill what a disk has left: one that has none proves nothing. */
const LONGEST_MS = 300_000;

/** Looks until it is so. Rejects with what did not happen. */
export async function happens(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const until_ms = performance.now() + LONGEST_MS;
  while (!(await isSo())) {
    if (performance.now() > until_ms) throw new Error(`this fault did not happen: ${what}`);
    await pause(50);
  }
}
