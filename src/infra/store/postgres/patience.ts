/**
 * How long an answer of the server is waited for. A server that is at work (a slow disk, a synchronous replica that is
 * away) is waited for as long as it takes; one that a cut line hides is given up soon, which only asking it anew can tell.
 */
import type { Clock } from '../../../base/types/clock.ts';
import type { Session } from './session.ts';

/** Between two looks. */
const LOOK_MS = 1_500;

const STATE_OF_BACKEND = `SELECT state, wait_event_type, wait_event FROM pg_stat_activity
  WHERE pid = CAST(? AS BIGINT) AND backend_start::text = CAST(? AS TEXT)`;

export interface PatienceOptions {
  readonly clock: Clock;
  /** Opens a connection beside the one that is silent. */
  readonly open: () => Promise<Session>;
  /** Told when the server has been at work for long, with what it waits for, and when it has answered again. */
  readonly onWaiting: (waits_for: string | undefined) => void;
}

export class Patience {
  readonly #options: PatienceOptions;

  constructor(options: PatienceOptions) {
    this.#options = options;
  }

  /** Answers what `work` answers. Destroys the session, so that the work rejects, when its backend is not at work. */
  async with<T>(session: Session, work: Promise<T>): Promise<T> {
    let is_over = false;
    let is_told = false;
    let cancel = (): void => {};
    const look = async (): Promise<void> => {
      const waits_for = await this.#waitsFor(session).catch(() => undefined);
      if (is_over) return;
      if (waits_for === undefined) {
        session.destroy();
        return;
      }
      if (!is_told) this.#options.onWaiting(waits_for);
      is_told = true;
      arm();
    };
    const arm = (): void => {
      cancel = this.#options.clock.after(LOOK_MS, () => void look());
    };
    arm();
    try {
      return await work;
    } finally {
      is_over = true;
      cancel();
      if (is_told) this.#options.onWaiting(undefined);
    }
  }

  /** What the backend waits for; undefined when it has nothing to do, waits for us, or cannot be found. */
  async #waitsFor({ backend_pid, backend_start }: Session): Promise<string | undefined> {
    const beside = await this.#options.open();
    const giveUp = this.#options.clock.after(LOOK_MS, () => beside.destroy());
    try {
      const [row] = await beside.query(STATE_OF_BACKEND, [backend_pid, backend_start]);
      if (row?.state !== 'active' || row.wait_event_type === 'Client') return undefined;
      return (row.wait_event as string | null) ?? 'its own work';
    } finally {
      giveUp();
      await beside.end();
    }
  }
}
