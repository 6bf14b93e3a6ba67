/**
 * One line per event: time, level, what happened. Secrets cannot get in: their type prints as `[secret]`, and control
 * characters that a peer may have put into a text are escaped, so that a line stays a line.
 */
import { appendFileSync, writeSync } from 'node:fs';

/** The levels of Core Lightning, quiet to loud. */
export const LOG_LEVELS = ['debug', 'info', 'unusual', 'broken'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
/** As text for people, or each line a JSON object for what gathers logs. */
export type LogFormat = 'text' | 'json';

export interface Log {
  debug(text: string): void;
  info(text: string): void;
  /** Something that an operator should look at, though nothing is lost. */
  warn(text: string): void;
  /** Something is wrong with the node itself. */
  error(text: string): void;
}

export interface LogOptions {
  /** Read at each line: it may change. */
  readonly level: LogLevel;
  /** Default: text. */
  readonly format?: LogFormat;
  /** Where lines go: a file, or standard output when undefined. */
  readonly file: string | undefined;
  /** The time of a line, in ISO form. */
  readonly now: () => string;
}

/** The log file cannot be written. */
export class LogFileError extends Error {
  override readonly name = 'LogFileError';
}

const STANDARD_OUTPUT = 1;
const STANDARD_ERROR = 2;

/**
 * Opens the log. A file is opened again for every line, so that it may be moved away while the node runs. Throws
 * LogFileError when it cannot be written at first; later the node goes on without a log rather than not at all.
 */
export function openLog(options: LogOptions): Log {
  const { format = 'text', file, now } = options;
  const append = (text: string): void => {
    if (file === undefined) writeSync(STANDARD_OUTPUT, text);
    else appendFileSync(file, text, { mode: 0o600 });
  };
  const write = (of: LogLevel, text: string): void => {
    if (LOG_LEVELS.indexOf(of) < LOG_LEVELS.indexOf(options.level)) return;
    const line =
      format === 'json' ? jsonLine(now(), of, text) : `${now()} ${of.toUpperCase().padEnd(7)} ${printable(text)}\n`;
    try {
      append(line);
    } catch (error) {
      complain(`till: the log cannot be written (${codeOf(error)}): ${line}`);
    }
  };
  if (file !== undefined) {
    try {
      append('');
    } catch (error) {
      throw new LogFileError(`the log file ${file} cannot be written (${codeOf(error)})`);
    }
  }
  return {
    debug: (text) => write('debug', text),
    info: (text) => write('info', text),
    warn: (text) => write('unusual', text),
    error: (text) => write('broken', text),
  };
}

/** A request's id stands in a member of its own, so that it can be searched for. */
function jsonLine(time: string, level: LogLevel, message: string): string {
  const request_id = /\(request ([0-9a-f]{16})\)/.exec(message)?.[1];
  return `${JSON.stringify({ time, level, message, request_id })}\n`;
}

/** A line on standard error, whatever its state: a node that nobody can hear any more must still go on. */
export function complain(line: string): void {
  try {
    writeSync(STANDARD_ERROR, line);
  } catch {
    // No place is left where this could be said.
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

/** The text without anything that a terminal would obey. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, (char) => `\\x${char.codePointAt(0)?.toString(16).padStart(2, '0')}`);
}
