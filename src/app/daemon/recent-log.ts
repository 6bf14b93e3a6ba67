/**
 * A log whose last lines can be read again: for people who look at a node from afar. What is for debugging is not kept: it would
 * push out what matters.
 */
import type { LogLine } from '../../api/commands/modules.ts';
import type { Log, LogLevel } from '../../base/log.ts';

/** Lines that are kept, and characters of each. */
const KEPT_LINES = 2000;
const LONGEST_LINE = 2000;

export class RecentLog implements Log {
  readonly #log: Log;
  readonly #now_ms: () => number;
  readonly #lines: LogLine[] = [];
  #next = 0;

  /** Hands each line on to `log`. */
  constructor(log: Log, now_ms: () => number) {
    this.#log = log;
    this.#now_ms = now_ms;
  }

  debug(text: string): void {
    this.#log.debug(text);
  }

  info(text: string): void {
    this.#keep('info', text);
    this.#log.info(text);
  }

  warn(text: string): void {
    this.#keep('unusual', text);
    this.#log.warn(text);
  }

  error(text: string): void {
    this.#keep('broken', text);
    this.#log.error(text);
  }

  /** The lines that are kept, the oldest first. */
  lines(): readonly LogLine[] {
    return [...this.#lines.slice(this.#next), ...this.#lines.slice(0, this.#next)];
  }

  #keep(level: LogLevel, text: string): void {
    const line = { time_ms: this.#now_ms(), level, text: text.slice(0, LONGEST_LINE) };
    if (this.#lines.length < KEPT_LINES) {
      this.#lines.push(line);
      return;
    }
    this.#lines[this.#next] = line;
    this.#next = (this.#next + 1) % KEPT_LINES;
  }
}
