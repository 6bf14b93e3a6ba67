/** What is wrong with a source of blocks, said once for each kind of problem: one that lasts must not hide another. */
import type { ChainError } from './backend.ts';

export class Health {
  readonly #onHealth: (problem: string | undefined) => void;
  /** The kinds of problems that were told and have not ended. */
  readonly #failing = new Set<string>();

  /** `onHealth` is called when a kind of problem begins, and with undefined when it ends. */
  constructor(onHealth: (problem: string | undefined) => void) {
    this.#onHealth = onHealth;
  }

  /** The problems that there are now, by kind. A kind that is not named is as it was. */
  tell(problems: Readonly<Record<string, ChainError | undefined>>): void {
    for (const [kind, problem] of Object.entries(problems)) {
      if ((problem !== undefined) === this.#failing.has(kind)) continue;
      if (problem === undefined) this.#failing.delete(kind);
      else this.#failing.add(kind);
      this.#onHealth(problem?.message);
    }
  }
}
