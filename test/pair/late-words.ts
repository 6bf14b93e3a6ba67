/**
 * Whether a node that was replaced still said something to its peer. Connections of the pair to the customer go through
 * one door: what a connection carries that was opened before a takeover is the old node's.
 */
import type { TcpProxy } from './proxy.ts';

/** A takeover, as it was seen from outside. */
export interface Takeover {
  /** Monotonic milliseconds, at or after the commit that made it. */
  readonly at_ms: number;
  /** How many connections there had been. */
  readonly connections: number;
}

/** Notes that the lease has changed hands. */
export function noteTakeover(door: TcpProxy): Takeover {
  return { at_ms: performance.now(), connections: door.connections.length };
}

/** How many bytes old connections carried after the takeover. */
export function lateBytes(door: TcpProxy, { at_ms, connections }: Takeover): number {
  return door.connections
    .slice(0, connections)
    .flatMap(({ said }) => said)
    .filter((said) => said.at_ms > at_ms)
    .reduce((total, { bytes }) => total + bytes, 0);
}
