/** How the benches measure: warm-up, several runs, the median; and latencies as percentiles. */

/** One line of a bench's answer. */
export interface Figure {
  /** What was measured. */
  readonly what: string;
  readonly value: number;
  /** `/s`, `ms`, `MB`, `x`, `%`. */
  readonly unit: string;
  /** The goal, where there is one: at least so much for rates and ratios, at most so much for times and sizes. */
  readonly must_reach?: number;
  /** The same thing done by someone else, to compare with. */
  readonly beside?: boolean;
}

/** A bench: `bench/<topic>.ts` exports one. */
export interface Bench {
  readonly name: string;
  /** It takes minutes: left out unless it is named. */
  readonly isSlow?: boolean;
  run(): Promise<readonly Figure[]>;
}

/** How long and how often to measure. */
export interface Timing {
  readonly warm_up_ms?: number;
  readonly run_ms?: number;
  readonly runs?: number;
}

const CALLS_PER_LOOK_AT_THE_CLOCK = 16;

function callsFor(call: (index: number) => void, length_ms: number): number {
  const start = performance.now();
  let calls = 0;
  let passed_ms = 0;
  while (passed_ms < length_ms) {
    for (let index = 0; index < CALLS_PER_LOOK_AT_THE_CLOCK; index++) call(calls++);
    passed_ms = performance.now() - start;
  }
  return (calls / passed_ms) * 1000;
}

/** Calls per second of a synchronous function: the median of several runs after a warm-up. */
export function rate(call: (index: number) => void, timing: Timing = {}): number {
  const { warm_up_ms = 300, run_ms = 400, runs = 5 } = timing;
  callsFor(call, warm_up_ms);
  return median(Array.from({ length: runs }, () => callsFor(call, run_ms)));
}

/** The middle value; of an even number of them, the higher of the middle two. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The value below which that share of all values lies: 0.5 for p50, 0.99 for p99. Throws RangeError when empty. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  if (value === undefined) throw new RangeError('a percentile of nothing');
  return value;
}

/** Each call's time in milliseconds, one after the other. */
export async function latencies(call: (index: number) => Promise<unknown>, calls: number): Promise<number[]> {
  const times_ms: number[] = [];
  for (let index = 0; index < calls; index++) {
    const start = performance.now();
    await call(index);
    times_ms.push(performance.now() - start);
  }
  return times_ms;
}

/** Whether a figure reaches its goal; true where there is none. */
export function reaches(figure: Figure): boolean {
  if (figure.must_reach === undefined) return true;
  const more_is_better = figure.unit === '/s' || figure.unit === 'x' || figure.unit === '%';
  return more_is_better ? figure.value >= figure.must_reach : figure.value <= figure.must_reach;
}

/** A figure as a line of text. */
export function formatFigure(figure: Figure): string {
  const digits = figure.value >= 100 ? 0 : figure.value >= 10 ? 1 : 2;
  const value = figure.value.toLocaleString('en-US', { maximumFractionDigits: digits, minimumFractionDigits: digits });
  const label = `${figure.beside ? '  beside: ' : '  '}${figure.what}`.padEnd(58);
  const goal = figure.must_reach?.toLocaleString('en-US');
  const verdict = goal === undefined ? '' : `   must reach ${goal}${figure.unit}: ${reaches(figure) ? 'yes' : 'NO'}`;
  return `${label}${value.padStart(12)} ${figure.unit}${verdict}`;
}
