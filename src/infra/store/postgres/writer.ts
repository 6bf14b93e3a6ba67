/**
 * The one connection that writes. Units that come while a group is on its way become the next group. Nobody hears of a group
 * before the server has said, without any doubt, that it is durable; where the connection is lost on the way, its number
 * tells (outcome.ts), or the store fails and the process ends.
 */
import type { Clock } from '../../../base/types/clock.ts';
import { Counters, countersIn, READ_COUNTER } from '../counters.ts';
import { StoreFailure } from '../failure.ts';
import { checkUnit } from '../storable.ts';
import { StoreClosedError, StoreRefusedError, type UnitResult, type Write } from '../store.ts';
import type { UnitOutcome } from '../writer.ts';
import { describeServerFailure, kindOf } from './failure.ts';
import { commitUnits, runUnits } from './group.ts';
import { type Held, releaseLease, retakeLease } from './lease-row.ts';
import { judgeCommitNumber } from './outcome.ts';
import { Patience } from './patience.ts';
import type { Session } from './session.ts';
import { sizeOf } from './values.ts';

/** A group that is durable. */
export interface CommittedGroup {
  readonly epoch: bigint;
  readonly commit_number: bigint;
  /** Monotonic time, before any of it was sent. */
  readonly began_ms: number;
}

export interface WriterOptions {
  /** Of the database, for people. */
  readonly name: string;
  readonly clock: Clock;
  readonly session: Session;
  readonly held: Held;
  /** Opens a connection to the server that takes writes now. */
  readonly open: () => Promise<Session>;
  /** So long a server may be away before the store fails, in milliseconds. */
  readonly timeout_ms: number;
  /** Called once: nothing more may be said. */
  readonly onFailure: (error: StoreFailure) => void;
  /** Called before anybody hears of the group's units. */
  readonly onCommitted: (group: CommittedGroup) => void;
  /** Called with what a new connection found, before anything is done with it. What it throws fails the store. */
  readonly onFound: (held: Held, session: Session) => void;
  /** The server is at work for long, on what; undefined: it has answered. */
  readonly onWaiting: (waits_for: string | undefined) => void;
}

interface Waiting {
  readonly unit: readonly Write[];
  readonly size_bytes: number;
  readonly resolve: (result: UnitResult) => void;
  readonly reject: (error: StoreRefusedError) => void;
}

/** What one group may have: enough that the way there costs each unit little, and little enough that others get their turn. */
const GROUP_UNITS = 256;
const GROUP_BYTES = 1024 * 1024;
/**
 * So many units at once go in two halves: while the server works on one, what follows from the other is worked out here. Fewer
 * go together, because a commit costs more than they do.
 */
const HALVED_FROM = 48;
/** What may wait while the server is away. Beyond it memory would be filled with what may never be durable. */
const WAITING_UNITS = 10_000;
const WAITING_BYTES = 64 * 1024 * 1024;
/** How often a group is run whose transaction was refused for a passing reason. */
const MOST_TRIES = 3;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

/** A group that is durable, whose clients have not heard of it yet. */
interface Durable {
  readonly group: readonly Waiting[];
  readonly renewals: readonly (() => void)[];
  readonly outcomes: readonly UnitOutcome[];
}

function tell({ group, renewals, outcomes }: Durable): void {
  for (const [index, { resolve, reject }] of group.entries()) {
    const outcome = outcomes[index] as UnitOutcome;
    if ('refused' in outcome) reject(new StoreRefusedError(outcome.refused));
    else resolve(outcome);
  }
  for (const resolve of renewals) resolve();
}

