/** Cleaning by the clock: what is older than its age goes, every so many seconds. */
import { type CleanedCounter, readCounter } from './counters.ts';
import type { InvoicesOptions } from './ports.ts';
import type { Remover } from './remove.ts';

/** The records that Till can clean, by Core Lightning's names. */
export const AUTOCLEAN_SUBSYSTEMS = ['expiredinvoices', 'paidinvoices'] as const;
export type AutocleanSubsystem = (typeof AUTOCLEAN_SUBSYSTEMS)[number];

/** How a subsystem is set, and what was cleaned of it since the node exists. */
export interface AutocleanStatus {
  readonly enabled: boolean;
  /** Seconds; only when enabled. */
  readonly age?: number | undefined;
  readonly cleaned: number;
}

/** What one cleaning did. */
export interface Cleaned {
  readonly cleaned: number;
  readonly uncleaned: number;
}

const STATUS = { expiredinvoices: 'expired', paidinvoices: 'paid' } as const;

function counterOf(subsystem: AutocleanSubsystem): CleanedCounter {
  return `autoclean_${subsystem}`;
}

export class Autoclean {
  readonly #options: InvoicesOptions;
  readonly #remover: Remover;
  readonly #ages = new Map<AutocleanSubsystem, number>();
  #cycle_seconds: number | undefined;
  #cancel: () => void = () => {};
  #running: Promise<unknown> | undefined;

  constructor(options: InvoicesOptions, remover: Remover) {
    this.#options = options;
    this.#remover = remover;
  }

  /** Cleans what is older than `age` seconds, now. */
  async once(subsystem: AutocleanSubsystem, age_seconds: number): Promise<Cleaned> {
    const status = STATUS[subsystem];
    const until_seconds = this.#options.clock.nowSeconds() - age_seconds;
    const cleaned = await this.#remover.clean({ status, until_seconds }, counterOf(subsystem));
    return { cleaned, uncleaned: await this.#remover.count(status) };
  }

  async status(subsystem: AutocleanSubsystem): Promise<AutocleanStatus> {
    const age = this.#ages.get(subsystem);
    const enabled = age !== undefined && this.#cycle_seconds !== 0;
    const cleaned = await readCounter(this.#options.store, counterOf(subsystem));
    return enabled ? { enabled, age, cleaned } : { enabled, cleaned };
  }

  /** Cleans every `cycle_seconds` from now on what has an age, in seconds: by this call or by an earlier one. */
  schedule(cycle_seconds: number, ages: Readonly<Partial<Record<AutocleanSubsystem, number>>>): void {
    this.#cycle_seconds = cycle_seconds;
    for (const subsystem of AUTOCLEAN_SUBSYSTEMS) {
      const age = ages[subsystem];
      if (age !== undefined) this.#ages.set(subsystem, age);
    }
    this.#arm(cycle_seconds);
  }

  /** Leaves the subsystem alone from now on. */
  end(subsystem: AutocleanSubsystem): void {
    this.#ages.delete(subsystem);
  }

  /** Ends the timer, and waits for a cleaning under way. */
  async stop(): Promise<void> {
    this.#cancel();
    await this.#running;
  }

  #arm(cycle_seconds: number): void {
    this.#cancel();
    if (cycle_seconds === 0) return;
    this.#cancel = this.#options.clock.after(cycle_seconds * 1000, () => {
      this.#running = this.#cleanAll().catch(this.#options.onBackgroundError);
      this.#arm(cycle_seconds);
    });
  }

  async #cleanAll(): Promise<void> {
    await this.#running;
    for (const [subsystem, age] of this.#ages) await this.once(subsystem, age);
  }
}
