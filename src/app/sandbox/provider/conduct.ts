/** How the provider behaves at each step. It is honest; the tests of shops put lies in the place of single steps. */
import type { Txid } from '../../../base/types/brand.ts';
import type { KnownMessage } from '../../../codec/wire/index.ts';

export interface Conduct {
  /** The text that answers a request of this method; undefined: silence. */
  answer(method: string, payload: Uint8Array): Uint8Array | undefined;
  /** What is taken of the payment that pays for a channel. `fee_msat`: what was promised. */
  takenMsat(fee_msat: bigint): bigint;
  /** What is taken of any other payment that is passed on. */
  ordinaryMsat(): bigint;
  /** What `extra_fee` says of what is taken; undefined leaves the record out. */
  shownMsat(taken_msat: bigint): bigint | undefined;
  /** How large a channel is opened. */
  fundingSat(due_sat: bigint): bigint;
  /** Messages about channels on their way out. */
  message(message: KnownMessage): readonly (KnownMessage | Uint8Array)[];
  /** Comes before the funding transaction is made. Rejects: the opening ends there, and is tried again. */
  beforeFunding(): Promise<void>;
  /** Comes before the funding transaction is sent. */
  beforePublishing(funding_txid: Txid): Promise<void>;
  /** Comes before a part of a payment is passed on. `index`: which of the parts, from 0. */
  beforePart(index: number): Promise<void>;
}

/** What a provider does that keeps its word. */
export const HONEST: Conduct = {
  answer: (_method, payload) => payload,
  takenMsat: (fee_msat) => fee_msat,
  ordinaryMsat: () => 0n,
  shownMsat: (taken_msat) => (taken_msat === 0n ? undefined : taken_msat),
  fundingSat: (due_sat) => due_sat,
  message: (message) => [message],
  beforeFunding: async () => {},
  beforePublishing: async () => {},
  beforePart: async () => {},
};
