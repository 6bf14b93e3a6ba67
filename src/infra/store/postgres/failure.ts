/**
 * What goes wrong with a server: which errors are the connection's, which the group's, which one unit's, and what the
 * operator should do about the others. Codes are PostgreSQL's SQLSTATE (its documentation, appendix A).
 */
import { StoreFailure } from '../failure.ts';

/** The connection is gone, or cannot be used any more. What was in flight may have taken effect. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

/** The server refused a statement. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
  /** SQLSTATE. */
  readonly code: string;
  /** The statement of the packet that was refused, counted from 0. */
  readonly statement: number;

  constructor(code: string, message: string, statement: number) {
    super(message);
    this.code = code;
    this.statement = statement;
  }
}

/**
 * What to do after an error of the server. `lost`: connect again, and find out what is durable. `again`: nothing of the
 * group took effect, and it may be run again. `value`: one unit has a value that cannot be kept. `fatal`: end.
 */
export type ErrorKind = 'lost' | 'again' | 'value' | 'fatal';

/** Ended by an administrator, crashed, starting up, idle for too long within a transaction, only read any more. */
const LOST: ReadonlySet<string> = new Set(['57P01', '57P02', '57P03', '57P05', '25P03', '25006', '26000']);
/** A conflict of transactions, a deadlock, a statement that somebody cancelled. */
const AGAIN: ReadonlySet<string> = new Set(['40001', '40P01', '57014']);

/** Judges an error of a packet. */
export function kindOf(error: unknown): ErrorKind {
  if (error instanceof ConnectionLost) return 'lost';
  if (!(error instanceof ServerError)) return 'fatal';
  const { code } = error;
  if (code.startsWith('08') || LOST.has(code)) return 'lost';
  if (AGAIN.has(code)) return 'again';
  return /^(?:22|23|54)/.test(code) ? 'value' : 'fatal';
}

/** Errors that pass while a server starts, or is asked by too many: connecting is tried again. */
export function isPassing(error: unknown): boolean {
  return error instanceof ServerError && ['57P03', '53300'].includes(error.code);
}

/** What the operator should do, by the code or the class of it. */
const ADVICE: Readonly<Record<string, string>> = {
  '28': 'check user, password and pg_hba.conf',
  '3D': 'create it first: createdb',
  '42501': 'the role needs its own schema: see docs/guide/postgresql.md',
  '53100': "the server's disk is full: make room and start again; nothing that was answered is lost",
  '53200': 'the server has no memory left: look at what else runs on it',
  '53300': 'raise max_connections, or end other clients: Till needs 4 connections',
  '55P03': 'somebody else holds a lock on rows of Till: see pg_stat_activity',
  XX001: 'the database is damaged: stop the node, do not switch to a copy, look at the disks, then restore a backup',
  XX002: 'an index of the database is damaged: stop the node, do not switch to a copy, look at the disks, then REINDEX',
};

/** A failure in words: what the server said, of which database, and what to do. */
export function describeServerFailure(error: unknown, name: string): StoreFailure {
  if (error instanceof StoreFailure) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof ServerError)) return new StoreFailure(`database ${name}: ${message}`);
  const advice = ADVICE[error.code] ?? ADVICE[error.code.slice(0, 2)];
  return new StoreFailure(
    `database ${name}: ${message} (SQLSTATE ${error.code})${advice === undefined ? '' : `: ${advice}`}`,
  );
}

/**
 * Whether a notice turns success into failure: the server answers a commit that somebody cancelled while it waited for a
 * synchronous replica as done, with this warning alone. It is on one disk only.
 */
export function isFalseSuccess({ code }: { readonly code?: string | undefined }): boolean {
  return code === '01000' || code?.startsWith('57P') === true;
}
