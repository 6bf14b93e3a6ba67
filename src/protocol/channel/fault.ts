/** How a step can go wrong, by whose doing: the peer broke a rule, or our own command cannot be done now. */

/**
 * The peer broke a rule of BOLT 2. A warning sets the channel aside until the next connection and leaves it as it was at
 * the last commitment; an error fails the channel: our commitment is broadcast.
 */
export class Violation extends Error {
  override readonly name = 'Violation';
  readonly kind: 'warning' | 'error';

  constructor(kind: 'warning' | 'error', message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Why a command of ours is refused. */
export type RefusalCode =
  /** Not connected, not ready, shutting down or over. */
  | 'channel_unusable'
  /** The balance, after reserve and fees. */
  | 'insufficient_balance'
  /** A limit that the peer set: HTLC count, value in flight, minimum. */
  | 'peer_limit'
  /** A limit that we set ourselves: dust exposure. */
  | 'own_limit'
  /** There is no such HTLC, or it cannot be removed (yet, or any more). */
  | 'unknown_htlc'
  /** The command's own values make no sense. */
  | 'invalid';

/** A command of ours cannot be done; nothing changed. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Breaks off the step: the peer is warned, and the channel is set aside. */
export function warn(message: string): never {
  throw new Violation('warning', message);
}

/** Breaks off the step: the channel fails. */
export function fail(message: string): never {
  throw new Violation('error', message);
}

/** Breaks off the step: our command is refused. */
export function refuse(code: RefusalCode, message: string): never {
  throw new Refusal(code, message);
}
