/** One query's messages with the process of queries, and what its end means. */
import type { ChildProcess } from 'node:child_process';
import type { QueryLimits, QueryReply, QueryRequest } from './messages.ts';

/** Why there is no answer; for who asked. */
export class QueryFailure extends Error {
  override readonly name = 'QueryFailure';
}

/** What was answered to one request. */
interface Answered {
  /** Tables whose rows are needed. */
  readonly tables: readonly string[];
  /** Rows of the answer. */
  readonly rows: readonly string[];
}

export class Conversation {
  readonly #child: ChildProcess;
  readonly #number: number;
  readonly #limits: QueryLimits;
  #rows: string[] = [];
  #settle: { resolve(answered: Answered): void; reject(error: Error): void } | undefined;
  /** It came while nothing was asked. */
  #failure: Error | undefined;
  readonly #onMessage = (reply: QueryReply): void => this.#hear(reply);
  readonly #onExit = (_code: number | null, signal: NodeJS.Signals | null): void => this.#fail(this.#whyGone(signal));
  readonly #onError = (error: Error): void => this.#fail(new QueryFailure(`queries cannot be run: ${error.message}`));

  /** `number`: no other query of this process has it. */
  constructor(child: ChildProcess, number: number, limits: QueryLimits) {
    this.#child = child;
    this.#number = number;
    this.#limits = limits;
    child.on('message', this.#onMessage);
    child.on('exit', this.#onExit);
    child.on('error', this.#onError);
  }

  /** Hears nothing more. */
  end(): void {
    this.#child.off('message', this.#onMessage);
    this.#child.off('exit', this.#onExit);
    this.#child.off('error', this.#onError);
  }

  /** Says something that is not answered. Resolves when it is on its way. Rejects with QueryFailure once the query is over. */
  async tell(request: QueryRequest): Promise<void> {
    if (this.#failure === undefined && this.#child.connected) {
      await new Promise<unknown>((resolve) => this.#child.send(request, resolve));
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Says something and waits for the answer. Rejects with QueryFailure. */
  ask(request: QueryRequest): Promise<Answered> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.tell(request).catch(reject);
    });
  }

  #hear(reply: QueryReply): void {
    // What an earlier query left, which failed while more was on its way to the process.
    if (reply.number !== this.#number) return;
    switch (reply.kind) {
      case 'answer':
        for (const row of reply.rows) this.#rows.push(row);
        return;
      case 'needs':
        this.#settle?.resolve({ tables: reply.tables, rows: [] });
        return;
      case 'done':
        this.#settle?.resolve({ tables: [], rows: this.#rows });
        return;
      case 'failed':
        this.#fail(new QueryFailure(reply.message));
    }
  }

  #fail(error: Error): void {
    this.#failure = error;
    this.#settle?.reject(error);
  }

  /** The process ended in the middle of a query: its watchdog says why by the signal. */
  #whyGone(signal: NodeJS.Signals | null): QueryFailure {
    const { time_ms, memory_bytes } = this.#limits;
    if (signal === 'SIGTERM') {
      return new QueryFailure(
        `the query took more than ${Math.round(memory_bytes / 2 ** 20)} MB: ask for less at a time`,
      );
    }
    if (signal === 'SIGKILL') {
      return new QueryFailure(`the query took longer than ${time_ms / 1000} seconds: ask for less at a time`);
    }
    return new QueryFailure('the process of queries ended: ask again');
  }
}
