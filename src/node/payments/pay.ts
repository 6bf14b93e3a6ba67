/**
 * `pay`: brings an invoice's amount to its payee, in as many parts and tries as it takes, within the limits given. A
 * payment that an earlier run of the node left under way is waited for, never sent again while it may still arrive.
 */

import { RpcError } from '../../base/errors.ts';
import { type Msat, subtractOrZero, sum } from '../../base/types/amount.ts';
import type { NodeId, PaymentHash, PaymentPreimage } from '../../base/types/brand.ts';
import type { Clock } from '../../base/types/clock.ts';
import { hasFeature } from '../../base/types/features.ts';
import { untilAborted } from '../../base/types/until-aborted.ts';
import type { Invoice } from '../../codec/bolt11/invoice.ts';
import { failureCode } from '../../codec/onion/failure.ts';
import { failureError } from './failure-error.ts';
import { gather, type Payment } from './history.ts';
import { pathsTo } from './path.ts';
import { Lessons, type NoPlan, type PlanLimits, type PlannedPart, planPart } from './plan.ts';
import type { OutgoingPayments } from './send.ts';
import type { Sendpay } from './sendpay.ts';

/** Blocks that may be found while the payment is on its way. */
const PADDING_BLOCKS = 3;
/** So many HTLCs of one payment at once are enough, and so many tries in all. */
const MOST_PARTS = 16;
const MOST_TRIES = 100;

/** What `pay` was asked to do. */
export interface PayRequest {
  readonly invoice: Invoice;
  readonly bolt11: string;
  /** What the payee gets from us. */
  readonly amount_msat: Msat;
  /** What it gets from all who pay this together. */
  readonly total_msat: Msat;
  readonly maxfee_msat: Msat;
  readonly max_delay: number;
  readonly retry_for_seconds: number;
  /** Names of channels and ids of nodes that are not to be used. */
  readonly exclude: ReadonlySet<string>;
  readonly label: string | undefined;
  readonly description: string | undefined;
}

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
    if (now >= expiry) throw new RpcError('PAY_INVOICE_EXPIRED', 'Invoice expired', { now, expiry });
    if (payee === this.#node_id) throw new RpcError('PAY_USER_ERROR', 'this invoice is our own');
    const groupid = earlier.reduce((most, part) => (part.groupid > most ? part.groupid : most), 0n) + 1n;
    return await new Attempt(this.#payments, this.#clock, request, groupid).run();
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
      throw new RpcError('PAY_RHASH_ALREADY_USED', `already paid, with ${reply.amount_msat} msat`);
    }
    if (reply.destination !== invoice.payee) {
      throw new RpcError('PAY_RHASH_ALREADY_USED', `already paid, to ${reply.destination}`);
    }
    return reply;
  }
}

/** One payment, from its first part to its end. */
class Attempt {
  readonly #payments: OutgoingPayments;
  readonly #clock: Clock;
  readonly #request: PayRequest;
  readonly #groupid: bigint;
  readonly #lessons = new Lessons();
  readonly #parts = new Map<bigint, Sendpay>();
  /** Parts that ended and were not looked at. */
  readonly #ended: Sendpay[] = [];
  #wake: () => void = () => {};
  #last_failure: Sendpay | undefined;
  /** The payee said no: nothing more is sent. */
  #refused: Sendpay | undefined;
  #tries = 0;

  constructor(payments: OutgoingPayments, clock: Clock, request: PayRequest, groupid: bigint) {
    this.#payments = payments;
    this.#clock = clock;
    this.#request = request;
    this.#groupid = groupid;
    for (const name of request.exclude) this.#lessons.exclude(name);
  }

