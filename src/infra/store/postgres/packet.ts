/**
 * Statements that travel to the server in one piece, with one Sync behind them: one way there and back, however many they
 * are, and never half of them. It is a query object of the driver (as those of pg-cursor are), which gives it the
 * connection's messages (PostgreSQL documentation, Frontend/Backend Protocol).
 */
import type { Connection, Submittable } from 'pg';
import type { Row, SqlValue } from '../store.ts';
import { decodeRow, encodeValue, type ResultField } from './values.ts';

/** One statement, with `$1` ... in the places of values. */
export interface Statement {
  readonly sql: string;
  readonly params: readonly SqlValue[];
  /** The most rows that are wanted; more are left on the server. */
  readonly max_rows?: number;
  /** It is sent this once: the server need not keep it. */
  readonly is_single?: boolean;
}

/** What one statement did. */
export interface StatementResult {
  readonly rows: readonly Row[];
  /** Rows that it returned; of a statement that returns none, those that it changed. */
  readonly touched: number;
  /** What the server calls it, such as `COMMIT` or `UPDATE 1`. */
  readonly tag: string;
  /** There are more rows than were wanted. */
  readonly is_cut: boolean;
}

/** A statement that the server knows by name. */
interface Known {
  readonly name: string;
  /** Undefined until its columns were told. */
  fields: readonly ResultField[] | undefined;
}

/** So many texts are kept by name on a connection; what comes then is read anew each time. */
const MOST_KNOWN = 1_000;

/** The statements that a connection has by name. Names are not used twice. */
export class KnownStatements {
  readonly #by_sql = new Map<string, Known>();
  #names = 0;

  /** The statement, if it is there and its columns are known. */
  find(sql: string): Known | undefined {
    return this.#by_sql.get(sql);
  }

  /** A name for a statement that is sent now. */
  add(sql: string): Known {
    if (this.#by_sql.size >= MOST_KNOWN) return { name: '', fields: undefined };
    const known: Known = { name: `till_${++this.#names}`, fields: undefined };
    this.#by_sql.set(sql, known);
    return known;
  }

  /** The server may not have it. */
  forget(sql: string): void {
    this.#by_sql.delete(sql);
  }
}

/** What the driver says of an error: of the server, with a code, or of the socket. */
export interface DriverError extends Error {
  readonly code?: string;
  readonly severity?: string;
}

export class Packet implements Submittable {
  readonly #statements: readonly Statement[];
  readonly #known_statements: KnownStatements;
  readonly #resolve: (results: readonly StatementResult[]) => void;
  readonly #reject: (error: DriverError, statement: number) => void;
  readonly #sent: Known[] = [];
  readonly #results: StatementResult[] = [];
  #rows: Row[] = [];
  /** A row that cannot be read: thrown here it would end the process. */
  #fault: { readonly error: Error; readonly statement: number } | undefined;

  constructor(
    statements: readonly Statement[],
    known_statements: KnownStatements,
    resolve: (results: readonly StatementResult[]) => void,
    reject: (error: DriverError, statement: number) => void,
  ) {
    this.#statements = statements;
    this.#known_statements = known_statements;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Called by the driver when the connection is free. */
  submit(connection: Connection): void {
    connection.stream.cork();
    try {
      for (const { sql, params, max_rows, is_single = false } of this.#statements) {
        let known = this.#known_statements.find(sql);
        if (known === undefined) {
          known = is_single ? { name: '', fields: undefined } : this.#known_statements.add(sql);
          connection.parse({ name: known.name, text: sql, types: [] }, true);
          connection.describe({ type: 'S', name: known.name }, true);
        }
        this.#sent.push(known);
        connection.bind({ portal: '', statement: known.name, values: params.map(encodeValue) }, true);
        connection.execute(max_rows === undefined ? null : { portal: '', rows: String(max_rows) }, true);
      }
      connection.sync();
    } finally {
      connection.stream.uncork();
    }
  }

  handleRowDescription({ fields }: { readonly fields: readonly ResultField[] }): void {
    const known = this.#sent[this.#results.length];
    if (known !== undefined) known.fields = fields;
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    const statement = this.#results.length;
    try {
      this.#rows.push(decodeRow(fields, this.#sent[statement]?.fields ?? []));
    } catch (error) {
      this.#fault ??= { error: error as Error, statement };
    }
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    this.#end(text, false);
  }

  handlePortalSuspended(): void {
    this.#end('SELECT', true);
  }

  handleEmptyQuery(): void {
    this.#end('', false);
  }

  handleReadyForQuery(): void {
    if (this.#fault === undefined) this.#resolve(this.#results);
    else this.#reject(this.#fault.error, this.#fault.statement);
  }

  /** From here on the driver says nothing more to this packet. What comes behind the statement was never read. */
  handleError(error: DriverError): void {
    for (const { sql } of this.#statements.slice(this.#results.length)) this.#known_statements.forget(sql);
    this.#reject(error, this.#results.length);
  }

  #end(tag: string, is_cut: boolean): void {
    const known = this.#sent[this.#results.length];
    // A statement that returns no rows is told to have no columns by silence.
    if (known !== undefined) known.fields ??= [];
    const returns_rows = (known?.fields?.length ?? 0) > 0;
    const touched = returns_rows ? this.#rows.length : Number(/ (\d+)$/.exec(tag)?.[1] ?? 0);
    this.#results.push({ rows: this.#rows, touched, tag, is_cut });
    this.#rows = [];
  }
}
