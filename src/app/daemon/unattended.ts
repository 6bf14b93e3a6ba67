/** Work that nobody waits for: its failure goes to the log. */
import type { Log } from '../../base/log.ts';

/** Runs in the background; `what` names it in the log. */
export type Unattended = (what: string, work: Promise<unknown>) => Promise<void>;

/** While the node stops, what fails is no news: what it needed may be gone already. */
export function unattended(log: Pick<Log, 'warn'>, isStopping: () => boolean): Unattended {
  return async (what, work) => {
    try {
      await work;
    } catch (error) {
      if (!isStopping()) log.warn(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
}
