/**
 * A value that must not be shown: an unrevealed preimage, a private key, a seed. Printing, logging or serialising it
 * yields `[secret]`; only `reveal` gives it, so every use can be found by that word.
 */
export class Secret<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  /** The value itself. Never hand it to a log, an error or a reply. */
  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]';
  }
}
