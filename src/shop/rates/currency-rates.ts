/**
 * The rates of one currency: what each source said last, and what went wrong. While the currency is used they are asked for
 * again in the background, so that who makes an invoice does not wait for strangers.
 */
import type { Clock } from '../../base/types/clock.ts';
import type { CurrencyCode } from '../../base/types/currency.ts';
import { type Decimal, parseDecimal } from '../../base/types/exact-decimal.ts';
import type { JsonSource } from '../../infra/http/json-asker.ts';
import type { SourceRate } from './agreement.ts';
import { questionFor, type RateSource } from './source.ts';

export interface CurrencyRatesOptions {
  readonly currency: CurrencyCode;
  readonly sources: readonly RateSource[];
  readonly asker: JsonSource;
  readonly clock: Clock;
  /** Rates that are older are not used. */
  readonly max_age_seconds: number;
  /** Ends what is under way. */
  readonly signal: AbortSignal;
  /** All that were asked have answered or failed. */
  readonly onRefreshed: () => void;
}

/** What a source said last, and when by the clock that is never set. */
interface Answered extends SourceRate {
  readonly fetched_ms: number;
}

/** A source that failed is left alone for a while. */
interface Failed {
  readonly reason: string;
  readonly times: number;
  readonly again_ms: number;
}

/** Who did not use a currency for so long does not keep its sources busy. */
const IDLE_MS = 3_600_000;
const FIRST_PAUSE_MS = 15_000;
const LONGEST_PAUSE_MS = 120_000;

export class CurrencyRates {
  readonly #options: CurrencyRatesOptions;
  readonly #answered = new Map<string, Answered>();
  readonly #failed = new Map<string, Failed>();
  #used_ms = 0;
  #is_stopped = false;
  #refreshing: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;

  constructor(options: CurrencyRatesOptions) {
    this.#options = options;
  }

  /** The rates that are young enough, by the names of their sources. */
  get fresh(): readonly SourceRate[] {
    const { clock, max_age_seconds, sources } = this.#options;
    const oldest_ms = clock.monotonicMs() - max_age_seconds * 1000;
    return sources
      .map(({ name }) => this.#answered.get(name))
      .filter((each): each is Answered => each !== undefined && each.fetched_ms >= oldest_ms)
      .sort((a, b) => (a.source < b.source ? -1 : 1));
  }

  /** Why sources have no rate, by their names. */
  get problems(): readonly { readonly source: string; readonly problem: string }[] {
    const fresh = new Set(this.fresh.map(({ source }) => source));
    return this.#options.sources
      .filter(({ name }) => !fresh.has(name))
      .map(({ name }) => ({ source: name, problem: this.#failed.get(name)?.reason ?? 'no answer yet' }));
  }

  /** Somebody needs the rates: they are kept fresh for an hour from now. */
  use(): void {
    this.#used_ms = this.#options.clock.monotonicMs();
    if (this.#cancelTimer === undefined && this.#answered.size > 0) this.#arm();
  }

  /** Asks every source that is not left alone; one round at a time. Never rejects. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#askAll().finally(() => {
      this.#refreshing = undefined;
      this.#arm();
      this.#options.onRefreshed();
    });
    return this.#refreshing;
  }

  /** Whether nobody has used it for an hour. */
  get isIdle(): boolean {
    return this.#options.clock.monotonicMs() - this.#used_ms > IDLE_MS;
  }

  /** Ends the timer. */
  stop(): void {
    this.#is_stopped = true;
    this.#cancelTimer?.();
  }

  #arm(): void {
    const { clock, max_age_seconds, signal } = this.#options;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (signal.aborted || this.#is_stopped) return;
    // Twice within the age that is still good: one round may fail.
    this.#cancelTimer = clock.after((max_age_seconds * 1000) / 2, () => {
      this.#cancelTimer = undefined;
      if (!this.isIdle) void this.refresh();
    });
  }

  async #askAll(): Promise<void> {
    const now_ms = this.#options.clock.monotonicMs();
    const due = this.#options.sources.filter(({ name }) => (this.#failed.get(name)?.again_ms ?? 0) <= now_ms);
    await Promise.all(due.map((source) => this.#ask(source)));
  }

  async #ask(source: RateSource): Promise<void> {
    const { currency, asker, clock, signal } = this.#options;
    const outcome = await asker.ask(questionFor(source, currency), signal);
    if (signal.aborted) return;
    const found = outcome.kind === 'answered' ? readRate(outcome.values[0]) : outcome.reason;
    const now_ms = clock.monotonicMs();
    const { name } = source;
    if (typeof found !== 'string') {
      this.#failed.delete(name);
      this.#answered.set(name, { source: name, rate: found, fetched_at: clock.nowSeconds(), fetched_ms: now_ms });
      return;
    }
    const times = (this.#failed.get(name)?.times ?? 0) + 1;
    const pause_ms = Math.min(FIRST_PAUSE_MS * 2 ** (times - 1), LONGEST_PAUSE_MS);
    this.#failed.set(name, { reason: found, times, again_ms: now_ms + pause_ms });
  }
}

/** The rate in an answer, or what is wrong with it. */
function readRate(text: string | null | undefined): Decimal | string {
  if (text === null || text === undefined) return 'the answer has no price of this currency';
  const rate = parseDecimal(text);
  return rate === undefined || rate.coefficient === 0n ? 'the price in the answer is no number above zero' : rate;
}
