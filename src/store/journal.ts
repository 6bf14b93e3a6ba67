/**
 * The queue before the writer. Units that are handed over while the disk is busy wait together and become one batch;
 * their promises resolve in order once the batch is durable.
 */
import { type SqlValue, StoreClosedError, type UnitResult, type Write } from './store.ts';
import type { Batch, PackedWrite } from './writer.ts';

interface Waiting {
  readonly unit: readonly PackedWrite[];
  readonly resolve: (result: UnitResult) => void;
}

/** A view into a larger buffer would travel with all of it, and what else is in there is nobody's business. */
function ownBytes(value: SqlValue): SqlValue {
  return value instanceof Uint8Array && value.buffer.byteLength !== value.length ? Uint8Array.from(value) : value;
}

export class Journal {
  /** Hands a batch to the writer; `finish` must be called when it is durable. */
  readonly #send: (batch: Batch) => void;
  readonly #numbers = new Map<string, number>();
  #new_statements: string[] = [];
  #waiting: Waiting[] = [];
  #in_flight: readonly Waiting[] = [];
  #scheduled = false;
  #closing = false;
  #onEmpty: () => void = () => {};

  constructor(send: (batch: Batch) => void) {
    this.#send = send;
  }

  /** Takes a unit. Rejects with StoreClosedError after `drain`. */
  add(unit: readonly Write[]): Promise<UnitResult> {
    if (this.#closing) return Promise.reject(new StoreClosedError());
    return new Promise((resolve) => {
      this.#waiting.push({ unit: unit.map((write) => this.#pack(write)), resolve });
      if (this.#scheduled || this.#in_flight.length > 0) return;
      // Units of the same turn of the event loop's queue go together.
      this.#scheduled = true;
      queueMicrotask(() => {
        this.#scheduled = false;
        this.#flush();
      });
    });
  }

  /** The batch in flight is durable. */
  finish(results: readonly UnitResult[]): void {
    const finished = this.#in_flight;
    this.#in_flight = [];
    this.#flush();
    for (const [index, { resolve }] of finished.entries()) resolve(results[index] as UnitResult);
    if (this.#isEmpty) this.#onEmpty();
  }

  /** Takes nothing more; resolves when all that was taken is durable. */
  drain(): Promise<void> {
    this.#closing = true;
    if (this.#isEmpty) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onEmpty = resolve;
    });
  }

  get #isEmpty(): boolean {
    return this.#in_flight.length === 0 && this.#waiting.length === 0;
  }

  #pack({ sql, params, stop_if_no_row = false }: Write): PackedWrite {
    let statement = this.#numbers.get(sql);
    if (statement === undefined) {
      statement = this.#numbers.size;
      this.#numbers.set(sql, statement);
      this.#new_statements.push(sql);
    }
    return { statement, params: params.map(ownBytes), stop_if_no_row };
  }

  #flush(): void {
    if (this.#waiting.length === 0 || this.#in_flight.length > 0) return;
    this.#in_flight = this.#waiting;
    this.#waiting = [];
    const statements = this.#new_statements;
    this.#new_statements = [];
    this.#send({ statements, units: this.#in_flight.map(({ unit }) => unit) });
  }
}