export class Writer {
  readonly #options: WriterOptions;
  readonly #patience: Patience;
  readonly #counters = new Counters();
  #session: Session;
  #held: Held;
  #waiting: Waiting[] = [];
  #waiting_bytes = 0;
  /** Those who wait for a group that begins from now on. */
  #renewals: (() => void)[] = [];
  #is_running = false;
  #is_closing = false;
  #failure: StoreFailure | undefined;
  #onIdle: () => void = () => {};

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#session = options.session;
    this.#held = options.held;
    this.#patience = new Patience(options);
  }

  /** What is held now. */
  get held(): Held {
    return this.#held;
  }

  /** Whether its connection stands, as far as it has heard. */
  get is_connected(): boolean {
    return !this.#session.is_lost && this.#failure === undefined;
  }

  /** Takes a unit. Resolves and rejects as Store.commit does. */
  add(unit: readonly Write[]): Promise<UnitResult> {
    if (this.#is_closing) return Promise.reject(new StoreClosedError());
    return new Promise((resolve, reject) => {
      checkUnit(unit);
      let size_bytes = 0;
      for (const { params } of unit) for (const value of params) size_bytes += sizeOf(value);
      this.#waiting.push({ unit, size_bytes, resolve, reject });
      this.#waiting_bytes += size_bytes;
      if (this.#waiting.length > WAITING_UNITS || this.#waiting_bytes > WAITING_BYTES) {
        this.#fail(new StoreFailure(`database ${this.#options.name}: too much waits for its answer: this node ends`));
      }
      this.#start();
    });
  }

  /** Commits a group, without units when there are none. Resolves when one is durable that began after this was asked. */
  renew(): Promise<void> {
    if (this.#is_closing) return Promise.reject(new StoreClosedError());
    return new Promise((resolve) => {
      this.#renewals.push(resolve);
      this.#start();
    });
  }

  /** Commits what was taken, gives the lease back, and ends the connection. */
  async close(): Promise<void> {
    this.#is_closing = true;
    if (this.#is_running && this.#failure === undefined) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    // Whoever cannot be told that we are gone finds out by our backend, which ends with its connection.
    if (this.#failure === undefined && !this.#session.is_lost)
      await releaseLease(this.#session, this.#held).catch(() => {});
    await this.#session.end();
  }

  #start(): void {
    if (this.#is_running || this.#failure !== undefined) return;
    this.#is_running = true;
    // What else this turn of the event loop brings goes along.
    queueMicrotask(() => void this.#work());
  }

  async #work(): Promise<void> {
    let durable: Durable | undefined;
    try {
      while (this.#waiting.length + this.#renewals.length > 0 && this.#failure === undefined) {
        const next = this.#commitNext(durable?.group.length ?? 0);
        // The next group is on its way: who was in the one before goes on while the server works.
        if (durable !== undefined) tell(durable);
        durable = undefined;
        durable = await next;
        if (this.#waiting.length + this.#renewals.length > 0 || this.#failure !== undefined) continue;
        tell(durable);
        durable = undefined;
      }
    } catch (error) {
      this.#fail(describeServerFailure(error, this.#options.name));
    }
    this.#is_running = false;
    this.#onIdle();
  }

  /** Has sent the next group when it returns. `returning`: as many clients are about to be told, and may have more. */
  async #commitNext(returning: number): Promise<Durable> {
    const group = this.#take(returning);
    const renewals = this.#renewals;
    this.#renewals = [];
    const outcomes = await this.#commit(group.map(({ unit }) => unit));
    return { group, renewals, outcomes };
  }

  #take(returning: number): readonly Waiting[] {
    const at_once = this.#waiting.length + returning;
    const most = at_once < HALVED_FROM ? GROUP_UNITS : Math.min(GROUP_UNITS, Math.ceil(at_once / 2));
    let count = 0;
    let bytes = 0;
    for (const { size_bytes } of this.#waiting) {
      if (count === most || (count > 0 && bytes + size_bytes > GROUP_BYTES)) break;
      bytes += size_bytes;
      count++;
    }
    this.#waiting_bytes -= bytes;
    return this.#waiting.splice(0, count);
  }

  /** Runs the units until it is certain that they are durable. */
  async #commit(units: readonly (readonly Write[])[]): Promise<readonly UnitOutcome[]> {
    for (let tries = 1; ; tries++) {
      if (this.#failure !== undefined) throw this.#failure;
      const began_ms = this.#options.clock.monotonicMs();
      const { epoch } = this.#held;
      const commit_number = this.#held.commit_number + 1n;
      const ran: { outcomes?: readonly UnitOutcome[] } = {};
      try {
        const group = { units, epoch, commit_number, counters: this.#counters };
        const unknown = this.#unknownCounters(units);
        if (unknown.size > 0) await this.#learnCounters(unknown);
        ran.outcomes = await this.#patience.with(this.#session, runUnits(this.#session, group));
        await this.#patience.with(this.#session, commitUnits(this.#session));
      } catch (error) {
        const kind = kindOf(error);
        // An error in the answer to a commit leaves open what became of it, whatever it says.
        if (kind === 'lost' || (ran.outcomes !== undefined && !(error instanceof StoreFailure))) {
          if ((await this.#findOut(commit_number)) === 'not_committed') {
            if (kind !== 'lost' && tries >= MOST_TRIES) throw error;
            continue;
          }
          if (ran.outcomes === undefined) throw new StoreFailure('a group is committed whose commit was never sent');
        } else if (kind === 'again' && tries < MOST_TRIES) continue;
        else throw error;
      }
      this.#counters.committed();
      this.#held = { ...this.#held, commit_number };
      this.#options.onCommitted({ epoch, commit_number, began_ms });
      return ran.outcomes;
    }
  }

  /** Counters that no unit has named before. */
  #unknownCounters(units: readonly (readonly Write[])[]): ReadonlySet<string> {
    const unknown = new Set<string>();
    for (const unit of units) {
      for (const { sql } of unit) {
        for (const counter of countersIn(sql)) if (!this.#counters.isKnown(counter)) unknown.add(counter);
      }
    }
    return unknown;
  }

  /** Nobody else changes them, so one look is enough. */
  async #learnCounters(unknown: ReadonlySet<string>): Promise<void> {
    for (const counter of unknown) {
      const [row] = await this.#patience.with(this.#session, this.#session.query(READ_COUNTER, [counter]));
      this.#counters.learn(counter, row?.value);
    }
  }

  /** Connects again, and learns what became of the group with this number. */
  async #findOut(commit_number: bigint): Promise<'committed' | 'not_committed'> {
    const { clock, timeout_ms, open, onFound } = this.#options;
    const old = this.#session;
    old.destroy();
    const give_up_ms = clock.monotonicMs() + timeout_ms;
    for (let pause_ms = FIRST_PAUSE_MS; ; pause_ms = Math.min(pause_ms * 2, LONGEST_PAUSE_MS)) {
      try {
        if (this.#failure !== undefined) throw this.#failure;
        const session = await open();
        this.#session = session;
        const held = await this.#patience.with(session, retakeLease(session, this.#held, old));
        onFound(held, session);
        const outcome = judgeCommitNumber(commit_number - 1n, held.commit_number);
        this.#held = { ...held, commit_number: commit_number - 1n };
        return outcome;
      } catch (error) {
        if (error instanceof StoreFailure) throw error;
        if (clock.monotonicMs() + pause_ms > give_up_ms) {
          const { message } = describeServerFailure(error, this.#options.name);
          throw new StoreFailure(
            `${message}; it did not come back within ${timeout_ms / 1000} s, so what was written last may be durable or ` +
              'not: this node ends, and learns it when it starts',
          );
        }
        await new Promise<void>((resolve) => clock.after(pause_ms, resolve));
      }
    }
  }

  #fail(failure: StoreFailure): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    this.#session.destroy();
    this.#options.onFailure(failure);
  }
}
