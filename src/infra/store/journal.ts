/**
 * The queue before the writer. Units travel to it in small batches; those that reach it while the disk is busy become
 * one transaction there. Their promises resolve in order, once they are durable.
 */
import { checkUnit } from './storable.ts';
import { type SqlValue, StoreClosedError, StoreRefusedError, type UnitResult, type Write } from './store.ts';
import type { Batch, PackedWrite, UnitOutcome } from './writer.ts';

interface Waiting {
  readonly unit: readonly PackedWrite[];
  readonly resolve: (result: UnitResult) => void;
  readonly reject: (error: StoreRefusedError) => void;
}

/** A view into a larger buffer would travel with all of it, and what else is in there is nobody's business. */
function ownBytes(value: SqlValue): SqlValue {
  return value instanceof Uint8Array && value.buffer.byteLength !== value.length ? Uint8Array.from(value) : value;
}

/**
 * So many units go to the writer at once while it is busy: few enough that it works while the next ones are made, and
 * enough that a message between threads (15 us) costs each of them little.
 */
const UNITS_PER_MESSAGE = 16;

export class Journal {
  /** Hands a batch to the writer; `finish` must be called when it is durable. */
  readonly #send: (batch: Batch) => void;
  readonly #numbers = new Map<string, number>();
  #new_statements: string[] = [];
  #waiting: Waiting[] = [];
  #sent: Waiting[] = [];
  #scheduled = false;
  #closing = false;
  #onEmpty: () => void = () => {};

  constructor(send: (batch: Batch) => void) {
    this.#send = send;
  }

  /** Takes a unit. Rejects with StoreClosedError after `drain`, and with StoreRefusedError. */
  add(unit: readonly Write[]): Promise<UnitResult> {
    if (this.#closing) return Promise.reject(new StoreClosedError());
    return new Promise((resolve, reject) => {
      checkUnit(unit);
      this.#waiting.push({ unit: unit.map((write) => this.#pack(write)), resolve, reject });
      if (this.#waiting.length >= UNITS_PER_MESSAGE) this.#flush();
      else this.#schedule();
    });
  }

  /** The next units are durable or refused, as many as there are outcomes. */
  finish(outcomes: readonly UnitOutcome[]): void {
    const finished = this.#sent.splice(0, outcomes.length);
    this.#flush();
    for (const [index, { resolve, reject }] of finished.entries()) {
      const outcome = outcomes[index] as UnitOutcome;
      if ('refused' in outcome) reject(new StoreRefusedError(outcome.refused));
      else resolve(outcome);
    }
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
    return this.#sent.length === 0 && this.#waiting.length === 0;
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

  /** An idle writer is not kept waiting; a busy one gets what this turn of the event loop brings. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const flush = (): void => {
      this.#scheduled = false;
      this.#flush();
    };
    if (this.#sent.length === 0) queueMicrotask(flush);
    else setImmediate(flush);
  }

  #flush(): void {
    if (this.#waiting.length === 0) return;
    const units = this.#waiting.map(({ unit }) => unit);
    this.#sent.push(...this.#waiting);
    this.#waiting = [];
    const statements = this.#new_statements;
    this.#new_statements = [];
    this.#send({ statements, units });
  }
}
