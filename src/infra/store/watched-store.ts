/** A store that says when a unit with an event is durable, so that readers of the log need not ask again and again. */
import { writesEvent } from './event-rows.ts';
import type { Fence, Row, SqlValue, Store, UnitResult, Write } from './store.ts';

export class WatchedStore implements Store {
  readonly #store: Store;
  readonly #listeners = new Set<() => void>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Calls the listener when events have become durable, until the function that is returned is called. */
  onEvents(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  commit(unit: readonly Write[]): Promise<UnitResult> {
    const committing = this.#store.commit(unit);
    // Whoever subscribes while it is on its way is told as well.
    if (writesEvent(unit)) void committing.then(this.#tell, () => {});
    return committing;
  }

  read(sql: string, params?: readonly SqlValue[]): Promise<readonly Row[]> {
    return this.#store.read(sql, params);
  }

  fence(): ReturnType<Fence> {
    return this.#store.fence();
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  readonly #tell = ({ committed }: UnitResult): void => {
    if (!committed) return;
    for (const listener of [...this.#listeners]) listener();
  };
}
