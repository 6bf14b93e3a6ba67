/**
 * What the last hop may take off a payment (bLIP 25): only a provider of which a channel was bought for this very payment,
 * and in all no more than it promised (bLIP 52). Of any other HTLC that comes with an `extra_fee`, the whole goes back.
 */
import { type Msat, msat } from '../../base/types/amount.ts';
import type { ChannelId, NodeId, PaymentHash } from '../../base/types/brand.ts';
import type { IncomingPart } from './incoming-part.ts';

/** What was promised for payments, and over which channels they come. */
export interface PromisePort {
  /** Undefined: nothing may be taken off the payment of this hash. */
  promiseOf(payment_hash: PaymentHash):
    | {
        /** Who may take it. */
        readonly node_id: NodeId;
        /** How much in all, of a payment of this size; undefined: nothing. */
        feeFor(total_msat: Msat): Msat | undefined;
      }
    | undefined;
  /** The peer of a channel. */
  peerOf(channel_id: ChannelId): NodeId | undefined;
  /** Whether what the part's channel brings can be counted on, or its risk is accepted. */
  isSafe(part: IncomingPart): boolean;
  /** Whether the channel was bought and no block holds its funding: what cannot be defended in it now, can be soon. */
  isUnmined(channel_id: ChannelId): boolean;
}

/** Nothing is bought. */
export const NO_PROMISES: PromisePort = {
  promiseOf: () => undefined,
  peerOf: () => undefined,
  isSafe: () => true,
  isUnmined: () => false,
};

/** Whether what was taken off the part was promised to its peer, and makes up what its onion says to the msat. */
export function isPromised(part: IncomingPart, promises: PromisePort): boolean {
  const { extra_fee, channel_id, payment_hash, amount_msat, amt_to_forward } = part;
  if (extra_fee === undefined) return true;
  const promise = promises.promiseOf(payment_hash);
  return (
    promise !== undefined &&
    promises.peerOf(channel_id) === promise.node_id &&
    amount_msat + extra_fee === amt_to_forward
  );
}

/** What was taken off all parts together; undefined when nothing was. */
export function takenOff(parts: readonly IncomingPart[]): Msat | undefined {
  const fees = parts.flatMap(({ extra_fee }) => extra_fee ?? []);
  return fees.length === 0 ? undefined : msat(fees.reduce((total, fee) => total + fee, 0n));
}

/** Whether all parts together bear more than was promised. One of them may bear all of it. */
export function isOverPromise(parts: readonly IncomingPart[], promises: PromisePort): boolean {
  const taken_msat = takenOff(parts);
  const [first] = parts;
  if (taken_msat === undefined || first === undefined) return false;
  const fee_msat = promises.promiseOf(first.payment_hash)?.feeFor(first.total_msat);
  return fee_msat === undefined || taken_msat > fee_msat;
}