  async run(): Promise<PaidReply> {
    const { retry_for_seconds, invoice } = this.#request;
    const give_up_seconds = this.#clock.nowSeconds() + retry_for_seconds;
    const cancel = this.#payments.onEnd(invoice.payment_hash, (part) => {
      if (part.groupid !== this.#groupid) return;
      this.#ended.push(part);
      this.#wake();
    });
    try {
      for (;;) {
        const isInTime = this.#clock.nowSeconds() < give_up_seconds;
        const stopped = isInTime && this.#refused === undefined ? await this.#sendMissing() : 'time_over';
        if (this.#isComplete()) return paidReply([...this.#parts.values()]);
        if (this.#ended.length === 0 && !this.#isPending()) throw this.#failure(stopped);
        await this.#nextEnd();
        if (this.#isComplete()) return paidReply([...this.#parts.values()]);
      }
    } finally {
      cancel();
    }
  }

  #isComplete(): boolean {
    return [...this.#parts.values()].some((part) => part.status === 'complete');
  }

  #isPending(): boolean {
    return [...this.#parts.values()].some((part) => part.status === 'pending');
  }

  /** Sends parts until nothing is missing; answers why it could not. */
  async #sendMissing(): Promise<NoPlan | 'tries_over' | undefined> {
    for (;;) {
      const open = [...this.#parts.values()].filter((part) => part.status !== 'failed');
      const missing = subtractOrZero(this.#request.amount_msat, sum(open.map((part) => part.amount_msat)));
      if (missing === 0n) return undefined;
      if (this.#tries >= MOST_TRIES || open.length >= MOST_PARTS) return 'tries_over';
      const part = planPart(this.#paths(), missing, this.#lessons, this.#limits(open));
      if (typeof part === 'string') return part;
      await this.#send(part);
      // What came back meanwhile changes what is missing.
      this.#lookAtEnded();
      if (this.#refused !== undefined || this.#isComplete()) return undefined;
    }
  }

  #paths(): ReturnType<typeof pathsTo> {
    const { invoice, exclude } = this.#request;
    const hints = invoice.routes.filter((route) => !route.some((hop) => exclude.has(hop.pubkey)));
    return pathsTo(
      invoice.payee,
      hints,
      this.#payments
        .waysOut()
        .filter((way) => !exclude.has(way.peer_id) && !way.names.some((name) => exclude.has(name))),
    );
  }

  #limits(open: readonly Sendpay[]): PlanLimits {
    const { invoice, maxfee_msat, max_delay } = this.#request;
    const paid_fees = open.reduce((total, part) => total + part.amount_sent_msat - part.amount_msat, 0n);
    return {
      fee_msat: maxfee_msat - paid_fees,
      max_delay,
      final_delay: invoice.min_final_cltv_expiry_delta + PADDING_BLOCKS,
      basic_mpp: hasFeature(invoice.features, 'basic_mpp'),
    };
  }

  async #send({ path, route, amount_msat }: PlannedPart): Promise<void> {
    const { invoice, total_msat, bolt11, label, description } = this.#request;
    this.#tries++;
    try {
      const part = await this.#payments.send({
        route,
        channel_id: path.way.channel_id,
        payment_hash: invoice.payment_hash,
        payment_secret: invoice.payment_secret,
        payment_metadata: invoice.payment_metadata,
        total_msat,
        groupid: this.#groupid,
        partid: BigInt(this.#tries),
        bolt11,
        label,
        description,
      });
      this.#parts.set(part.partid, part);
    } catch (error) {
      if (!(error instanceof RpcError) || error.error !== 'PAY_TRY_OTHER_ROUTE') throw error;
      this.#lessons.failed(path.way.channel_id, amount_msat);
    }
  }

  async #nextEnd(): Promise<void> {
    if (this.#ended.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#lookAtEnded();
  }

  #lookAtEnded(): void {
    for (const part of this.#ended.splice(0)) {
      this.#parts.set(part.partid, part);
      if (part.status === 'failed') this.#learn(part);
    }
  }

  /** What a failure says of the way that the part took (BOLT 4, Returning Errors). */
  #learn(part: Sendpay): void {
    this.#last_failure = part;
    const { erring_index, failcode } = part.failure ?? {};
    const isPayee = erring_index === part.route.length - 1 && erring_index !== undefined;
    if (isPayee) {
      // The set was not whole in time: that says nothing against another try.
      if (failcode !== failureCode('mpp_timeout')) this.#refused = part;
      return;
    }
    // A node complains of the channel behind it; who cannot be read is taken to be our own channel.
    const behind = erring_index === undefined ? undefined : part.route[erring_index + 1];
    if (behind === undefined) this.#lessons.exclude(part.channel_id);
    else if (failcode === failureCode('temporary_channel_failure')) {
      this.#lessons.failed(behind.channel, behind.amount_msat);
    } else this.#lessons.exclude(behind.channel);
  }

  #failure(stopped: NoPlan | 'tries_over' | 'time_over' | undefined): RpcError {
    if (this.#refused !== undefined) return failureError(this.#refused);
    const { amount_msat, maxfee_msat, invoice } = this.#request;
    const tries = { sendpay_tries: this.#tries, last_failure: this.#last_failure?.failure?.failcodename };
    if (stopped === 'time_over' || stopped === 'tries_over') {
      return new RpcError('PAY_STOPPED_RETRYING', `gave up after ${this.#tries} tries`, tries);
    }
    if (stopped === 'too_expensive') {
      const message = `every route costs more than ${maxfee_msat} msat, or takes too long (maxfee, maxdelay)`;
      return new RpcError('PAY_ROUTE_TOO_EXPENSIVE', message, tries);
    }
    if (stopped === 'no_path') {
      const message = `no channel of ours leads to ${invoice.payee}, nor to a node that the invoice names`;
      return new RpcError('PAY_ROUTE_NOT_FOUND', message, tries);
    }
    return new RpcError('PAY_ROUTE_NOT_FOUND', `our channels cannot carry ${amount_msat} msat there now`, tries);
  }
}

function paidReply(parts: readonly Sendpay[]): PaidReply {
  const { preimage, ...payment } = gather(parts);
  if (preimage === undefined) throw new RangeError('no part of this payment is complete');
  return { ...payment, payment_preimage: preimage, failed_parts: parts.length - payment.number_of_parts };
}
