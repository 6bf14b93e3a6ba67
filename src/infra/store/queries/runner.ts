/**
 * Queries over tables that the node lays out, in a process of their own (process.ts), one after the other. The node waits
 * for nothing: what a query computes, however long, costs it the text of the answer.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { setPriority } from 'node:os';
import type { Clock } from '../../../base/types/clock.ts';
import type { SqlValue } from '../store.ts';
import { Conversation, QueryFailure } from './conversation.ts';
import type { QueryLimits, QueryRequest } from './messages.ts';
import type { QueryTable } from './tables.ts';

/** What a query may take. The process counts towards its memory: about 60 MB. */
export const QUERY_LIMITS: QueryLimits = {
  time_ms: 10_000,
  memory_bytes: 512 * 1024 * 1024,
  rows: 200_000,
  characters: 32 * 1024 * 1024,
};

/** Queries that may wait for others. */
const MAX_WAITING = 16;
/** After so much time without a query the process ends, and gives its memory back. */
const IDLE_MS = 60_000;
/** Behind whatever else wants the processor. */
const PRIORITY = 10;

export interface QueryRunnerOptions {
  /** The database's file; undefined when it has none that can be read beside the store. */
  readonly file: string | undefined;
  readonly tables: readonly QueryTable[];
  /** Functions without values, and what they answer: for views. */
  readonly words?: Readonly<Record<string, string>>;
  readonly clock: Clock;
  /** Default: QUERY_LIMITS. */
  readonly limits?: Partial<QueryLimits>;
}

/** The rows of a table, in the order of its columns, in pages. */
export type RowSource = (table: string) => AsyncIterable<readonly (readonly SqlValue[])[]>;

export class QueryRunner {
  readonly #options: QueryRunnerOptions;
  readonly #limits: QueryLimits;
  #process: ChildProcess | undefined;
  /** Ends when the query before has. */
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  /** Of the last query. */
  #number = 0;
  #is_stopped = false;
  #cancelIdle: () => void = () => {};

  constructor(options: QueryRunnerOptions) {
    this.#options = options;
    this.#limits = { ...QUERY_LIMITS, ...options.limits };
  }

  /**
   * Runs a query; each row of the answer is a JSON array. `rowsOf` is asked for the tables that are not read from the
   * database's file. Rejects with QueryFailure, or with the signal's reason.
   */
  async run(sql: string, rowsOf: RowSource, signal: AbortSignal): Promise<readonly string[]> {
    if (this.#waiting >= MAX_WAITING) throw new QueryFailure(`${MAX_WAITING} queries wait already: ask again later`);
    this.#waiting++;
    const turn = this.#last.then(
      () => this.#runNow(sql, rowsOf, signal),
      () => this.#runNow(sql, rowsOf, signal),
    );
    this.#last = turn;
    return await turn.finally(() => this.#waiting--);
  }

  /** Ends the process. Resolves when it is gone: from then on it reads no file. */
  async stop(): Promise<void> {
    this.#is_stopped = true;
    await this.#end();
  }

  async #runNow(sql: string, rowsOf: RowSource, signal: AbortSignal): Promise<readonly string[]> {
    signal.throwIfAborted();
    if (this.#is_stopped) throw new QueryFailure('the node is stopping');
    this.#cancelIdle();
    const child = this.#process ?? this.#begin();
    holdOpen(child, true);
    const number = ++this.#number;
    const conversation = new Conversation(child, number, this.#limits);
    const onAbort = (): void => this.#forget(child);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const needs = await conversation.ask({ kind: 'plan', number, sql });
      for (const table of needs.tables) {
        for await (const rows of rowsOf(table)) await conversation.tell({ kind: 'rows', number, table, rows });
      }
      const now_seconds = this.#options.clock.nowSeconds();
      return (await conversation.ask({ kind: 'run', number, sql, now_seconds })).rows;
    } catch (error) {
      // What the process has of a query that cannot go on goes with it.
      if (!(error instanceof QueryFailure)) this.#forget(child);
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
      conversation.end();
      holdOpen(child, false);
      this.#cancelIdle = this.#options.clock.after(IDLE_MS, () => void this.#end());
    }
  }

  #begin(): ChildProcess {
    // Its file has the ending of this one: .ts in the repository, .js in the package.
    const program = new URL(`./process${import.meta.url.slice(-3)}`, import.meta.url);
    const child = fork(program, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      env: {},
      execArgv: ['--max-old-space-size=256', '--disable-warning=ExperimentalWarning'],
    });
    lowerPriority(child);
    // Who waits for an answer hears of it; with nobody waiting it is gone, and the next query begins another.
    child.on('error', () => {});
    child.once('exit', () => {
      if (this.#process === child) this.#process = undefined;
    });
    const { file, tables, words = {} } = this.#options;
    child.send({ kind: 'open', file, tables, words, limits: this.#limits } satisfies QueryRequest);
    this.#process = child;
    return child;
  }

  #forget(child: ChildProcess): void {
    if (this.#process === child) this.#process = undefined;
    child.kill('SIGKILL');
  }

  async #end(): Promise<void> {
    this.#cancelIdle();
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }
}

/** Whether this process goes on while the child lives: only while a query runs. */
function holdOpen(child: ChildProcess, isHeld: boolean): void {
  const way = isHeld ? 'ref' : 'unref';
  child[way]();
  child.channel?.[way]();
}

function lowerPriority({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) setPriority(pid, PRIORITY);
  } catch {
    // It is gone already, or this system has no priorities: the query is as good without.
  }
}
