/**
 * Starts the parts of a node in order, and stops them in reverse. The list itself is in daemon.ts, layer by layer; each
 * layer's build file adds its own parts.
 */

/** What is started and stopped. A part without a start is complete once it is built. */
export interface Part {
  /** For the log. */
  readonly name: string;
  /** Rejects when the node cannot run: what was started before is stopped again. */
  start?(): Promise<void> | void;
  /** Resolves when nothing of the part is under way. */
  stop?(): Promise<void> | void;
}

export class Lifecycle {
  readonly #parts: readonly Part[];
  readonly #started: Part[] = [];
  #is_stopping = false;

  constructor(parts: readonly Part[]) {
    this.#parts = parts;
  }

  /** Whether `stop` was called: from then on what fails may fail because of that. */
  get isStopping(): boolean {
    return this.#is_stopping;
  }

  /** Starts every part. When one fails, stops those before it and rejects with its error. */
  async start(): Promise<void> {
    try {
      for (const part of this.#parts) {
        await part.start?.();
        this.#started.push(part);
      }
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Stops in reverse what was started. Once is enough: later calls do nothing. */
  async stop(): Promise<void> {
    if (this.#is_stopping) return;
    this.#is_stopping = true;
    for (const part of this.#started.toReversed()) await part.stop?.();
  }
}
