/**
 * Whether a node that was replaced still said something to its peer. Connections of the pair to the customer go through
 * one door: what a connection carries that was opened before a takeover is the old node's.
 */
import type { TcpProxy } from './proxy.ts';

/** Turns of the event loop in which all is read that had come before them. */
const TURNS = 3;

/** A takeover, as it was seen from outside. */
export interface Takeover {
  /** Monotonic milliseconds, at or after the commit that made it. */
  readonly at_ms: number;
  /** How many connections there had been when the other node still held the lease: all of them are its own. */
  readonly connections: number;
}

/** Notes that the lease has changed hands since there were so many connections. */
export async function noteTakeover(connections: number): Promise<Takeover> {
  // What was said before may still wait for this process, which a busy machine lets wait: it is read first.
  for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
  return { at_ms: performance.now(), connections };
}

/** How many bytes old connections carried after the takeover. */
export function lateBytes(door: TcpProxy, { at_ms, connections }: Takeover): number {
  return door.connections
    .slice(0, connections)
    .flatMap(({ said }) => said)
    .filter((said) => said.at_ms > at_ms)
    .reduce((total, { bytes }) => total + bytes, 0);
}
