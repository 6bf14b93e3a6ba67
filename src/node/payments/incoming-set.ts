/**
 * The parts of one payment to us while they gather (BOLT 4, Basic Multi-Part Payments). A set is named by hash and
 * secret: parts with a wrong secret gather in a set of their own and cannot disturb the sender who knows the right one.
 */
import { type Msat, sum } from '../../base/types/amount.ts';
import type { IncomingPart } from './incoming-part.ts';

/** BOLT 4 asks for at least 60 seconds; a shop's customer should not wait longer to be told. */
export const SET_TIMEOUT_MS = 60_000;

export class IncomingSet {
  readonly #parts: IncomingPart[] = [];
  readonly total_msat: Msat;
  /** `judging`: the invoice is being looked up. `claiming`: it is being marked paid, and takes no more parts. */
  phase: 'judging' | 'gathering' | 'claiming' = 'judging';
  /** Blocks that must remain before a part expires: the invoice's. Until it is known none are enough. */
  min_final_cltv_expiry = Number.POSITIVE_INFINITY;
  /** Ends the wait for more parts. */
  cancelTimeout: () => void = () => {};
  /** Ends the wait for a chain that is known well enough. */
  cancelLookAgain: () => void = () => {};

  constructor(first: IncomingPart) {
    this.total_msat = first.total_msat;
    this.#parts.push(first);
  }

  get parts(): readonly IncomingPart[] {
    return this.#parts;
  }

  /** Whether the parts make up the whole: what the sender meant them to bring, not what a hop before us gave besides. */
  get isWhole(): boolean {
    return sum(this.#parts.map((part) => part.amt_to_forward)) >= this.total_msat;
  }

  /** Adds a part; one that is here already (it may be offered again after a reconnect) changes nothing. */
  add(part: IncomingPart): void {
    if (!this.has(part)) this.#parts.push(part);
  }

  has(part: { readonly channel_id: string; readonly htlc_id: bigint }): boolean {
    return this.#parts.some((other) => other.channel_id === part.channel_id && other.htlc_id === part.htlc_id);
  }
}

/** The name under which parts gather. */
export function setKey(part: IncomingPart): string {
  return `${part.payment_hash}:${part.payment_secret ?? ''}`;
}
