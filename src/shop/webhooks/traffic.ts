/**
 * What the deliveries of all webhooks share. Each costs the event loop some 50 microseconds, and payments go through
 * the same loop: so few may begin in one turn of it, and only so many may be on their way.
 */

/** Messages on their way beyond the first of each webhook. */
const MOST_IN_FLIGHT = 32;
/** Messages that begin in one turn of the event loop. */
const MOST_IN_A_TURN = 4;

export class Traffic {
  #in_flight = 0;
  #begun = 0;
  #is_due = false;
  readonly #waiting = new Set<() => void>();

  /** Whether others than the first message of a webhook may begin. */
  get has_room(): boolean {
    return this.#in_flight < MOST_IN_FLIGHT;
  }

  /** Whether a message may begin in this turn. If not, `again` is called in a later one. */
  mayBegin(again: () => void): boolean {
    if (this.#begun < MOST_IN_A_TURN) return true;
    this.#waiting.add(again);
    return false;
  }

  /** A message begins, or several that go one after the other; the function that is returned must be called at the end. */
  begin(messages: number): () => void {
    this.#in_flight++;
    this.#begun += messages;
    if (!this.#is_due) {
      this.#is_due = true;
      setImmediate(() => this.#turn());
    }
    return () => {
      this.#in_flight--;
    };
  }

  #turn(): void {
    this.#is_due = false;
    this.#begun = 0;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const again of waiting) again();
  }
}
