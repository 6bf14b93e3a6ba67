/**
 * A connection between two machines. What is sent lies in the wire until the simulation delivers it: in order on each
 * side, in any order beside everything else. When it breaks, one end may notice long before the other.
 */

import { decodeMessage, encodeMessage, type KnownMessage } from '../../src/codec/wire/index.ts';
import type { ConnectedPeer } from '../../src/node/channels/ports.ts';
import { INIT_FEATURES } from '../../src/node/peers/index.ts';
import type { Machine, TillNode } from './machine.ts';

/** One end. */
interface End {
  readonly node: TillNode;
  /** What the node sees of the other end. */
  readonly peer: ConnectedPeer;
  /** Messages on their way to this end. */
  readonly incoming: Uint8Array[];
  isUp: boolean;
}

export class Wire {
  readonly #ends: readonly [End, End];
  delivered = 0;

  /** Connects two nodes that are up. */
  constructor(a: TillNode, b: TillNode) {
    this.#ends = [this.#end(a, b, 0), this.#end(b, a, 1)];
    for (const { node, peer } of this.#ends) node.connected(peer);
  }

  #end(node: TillNode, far: TillNode, side: 0 | 1): End {
    const send = (messages: readonly KnownMessage[]): void => {
      const [near, other] = side === 0 ? this.#ends : [this.#ends[1], this.#ends[0]];
      // Nobody hears what is sent after one of the ends has gone.
      if (near.isUp && other.isUp) {
        const said = messages.flatMap((message) => node.trade.say?.(message) ?? [message]);
        other.incoming.push(...said.map((message) => encodeMessage(message)));
      }
    };
    const { node_id } = far.machine.keys;
    const awake = (): undefined => undefined;
    const disconnect = (): void => this.drop(node.machine);
    const peer = { node_id, features: INIT_FEATURES, host: undefined, is_wanted: false, send, awake, disconnect };
    return { node, peer, incoming: [], isUp: true };
  }

  /** Whether nobody is at either end any more. */
  get isGone(): boolean {
    return this.#ends.every(({ isUp }) => !isUp);
  }

  /** Whether both ends are there. */
  get isUp(): boolean {
    return this.#ends.every(({ isUp }) => isUp);
  }

  /** How many messages are on their way. */
  get load(): number {
    return this.#ends.reduce((sum, { incoming }) => sum + incoming.length, 0);
  }

  /** The sides (0 and 1) to which messages are on their way. */
  get loadedSides(): readonly number[] {
    return [0, 1].filter((side) => (this.#ends[side]?.incoming.length ?? 0) > 0);
  }

  joins(machine: Machine): boolean {
    return this.#ends.some(({ node }) => node.machine === machine);
  }

  /** The next message arrives at one side (0 or 1). */
  deliver(side: number): void {
    const end = this.#ends[side];
    const bytes = end?.incoming.shift();
    if (end === undefined || bytes === undefined) return;
    this.delivered++;
    end.node.hear(end.peer, decodeMessage(bytes) as KnownMessage);
  }

  /** The end of this machine is gone: what was on its way there is lost. */
  drop(machine: Machine): void {
    for (const end of this.#ends) if (end.node.machine === machine) this.#drop(end);
  }

  /** Whoever is still there notices that the other is gone. */
  notice(): void {
    if (!this.isUp) for (const end of this.#ends) this.#drop(end);
  }

  #drop(end: End): void {
    if (!end.isUp) return;
    end.isUp = false;
    end.incoming.length = 0;
    if (end.node.machine.node === end.node) end.node.disconnected(end.peer);
  }
}
