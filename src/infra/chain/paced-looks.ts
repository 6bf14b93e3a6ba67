/**
 * Questions about scripts to somebody else's server: few in a second, however many pages are open, and none for a while when the
 * server says that it is too much.
 */
import type { Sat } from '../../base/types/amount.ts';

export interface PacedLooksOptions {
  /** Asks the server. */
  readonly ask: (script_pubkey: string) => Promise<Sat>;
  /** Milliseconds that only grow. */
  readonly now: () => number;
}

/** So many at once, and one more after each pause. */
const BURST = 8;
const PAUSE_MS = 250;
/** After a failure nobody is asked for so long. */
const REST_MS = 30_000;

export class PacedLooks {
  readonly #options: PacedLooksOptions;
  /** When all of the burst is there again. */
  #full_ms = Number.NEGATIVE_INFINITY;

  constructor(options: PacedLooksOptions) {
    this.#options = options;
  }

  /** What transactions in no block pay to the script; undefined: the server is not asked now. Rejects as `ask` does. */
  async of(script_pubkey: string): Promise<Sat | undefined> {
    const { ask, now } = this.#options;
    const now_ms = now();
    const full_ms = Math.max(this.#full_ms, now_ms) + PAUSE_MS;
    if (full_ms - now_ms > BURST * PAUSE_MS) return undefined;
    this.#full_ms = full_ms;
    try {
      return await ask(script_pubkey);
    } catch (error) {
      this.#full_ms = now() + BURST * PAUSE_MS + REST_MS;
      throw error;
    }
  }
}
