/**
 * Numbers without gaps: `pay_index`, `created_index`, ids of events and their like. The store is the only writer, so it
 * keeps the counters in memory, numbers units while it runs them, and writes each counter once for a whole transaction. A
 * unit that stops or is refused takes no number.
 *
 * A statement asks for numbers in its text, where a value could stand: `INSERT INTO events (event_id, ...) VALUES
 * (${nextNumber('events')}, ...)`. A counter is a row of the table `counters`, and nothing else may change a row of a
 * counter from which numbers are taken.
 */
import { StoreFailure } from './failure.ts';
import type { SqlValue } from './store.ts';

/** SQL for the next number of a counter. The statement takes it, once however often it names it. */
export function nextNumber(counter: string): string {
  return `{{next ${counter}}}`;
}

/** The same for a statement that may find no row: then it takes no number. */
export function nextNumberIfRow(counter: string): string {
  return `{{next_if_row ${counter}}}`;
}

/** SQL for the number that was taken last: by an earlier statement of the unit, if one of them takes any. */
export function lastNumber(counter: string): string {
  return `{{last ${counter}}}`;
}

/** Reads a counter's last number: its name is the value. No row: there is no such counter. */
export const READ_COUNTER = 'SELECT value FROM counters WHERE name = ?';
/** Writes it: new value, name, value before. No row: somebody else has changed it. */
export const WRITE_COUNTER = 'UPDATE counters SET value = ? WHERE name = ? AND value = ?';

/** A statement as a database takes it, with where its numbers go. */
export interface CountedSql {
  readonly sql: string;
  /** All counters that it names. */
  readonly counters: readonly string[];
  /** Those of which it takes a number. */
  readonly takes: readonly string[];
  /** Whether it takes them only if it returns or changes a row. */
  readonly is_if_row: boolean;
  /** For each place of a value: the counter whose number it is, or undefined for a value of the caller. */
  readonly places: readonly (string | undefined)[];
}

/** Quoted text, names, numbers of counters, and the places for values. */
const PLACE = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\{\{(next|next_if_row|last) (\w+)\}\}|\?/g;

const known = new Map<string, CountedSql>();
/** Texts that are kept: Till has some hundred, and those of lists of any length. */
const MOST_KNOWN = 2_000;

/** Reads the text of a statement; undefined for one without numbers of counters. */
export function countedSql(text: string): CountedSql | undefined {
  if (!text.includes('{{')) return undefined;
  const found = known.get(text);
  if (found !== undefined) return found;
  const takes = new Set<string>();
  const places: (string | undefined)[] = [];
  let is_if_row = false;
  const sql = text.replaceAll(PLACE, (whole, kind?: string, counter?: string) => {
    if (whole === '?') places.push(undefined);
    if (kind === undefined || counter === undefined) return whole;
    places.push(counter);
    if (kind !== 'last') takes.add(counter);
    if (kind === 'next_if_row') is_if_row = true;
    // Typed, because PostgreSQL takes a value in a list of columns for text.
    return 'CAST(? AS BIGINT)';
  });
  const counters = [...new Set(places.filter((place) => place !== undefined))];
  const counted: CountedSql = { sql, counters, takes: [...takes], is_if_row, places };
  if (known.size < MOST_KNOWN) known.set(text, counted);
  return counted;
}

const NONE: readonly string[] = [];

/** Every counter that a statement names, once. */
export function countersIn(text: string): readonly string[] {
  return countedSql(text)?.counters ?? NONE;
}

/** A change of a counter that the transaction must write. */
export interface CounterChange {
  readonly counter: string;
  readonly before: bigint;
  readonly after: bigint;
}

/** The counters of a store, and what the transaction under way has taken of them. */
export class Counters {
  /** What the database has. */
  readonly #durable = new Map<string, bigint>();
  readonly #now = new Map<string, bigint>();
  /** What each number has replaced, so that it can be given back. */
  #taken: { readonly counter: string; readonly before: bigint }[] = [];

  /** Whether its number is known. */
  isKnown(counter: string): boolean {
    return this.#durable.has(counter);
  }

  /** Its last number, as the database has it. Throws StoreFailure for a counter that the database does not have. */
  learn(counter: string, value: SqlValue | undefined): void {
    if (typeof value !== 'bigint') throw new StoreFailure(`the database has no counter ${counter}`);
    this.#durable.set(counter, value);
    this.#now.set(counter, value);
  }

  /** A transaction begins, or begins again: nothing is taken. */
  begin(): void {
    this.giveBack(0);
  }

  /** How much is taken: for `giveBack`. */
  get mark(): number {
    return this.#taken.length;
  }

  /** Gives back what was taken after the mark. */
  giveBack(mark: number): void {
    for (const { counter, before } of this.#taken.splice(mark).reverse()) this.#now.set(counter, before);
  }

  /** Takes the next number of a counter that is known. */
  take(counter: string): bigint {
    const before = this.#numberOf(counter);
    this.#taken.push({ counter, before });
    this.#now.set(counter, before + 1n);
    return before + 1n;
  }

  /** Takes what the statement takes, and answers all its values. */
  valuesOf({ takes, places }: CountedSql, params: readonly SqlValue[]): SqlValue[] {
    for (const counter of takes) this.take(counter);
    let next = 0;
    return places.map((counter) => (counter === undefined ? (params[next++] as SqlValue) : this.#numberOf(counter)));
  }

  /** What the transaction must write. */
  changes(): readonly CounterChange[] {
    return [...new Set(this.#taken.map(({ counter }) => counter))].map((counter) => ({
      counter,
      before: this.#durable.get(counter) as bigint,
      after: this.#numberOf(counter),
    }));
  }

  /** The transaction is durable. */
  committed(): void {
    for (const { counter } of this.#taken) this.#durable.set(counter, this.#numberOf(counter));
    this.#taken = [];
  }

  #numberOf(counter: string): bigint {
    const number = this.#now.get(counter);
    if (number === undefined) throw new StoreFailure(`nobody has looked at the counter ${counter}`);
    return number;
  }
}

/** Somebody else has changed a counter of a database that only this store may write. */
export function counterChanged(counter: string): StoreFailure {
  return new StoreFailure(`somebody else has changed the counter ${counter} in the database: the node cannot go on`);
}
