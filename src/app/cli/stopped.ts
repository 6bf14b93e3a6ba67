/** `till stop` comes back when the node is gone: its files are then whole, and may be copied or moved. */
import { setTimeout as pause } from 'node:timers/promises';
import { isLocked } from '../../infra/store/lock.ts';

const LOOK_EVERY_MS = 20;
/** A node lets payments come to rest and closes its database: that takes seconds at most. */
const PATIENCE_MS = 60_000;

/** Resolves when no node holds the directory any more, or says after a minute that one still does. */
export async function waitUntilStopped(directory: string): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  while (isLocked(directory)) {
    if (performance.now() > until) {
      process.stderr.write(`till: the node is still stopping: do not touch ${directory} yet\n`);
      return;
    }
    await pause(LOOK_EVERY_MS);
  }
}
