/** Which part of a payment may go out beside others of the same hash, in Core Lightning's words where it may not. */
import { RpcError } from '../../base/errors.ts';
import type { Msat } from '../../base/types/amount.ts';
import type { PaymentHash } from '../../base/types/brand.ts';
import type { RouteStep, Sendpay } from './sendpay.ts';

/** A part that somebody wants to send. */
export interface AskedPart {
  readonly route: readonly RouteStep[];
  readonly payment_hash: PaymentHash;
  readonly groupid: bigint;
  readonly partid: bigint;
  /** What all parts come to at the payee. */
  readonly total_msat: Msat;
}

/** A part beside another: its name, and what it counts. */
export interface Place {
  readonly groupid: bigint;
  readonly partid: bigint;
  readonly amount_msat: bigint;
  readonly is_pending: boolean;
}

/** Of a part that was asked for, or is in the table. */
export function placeOf(part: AskedPart | Sendpay): Place {
  const { groupid, partid, route } = part;
  const is_pending = !('status' in part) || part.status === 'pending';
  return { groupid, partid, amount_msat: route.at(-1)?.amount_msat ?? 0n, is_pending };
}

/** Whether both have the same name. */
export function isSamePart(one: Pick<Place, 'groupid' | 'partid'>, other: Pick<Place, 'groupid' | 'partid'>): boolean {
  return one.groupid === other.groupid && one.partid === other.partid;
}

/**
 * Throws RpcError, in Core Lightning's words, when a part cannot go out beside these: it, or another group, is there already;
 * they come to another total, which would make the payee refuse all of them; or they are the whole payment as it is, and the
 * payee would keep what comes on top (BOLT 4).
 */
export function refuseBeside(request: AskedPart, others: readonly Place[], known_total_msat: Msat | undefined): void {
  const { payment_hash, groupid, partid, total_msat } = request;
  const pending = others.filter(({ is_pending }) => is_pending);
  const rival = pending.find((other) => other.groupid !== groupid);
  if (rival !== undefined) {
    const message = `Payment with groupid=${rival.groupid} still in progress, cannot retry before that completes.`;
    throw new RpcError('PAY_IN_PROGRESS', message);
  }
  if (others.some((other) => isSamePart(other, request))) {
    const name = `payment_hash=${payment_hash}, groupid=${groupid}, partid=${partid}`;
    const advice = 'Either change the partid, or wait for the payment to complete and start a new group.';
    throw new RpcError('PAY_RHASH_ALREADY_USED', `There already is a payment with ${name}. ${advice}`);
  }
  if (pending.length === 0) return;
  if (pending.some((other) => (other.partid === 0n) !== (partid === 0n))) {
    const kind = partid === 0n ? 'parallel' : 'non-parallel';
    throw new RpcError('PAY_IN_PROGRESS', `Already have ${kind} payment in progress`);
  }
  if (known_total_msat !== undefined && known_total_msat !== total_msat) {
    const message = `msatoshi was previously ${known_total_msat}msat, now ${total_msat}msat`;
    throw new RpcError('INVALID_PARAMS', message);
  }
  const pending_msat = pending.reduce((sum, { amount_msat }) => sum + amount_msat, 0n);
  if (pending_msat >= total_msat) {
    throw new RpcError('PAY_IN_PROGRESS', `Already have ${pending_msat}msat of ${total_msat}msat payments in progress`);
  }
}
