/**
 * What is on its way to addresses of open pages and in no block yet. The source of blocks is asked now and then, for each
 * address at most once in some seconds, and for few at a time: pages are for strangers, and must not cost it much.
 */
import type { Sat } from '../../base/types/amount.ts';
import type { Clock } from '../../base/types/clock.ts';

export interface UnconfirmedOptions {
  readonly clock: Clock;
  /** The height of the best block. */
  readonly height: () => number;
  /** What transactions in no block pay to the script (hex); undefined where the source does not say, or not now. */
  readonly ask: (script_pubkey: string) => Promise<Sat | undefined>;
}

interface Look {
  amount_sat: Sat;
  asked_ms: number;
  /** What was on its way before a block may be in it. */
  height: number;
  is_asking: boolean;
}

/** How long an answer is good. */
export const LOOK_MS = 5000;
const MOST_ASKED_AT_ONCE = 4;
const MOST_KEPT = 1000;
const NOTHING = 0n as Sat;

export class Unconfirmed {
  readonly #options: UnconfirmedOptions;
  readonly #looks = new Map<string, Look>();
  #asking = 0;

  constructor(options: UnconfirmedOptions) {
    this.#options = options;
  }

  /** What was on its way when it was last asked. An answer that is old is asked for again, for whoever comes next. */
  of(script_pubkey: string): Sat {
    const { clock, height } = this.#options;
    const look = this.#looks.get(script_pubkey);
    const isFresh = look !== undefined && look.height === height();
    if (look === undefined || !isFresh || clock.monotonicMs() - look.asked_ms >= LOOK_MS) {
      void this.look(script_pubkey);
    }
    return look !== undefined && isFresh ? look.amount_sat : NOTHING;
  }

  /** Asks now, unless that is under way or too many are. Resolves when the answer is here. */
  async look(script_pubkey: string): Promise<void> {
    const { clock, height, ask } = this.#options;
    const known = this.#looks.get(script_pubkey);
    if (known?.is_asking === true || this.#asking >= MOST_ASKED_AT_ONCE) return;
    const look: Look = known ?? { amount_sat: NOTHING, asked_ms: 0, height: height(), is_asking: true };
    look.is_asking = true;
    look.asked_ms = clock.monotonicMs();
    this.#looks.delete(script_pubkey);
    this.#looks.set(script_pubkey, look);
    if (this.#looks.size > MOST_KEPT) this.#looks.delete(this.#looks.keys().next().value as string);
    this.#asking++;
    const asked_at_height = height();
    try {
      const amount_sat = await ask(script_pubkey);
      // Without an answer the last one stays, until there is another block.
      if (amount_sat !== undefined) {
        look.amount_sat = amount_sat;
        look.height = asked_at_height;
      }
    } catch {
      // The source does not answer now. What is in blocks counts in any case, and the follower tells of the source.
      look.amount_sat = NOTHING;
    } finally {
      look.is_asking = false;
      this.#asking--;
    }
  }
}
