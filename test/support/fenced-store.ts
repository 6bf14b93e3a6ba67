/** A store of which a test says whether its node may speak: as when another node may have taken over meanwhile. */
import type { Fence, Row, SqlValue, Store, UnitResult, Write } from '../../src/infra/store/store.ts';

/** Whether a node may speak, as a test says. */
export class Gate {
  #opened = Promise.withResolvers<void>();
  #is_open = true;
  /** How often it was asked. */
  asked = 0;

  /** From now on the node may not speak. */
  shut(): void {
    this.#is_open = false;
    this.#opened = Promise.withResolvers<void>();
  }

  /** The node may speak again. */
  open(): void {
    this.#is_open = true;
    this.#opened.resolve();
  }

  /** Resolves once it is open. */
  async passed(): Promise<void> {
    if (!this.#is_open) await this.#opened.promise;
  }

  readonly fence: Fence = () => {
    this.asked++;
    return this.#is_open ? undefined : this.#opened.promise;
  };
}

export class FencedStore implements Store {
  readonly gate = new Gate();
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** A node that may not speak can commit nothing either. */
  async commit(unit: readonly Write[]): Promise<UnitResult> {
    await this.gate.passed();
    return await this.#store.commit(unit);
  }

  read(sql: string, params?: readonly SqlValue[]): Promise<readonly Row[]> {
    return this.#store.read(sql, params);
  }

  fence(): ReturnType<Fence> {
    return this.gate.fence();
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}
