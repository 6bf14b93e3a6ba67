/** The nodes that we want to be connected to, and when each is called next. */
import type { RandomBytes } from '../../base/crypto/random.ts';
import type { NodeId } from '../../base/types/brand.ts';
import type { Clock } from '../../base/types/clock.ts';
import { backoffMs } from './backoff.ts';
import { ANSWERED_ATTEMPT, STABLE_AFTER_MS } from './limits.ts';
import type { NetAddress } from './net-address.ts';

interface Kept {
  addresses: readonly NetAddress[];
  /** Calls since the last good connection. */
  attempts: number;
  /** When the current connection began. */
  connected_ms: number | undefined;
  /** Stops the next call. */
  cancel: (() => void) | undefined;
}

export class Reconnects {
  readonly #clock: Clock;
  readonly #randomBytes: RandomBytes;
  readonly #call: (node_id: NodeId, address: NetAddress) => void;
  readonly #kept = new Map<NodeId, Kept>();

  /** `call` connects; the result is reported to `connected` or `failed`. */
  constructor(clock: Clock, randomBytes: RandomBytes, call: (node_id: NodeId, address: NetAddress) => void) {
    this.#clock = clock;
    this.#randomBytes = randomBytes;
    this.#call = call;
  }

  /** Whether this node is one of those that we want. */
  keeps(node_id: NodeId): boolean {
    return this.#kept.has(node_id);
  }

  /** Wants the node, and calls it at once unless it is there. An empty list of addresses waits for its own call. */
  keep(node_id: NodeId, addresses: readonly NetAddress[], is_connected: boolean): void {
    const known = this.#kept.get(node_id);
    if (known !== undefined) {
      known.addresses = addresses;
      // Where the node can be found may just have become known.
      if (!is_connected && known.cancel === undefined) this.#schedule(node_id, 0);
      return;
    }
    const connected_ms = is_connected ? this.#clock.monotonicMs() : undefined;
    this.#kept.set(node_id, { addresses, attempts: 0, connected_ms, cancel: undefined });
    if (!is_connected) this.#schedule(node_id, 0);
  }

  letGo(node_id: NodeId): void {
    this.#kept.get(node_id)?.cancel?.();
    this.#kept.delete(node_id);
  }

  connected(node_id: NodeId): void {
    const kept = this.#kept.get(node_id);
    if (kept === undefined) return;
    kept.cancel?.();
    kept.cancel = undefined;
    kept.connected_ms = this.#clock.monotonicMs();
  }

  /** The connection is gone. */
  lost(node_id: NodeId): void {
    const kept = this.#kept.get(node_id);
    if (kept === undefined) return;
    const began_ms = kept.connected_ms ?? Number.POSITIVE_INFINITY;
    const isStable = this.#clock.monotonicMs() - began_ms >= STABLE_AFTER_MS;
    kept.attempts = isStable ? 0 : Math.min(kept.attempts, ANSWERED_ATTEMPT);
    kept.connected_ms = undefined;
    this.failed(node_id);
  }

  /** A call found nobody. */
  failed(node_id: NodeId): void {
    const kept = this.#kept.get(node_id);
    if (kept === undefined || kept.connected_ms !== undefined) return;
    this.#schedule(node_id, backoffMs(kept.attempts++, this.#randomBytes));
  }

  /** No more calls. */
  stop(): void {
    for (const node_id of [...this.#kept.keys()]) this.letGo(node_id);
  }

  #schedule(node_id: NodeId, delay_ms: number): void {
    const kept = this.#kept.get(node_id) as Kept;
    kept.cancel?.();
    kept.cancel = this.#clock.after(delay_ms, () => {
      kept.cancel = undefined;
      // With several addresses each call takes the next.
      const address = kept.addresses[kept.attempts % kept.addresses.length];
      if (address !== undefined) this.#call(node_id, address);
    });
  }
}
