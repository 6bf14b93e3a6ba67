/** Messages that came too early: bounded, the oldest goes first. */
export class Early<T> {
  readonly #most: number;
  readonly #entries = new Map<string, T>();

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#entries.size;
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  put(key: string, value: T): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#most) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }

  /** Takes an entry out. */
  take(key: string): T | undefined {
    const value = this.#entries.get(key);
    this.#entries.delete(key);
    return value;
  }

  /** Takes out all that fit. */
  takeAll(fits: (value: T) => boolean): T[] {
    const found: T[] = [];
    for (const [key, value] of this.#entries) {
      if (!fits(value)) continue;
      this.#entries.delete(key);
      found.push(value);
    }
    return found;
  }
}

/** Ids that led nowhere: remembered for an hour or two, then they may be tried again. */
export class Failed {
  readonly #most: number;
  #recent = new Set<string>();
  #older = new Set<string>();

  constructor(most: number) {
    this.#most = most;
  }

  add(key: string): void {
    this.#recent.add(key);
    if (this.#recent.size >= this.#most) this.turn();
  }

  has(key: string): boolean {
    return this.#recent.has(key) || this.#older.has(key);
  }

  /** An hour is over. */
  turn(): void {
    this.#older = this.#recent;
    this.#recent = new Set();
  }
}
