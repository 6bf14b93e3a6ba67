/** Calls that have not ended, and which of them may be sent a second time. */
import type { PlainJson } from '../rpc/json.ts';
import { READING_COMMANDS } from './commands.ts';

/** What the node tells while a call runs, after `notifications`. */
export interface Notice {
  readonly level: string;
  readonly message: string;
}

/** A call under way. */
export interface Pending {
  readonly id: number;
  readonly method: string;
  readonly params: object;
  readonly resolve: (result: PlainJson) => void;
  readonly reject: (error: Error) => void;
  readonly onNotice: ((notice: Notice) => void) | undefined;
  /** Whether it is on its way to the node, over the connection that there is now. */
  is_sent: boolean;
  /** While it is not: since when, in milliseconds of the monotonic clock. */
  waits_since_ms: number;
}

const READING: ReadonlySet<string> = new Set(READING_COMMANDS);

/** Whether it does no harm if the node carries the call out twice: it only reads, or it says itself that it may. */
export function isRepeatable({ method, params }: Pick<Pending, 'method' | 'params'>): boolean {
  return READING.has(method) || (method === 'invoice' && 'idempotent' in params && params.idempotent === true);
}

/** Whether the call waits for something that may take for ever: then it may wait for a node as long. */
export function isPatient({ method }: Pick<Pending, 'method'>): boolean {
  return method.startsWith('wait');
}

/** Whether the call sets something for its connection, and is to be said again on the next one. */
export function isSetting(method: string): boolean {
  return ['notifications', 'deprecations', 'batching'].includes(method);
}
