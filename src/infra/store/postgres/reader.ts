/** Reads of what is durable, over connections of their own. Nothing is written there, so what is lost is asked again. */
import type { Clock } from '../../../base/types/clock.ts';
import { numberPlaces } from '../dialect.ts';
import { checkValues, refusal } from '../storable.ts';
import { MAX_READ_ROWS, type Row, type SqlValue, StoreClosedError } from '../store.ts';
import { describeServerFailure, kindOf } from './failure.ts';
import type { Session } from './session.ts';

export interface ReaderOptions {
  /** Of the database, for people. */
  readonly name: string;
  readonly clock: Clock;
  readonly open: () => Promise<Session>;
  /** So long a server may be away before a read fails, in milliseconds. */
  readonly timeout_ms: number;
}

/** Reads that run at the same time. */
const CONNECTIONS = 2;
const PAUSE_MS = 100;
/** So long an answer is waited for before the connection is given up. */
const PATIENCE_MS = 30_000;

interface Line {
  session: Session | undefined;
  opening: Promise<Session> | undefined;
  /** Reads that are under way. */
  busy: number;
}

export class Reader {
  readonly #options: ReaderOptions;
  readonly #lines: readonly Line[] = Array.from({ length: CONNECTIONS }, () => ({
    session: undefined,
    opening: undefined,
    busy: 0,
  }));
  #is_closed = false;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  /** The rows. Rejects as Store.read does. */
  async read(sql: string, params: readonly SqlValue[]): Promise<readonly Row[]> {
    checkValues(sql, params);
    const statement = { sql: numberPlaces(sql), params, max_rows: MAX_READ_ROWS + 1 };
    const { clock, timeout_ms, name } = this.#options;
    const give_up_ms = clock.monotonicMs() + timeout_ms;
    for (;;) {
      // Before a connection is opened that nobody would end.
      if (this.#is_closed) throw new StoreClosedError();
      const line = this.#lines.reduce((least, each) => (each.busy < least.busy ? each : least));
      line.busy++;
      try {
        const session = await this.#sessionOf(line);
        const giveUp = clock.after(PATIENCE_MS, () => session.destroy());
        const [result] = await session.run([statement]).finally(giveUp);
        const rows = result?.rows ?? [];
        if (rows.length > MAX_READ_ROWS) throw new RangeError(`over ${MAX_READ_ROWS} rows in one read: page it`);
        return rows;
      } catch (error) {
        if (error instanceof RangeError || error instanceof StoreClosedError) throw error;
        const kind = kindOf(error);
        if (kind === 'value') throw refusal(sql, (error as Error).message);
        if (kind === 'fatal' || clock.monotonicMs() > give_up_ms) throw describeServerFailure(error, name);
      } finally {
        line.busy--;
      }
      await new Promise<void>((resolve) => clock.after(PAUSE_MS, resolve));
    }
  }

  /** Ends the connections; reads that are under way are waited for, and later ones rejected. */
  async close(): Promise<void> {
    this.#is_closed = true;
    await Promise.all(
      this.#lines.map(async (line) => {
        await line.opening?.catch(() => undefined);
        await line.session?.end();
      }),
    );
  }

  async #sessionOf(line: Line): Promise<Session> {
    if (line.session?.is_lost === false) return line.session;
    line.opening ??= this.#options.open().finally(() => {
      line.opening = undefined;
    });
    line.session = await line.opening;
    return line.session;
  }
}
