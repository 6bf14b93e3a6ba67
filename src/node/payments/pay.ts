/**
 * `pay`: brings an invoice's amount to its payee, in as many parts and tries as it takes, within the limits given. A
 * payment that an earlier run of the node left under way is waited for, never sent again while it may still arrive.
 */

import { RpcError } from '../../base/errors.ts';
import type { Msat } from '../../base/types/amount.ts';
import type { NodeId, PaymentHash, PaymentPreimage } from '../../base/types/brand.ts';
import type { Clock } from '../../base/types/clock.ts';
import { untilAborted } from '../../base/types/until-aborted.ts';
import { Attempt } from './attempt.ts';
import { gather, latestGroup, type Payment } from './history.ts';
import { type KeysendRequest, spontaneous } from './keysend.ts';
import type { PayRequest } from './pay-request.ts';
import type { OutgoingPayments } from './send.ts';
import type { Sendpay } from './sendpay.ts';

/** A payment that is complete. */
export interface PaidReply extends Omit<Payment, 'preimage'> {
  readonly payment_preimage: PaymentPreimage;
  /** How many parts came back on the way. */
  readonly failed_parts: number;
}

/** Pays, once per invoice at a time: who asks again meanwhile gets the same answer. */
export class Payer {
  readonly #payments: OutgoingPayments;
  readonly #clock: Clock;
  readonly #node_id: NodeId;
  readonly #running = new Map<PaymentHash, { readonly amount_msat: Msat; readonly end: Promise<PaidReply> }>();

  constructor(payments: OutgoingPayments, clock: Clock, node_id: NodeId) {
    this.#payments = payments;
    this.#clock = clock;
    this.#node_id = node_id;
  }

  /**
   * Resolves when the payment is complete. Rejects with RpcError when nothing is under way any more, and with the
   * signal's reason when that ends the waiting: the payment goes on.
   */
  async pay(request: PayRequest, signal: AbortSignal = new AbortController().signal): Promise<PaidReply> {
    const { payment_hash } = request.invoice;
    const running = this.#running.get(payment_hash);
    if (running !== undefined) {
      if (running.amount_msat === request.amount_msat) return await untilAborted(running.end, signal);
      throw new RpcError('PAY_IN_PROGRESS', `a payment of ${running.amount_msat} msat for this is under way`);
    }
    const end = this.#run(request).finally(() => this.#running.delete(payment_hash));
    this.#running.set(payment_hash, { amount_msat: request.amount_msat, end });
    return await untilAborted(end, signal);
  }

  /** Pays a node that did not ask for it; otherwise as `pay`. */
  keysend(request: KeysendRequest, signal?: AbortSignal): Promise<PaidReply> {
    const randomBytes = (length_bytes: number): Uint8Array => this.#payments.randomBytes(length_bytes);
    return this.pay(spontaneous(request, this.#clock.nowSeconds(), randomBytes), signal);
  }

  async #run(request: PayRequest): Promise<PaidReply> {
    const { payment_hash, payee, created_at, expiry_seconds } = request.invoice;
    const earlier = await this.#earlier(payment_hash);
    const complete = earlier.find((part) => part.status === 'complete');
    if (complete !== undefined) {
      const { groupid } = complete;
      return this.#samePayment(
        earlier.filter((part) => part.groupid === groupid),
        request,
      );
    }
    // Only now: who asks again whether it was paid must not hear that it is too late.
    const now = this.#clock.nowSeconds();
    const expiry = created_at + expiry_seconds;
    if (now >= expiry)
      throw new RpcError('PAY_INVOICE_EXPIRED', `Invoice expired ${now - expiry} seconds ago`, { now, expiry });
    if (payee === this.#node_id) {
      // The words and the number by which clients of Core Lightning know that nothing will come of it.
      const text = 'Self-payment: this invoice is our own, and no money would move; have another node pay it';
      throw new RpcError('INVALID_PARAMS', text);
    }
    return paidReply(await new Attempt(this.#payments, this.#clock, request, latestGroup(earlier) + 1n).run());
  }

  /** The parts of earlier tries to pay this, once a part is complete or nothing is open. */
  async #earlier(payment_hash: PaymentHash): Promise<readonly Sendpay[]> {
    for (;;) {
      const { promise: ended, resolve } = Promise.withResolvers<void>();
      const cancel = this.#payments.onEnd(payment_hash, () => resolve());
      try {
        const parts = await this.#payments.parts(payment_hash);
        const isComplete = parts.some((part) => part.status === 'complete');
        if (isComplete || !parts.some((part) => part.status === 'pending')) return parts;
        await ended;
      } finally {
        cancel();
      }
    }
  }

  #samePayment(parts: readonly Sendpay[], { amount_msat, invoice }: PayRequest): PaidReply {
    const reply = paidReply(parts);
    if (reply.amount_msat !== amount_msat) {
      throw new RpcError(
        'PAY_RHASH_ALREADY_USED',
        `Already succeeded with amount ${reply.amount_msat}msat (not ${amount_msat}msat)`,
      );
    }
    if (reply.destination !== invoice.payee) {
      throw new RpcError('PAY_RHASH_ALREADY_USED', `Already succeeded to ${reply.destination}`);
    }
    return reply;
  }
}

function paidReply(parts: readonly Sendpay[]): PaidReply {
  const { preimage, ...payment } = gather(parts);
  if (preimage === undefined) throw new RangeError('no part of this payment is complete');
  return { ...payment, payment_preimage: preimage, failed_parts: parts.length - payment.number_of_parts };
}
