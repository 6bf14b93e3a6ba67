/**
 * Who did what: a row for each change that a person asks for through a session. It is written before the change is tried, and
 * what came of it afterwards, so that a crash in between hides nothing. The newest hundred thousand are kept.
 */
import type { Clock } from '../../base/types/clock.ts';
import { lastNumber, nextNumber } from '../../infra/store/counters.ts';
import { storableText } from '../../infra/store/storable.ts';
import type { Row, Store } from '../../infra/store/store.ts';
import type { Role } from './roles.ts';

/** Who asks for what. */
export interface NewAction {
  readonly session_id: number;
  /** The person's name and role as they are now: both may change or go. */
  readonly user: string;
  readonly role: Role;
  readonly method: string;
  /** JSON of the parameters, without secrets. */
  readonly params: string;
}

/** An action as it was written down. */
export interface Action extends NewAction {
  /** 1, 2, 3 ... in the order in which they were asked for. */
  readonly action_id: number;
  /** Unix time. */
  readonly time: number;
  /** `unknown`: it was running when the node ended, or still is. */
  readonly outcome: 'done' | 'failed' | 'unknown';
  /** What it failed with. */
  readonly error: string | undefined;
}

const KEPT_ACTIONS = 100_000;
const LONGEST_PARAMS = 1000;
const LONGEST_ERROR = 500;

export class Actions {
  readonly #store: Store;
  readonly #clock: Clock;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Runs the change with a row of it before and after. Rejects with what `run` rejects with. */
  async record<T>(action: NewAction, run: () => Promise<T>): Promise<T> {
    const { session_id, user, role, method, params } = action;
    const result = await this.#store.commit([
      {
        sql: `INSERT INTO actions (action_id, happened_at, session_id, user_name, role, method, params, outcome)
          VALUES (${nextNumber('actions')}, ?, ?, ?, ?, ?, ?, 'unknown') RETURNING action_id`,
        params: [this.#clock.nowSeconds(), session_id, user, role, method, cut(params, LONGEST_PARAMS)],
      },
      {
        sql: `DELETE FROM actions WHERE action_id <= ${lastNumber('actions')} - ${KEPT_ACTIONS}`,
        params: [],
      },
    ]);
    const action_id = result.committed ? (result.rows[0]?.[0]?.action_id as bigint) : 0n;
    const end = (outcome: Action['outcome'], error: string | null) =>
      this.#store.commit([
        { sql: 'UPDATE actions SET outcome = ?, error = ? WHERE action_id = ?', params: [outcome, error, action_id] },
      ]);
    try {
      const answer = await run();
      await end('done', null);
      return answer;
    } catch (error) {
      await end('failed', cut(error instanceof Error ? error.message : String(error), LONGEST_ERROR));
      throw error;
    }
  }

  /** The newest actions before a number, the newest first. */
  async list(before: number | undefined, limit: number): Promise<readonly Action[]> {
    const rows = await this.#store.read('SELECT * FROM actions WHERE action_id < ? ORDER BY action_id DESC LIMIT ?', [
      before ?? Number.MAX_SAFE_INTEGER,
      limit,
    ]);
    return rows.map(actionOfRow);
  }
}

/** What was asked for, and what became of it, may hold what strangers wrote. */
function cut(text: string, length: number): string {
  return storableText(text.length <= length ? text : `${text.slice(0, length - 3)}...`);
}

function actionOfRow(row: Row): Action {
  return {
    action_id: Number(row.action_id),
    time: Number(row.happened_at),
    session_id: Number(row.session_id),
    user: row.user_name as string,
    role: row.role as Role,
    method: row.method as string,
    params: row.params as string,
    outcome: row.outcome as Action['outcome'],
    error: (row.error as string | null) ?? undefined,
  };
}
