/**
 * One payment, from its first part to its end: sends what is missing, learns from what comes back, pauses when nothing
 * can be sent that has not just failed, and gives up when the time is over. It never ends while a part is under way.
 */
import { RpcError } from '../../base/errors.ts';
import { type Msat, subtractOrZero, sum } from '../../base/types/amount.ts';
import type { Clock } from '../../base/types/clock.ts';
import { hasFeature } from '../../base/types/features.ts';
import { GiveUp } from './give-up.ts';
import { Lessons, ownChannel, PROOF_SECONDS } from './lessons.ts';
import { NetworkPaths } from './network-paths.ts';
import { pathsTo } from './path.ts';
import type { PayRequest } from './pay-request.ts';
import { type NoPlan, type PlanLimits, type PlannedPart, planPart } from './plan.ts';
import type { WayOut } from './ports.ts';
import { OfferRefused, type OutgoingPayments } from './send.ts';
import type { Sendpay } from './sendpay.ts';
import { shadowBlocks } from './shadow.ts';
import { verdictOn } from './verdict.ts';

/** Blocks that may be found while the payment is on its way. */
const PADDING_BLOCKS = 3;
/** So many HTLCs of one payment at once are enough, and so many tries between two pauses. */
const MOST_PARTS = 16;
const MOST_TRIES = 50;
/** A payee that is away may be woken by the first HTLC: the first pause is short, each further one twice as long. */
const FIRST_PAUSE_MS = 4_000;
const LONGEST_PAUSE_MS = 600_000;
/** A place for an HTLC may be free at any moment, and looking costs nothing. */
const PLACE_PAUSE_MS = 1_000;

/** Why nothing more is sent now. */
type Stop = NoPlan | 'tries_over' | 'time_over' | 'expired' | 'refused';

/** One payment. */
export class Attempt {
  readonly #payments: OutgoingPayments;
  readonly #clock: Clock;
  readonly #request: PayRequest;
  readonly #groupid: bigint;
  readonly #basic_mpp: boolean;
  readonly #lessons: Lessons;
  readonly #shadow_delay: number;
  readonly #give_up: GiveUp;
  readonly #network_paths: NetworkPaths;
  readonly #give_up_ms: number;
  readonly #parts = new Map<bigint, Sendpay>();
  /** Our height when each part was sent: blocks may come while it is out. */
  readonly #sent_heights = new Map<bigint, number>();
  /** Parts that ended and were not looked at. */
  readonly #ended: Sendpay[] = [];
  #wake: () => void = () => {};
  /** The payee said no, or a part cannot be sent for a reason of our own: nothing more is sent. */
  #end: { readonly refused: Sendpay } | { readonly error: unknown } | undefined;
  #has_timed_out = false;
  #next_partid = 1n;
  /** Since the last pause. */
  #tries = 0;
  /** A way was looked for: the first attempt is made however little time there is. */
  #has_begun = false;
  #pause_ms = FIRST_PAUSE_MS;
  /** When what rests is tried again. */
  #rest_ends_ms: number | undefined;

  constructor(payments: OutgoingPayments, clock: Clock, request: PayRequest, groupid: bigint) {
    this.#payments = payments;
    this.#clock = clock;
    this.#request = request;
    this.#groupid = groupid;
    this.#basic_mpp = hasFeature(request.invoice.features, 'basic_mpp');
    this.#lessons = new Lessons(this.#basic_mpp);
    this.#shadow_delay = shadowBlocks((length) => payments.randomBytes(length));
    this.#give_up = new GiveUp(request, payments);
    this.#network_paths = new NetworkPaths(payments.network, request);
    this.#give_up_ms = clock.monotonicMs() + request.retry_for_seconds * 1000;
  }

  /** Resolves with every part when the payment is complete. Rejects when nothing is under way any more. */
  async run(): Promise<readonly Sendpay[]> {
    const cancel = this.#payments.onEnd(this.#request.invoice.payment_hash, (part) => {
      if (part.groupid !== this.#groupid) return;
      this.#ended.push(part);
      this.#wake();
    });
    try {
      while (!this.#isComplete()) {
        this.#endPause();
        const stop = await this.#sendMissing();
        if (this.#isComplete()) break;
        const isPending = this.#ended.length > 0 || this.#open().some((part) => part.status === 'pending');
        if (!isPending && !this.#mayWait(stop)) throw this.#failure(stop);
        await this.#nextEvent(stop);
      }
      return [...this.#parts.values()];
    } finally {
      cancel();
    }
  }

  #isComplete(): boolean {
    return [...this.#parts.values()].some((part) => part.status === 'complete');
  }

  #open(): readonly Sendpay[] {
    return [...this.#parts.values()].filter((part) => part.status !== 'failed');
  }

  /** Sends parts until nothing is missing; answers why it could not. */
  async #sendMissing(): Promise<Stop | undefined> {
    try {
      for (;;) {
        if (this.#isComplete()) return undefined;
        const over = this.#over();
        if (over !== undefined) return over;
        const open = this.#open();
        const missing = subtractOrZero(this.#request.amount_msat, sum(open.map((part) => part.amount_msat)));
        if (missing === 0n) return undefined;
        if (this.#tries >= MOST_TRIES || open.length >= MOST_PARTS) return 'tries_over';
        this.#lessons.prove(open, this.#clock.nowSeconds());
        this.#has_begun = true;
        const part = await this.#plan(missing, open);
        // What came back meanwhile changes what is missing.
        if (this.#ended.length > 0) {
          this.#lookAtEnded();
          continue;
        }
        if (typeof part === 'string') return this.#isPeerAway(part) ? 'away' : part;
        await this.#send(part);
      }
    } catch (error) {
      // Other parts may be in flight: it is reported when they have ended.
      this.#end ??= { error };
      return 'refused';
    }
  }

  #over(): Stop | undefined {
    if (this.#end !== undefined) return 'refused';
    if (this.#has_begun && this.#clock.monotonicMs() > this.#give_up_ms) return 'time_over';
    const { created_at, expiry_seconds } = this.#request.invoice;
    return this.#clock.nowSeconds() >= created_at + expiry_seconds ? 'expired' : undefined;
  }

  /** The payment was on its way, and our own peer has gone: it may come back. */
  #isPeerAway(plan: NoPlan): boolean {
    return plan === 'no_path' && this.#next_partid > 1n && this.#give_up.awayWays().length > 0;
  }

  /** The next part: along the hints of the invoice if one takes it whole, else also through the network. */
  async #plan(missing_msat: Msat, open: readonly Sendpay[]): Promise<PlannedPart | NoPlan> {
    const { invoice } = this.#request;
    const ways = this.#ways();
    const hints = this.#give_up.hints.map((hint) => this.#network_paths.withNewTerms(hint));
    const near = pathsTo(invoice.payee, hints, ways);
    const limits = this.#limits(open);
    const plan = planPart(near, missing_msat, this.#lessons, limits, open);
    if (typeof plan !== 'string' && plan.amount_msat === missing_msat) return plan;
    const most_parts = MOST_PARTS - open.length;
    const found = await this.#network_paths.find(missing_msat, ways, hints, this.#lessons, limits, open, most_parts);
    this.#give_up.networkSays(found.none?.explanation);
    const better = planPart([...near, ...found.paths], missing_msat, this.#lessons, limits, open);
    if (found.none === undefined || better !== 'no_path') return better;
    return found.none.reason;
  }

  #ways(): readonly WayOut[] {
    const { exclude } = this.#request;
    return this.#payments
      .waysOut()
      .filter((way) => !exclude.has(way.peer_id) && !way.names.some((name) => exclude.has(name)));
  }

  #limits(open: readonly Sendpay[]): PlanLimits {
    const { invoice, maxfee_msat, max_delay, total_msat } = this.#request;
    const { payment_secret, payment_metadata, custom_records } = invoice;
    const paid_fees = open.reduce((total, part) => total + part.amount_sent_msat - part.amount_msat, 0n);
    return {
      fee_msat: maxfee_msat - paid_fees,
      max_delay,
      final_delay: invoice.min_final_cltv_expiry_delta + PADDING_BLOCKS,
      shadow_delay: this.#shadow_delay,
      basic_mpp: this.#basic_mpp,
      fits: (route) => this.#payments.fits({ route, payment_secret, payment_metadata, custom_records, total_msat }),
    };
  }

  async #send({ path, route, amount_msat }: PlannedPart): Promise<void> {
    const { invoice, total_msat, bolt11, label, description } = this.#request;
    this.#sent_heights.set(this.#next_partid, this.#payments.height());
    try {
      const part = await this.#payments.send({
        route,
        channel_id: path.way.channel_id,
        payment_hash: invoice.payment_hash,
        payment_secret: invoice.payment_secret,
        payment_metadata: invoice.payment_metadata,
        custom_records: invoice.custom_records,
        total_msat,
        groupid: this.#groupid,
        partid: this.#next_partid,
        bolt11,
        label,
        description,
      });
      this.#next_partid++;
      this.#tries++;
      this.#parts.set(part.partid, part);
    } catch (error) {
      if (!(error instanceof OfferRefused)) throw error;
      this.#give_up.offerRefused(error);
      const own = ownChannel(path.way.channel_id);
      if (error.refusal === 'insufficient_balance') this.#lessons.failed(own, amount_msat);
      else if (error.refusal === 'invalid') this.#lessons.exclude(own);
      else this.#lessons.wait(own);
    }
  }

  /** Whether what stands in the way may pass before the time is over. */
  #mayWait(stop: Stop | undefined): boolean {
    return (stop === 'away' || stop === 'busy') && this.#clock.monotonicMs() < this.#give_up_ms;
  }

  /** Waits until a part ends, or until what stands in the way may have passed. */
  async #nextEvent(stop: Stop | undefined): Promise<void> {
    if (this.#ended.length === 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const cancel = this.#mayWait(stop) ? this.#clock.after(this.#nextLookInMs(stop), resolve) : () => {};
      await promise;
      cancel();
    }
    this.#lookAtEnded();
  }

  #nextLookInMs(stop: Stop | undefined): number {
    const now_ms = this.#clock.monotonicMs();
    // One last time when the time is over, and not a moment later.
    const left_ms = this.#give_up_ms - now_ms;
    if (stop === 'busy') return Math.min(PLACE_PAUSE_MS, left_ms);
    const isProbing = this.#lessons.isProbing(this.#open());
    if (this.#rest_ends_ms === undefined && !isProbing) {
      this.#rest_ends_ms = now_ms + Math.min(this.#pause_ms, left_ms);
      this.#pause_ms = Math.min(2 * this.#pause_ms, LONGEST_PAUSE_MS);
    }
    const rest_ms = (this.#rest_ends_ms ?? this.#give_up_ms) - now_ms;
    return Math.min(rest_ms, isProbing ? PROOF_SECONDS * 1000 : left_ms);
  }

  #endPause(): void {
    this.#lessons.endWait();
    const now_ms = this.#clock.monotonicMs();
    if (this.#rest_ends_ms === undefined || now_ms < this.#rest_ends_ms) return;
    this.#rest_ends_ms = undefined;
    this.#tries = 0;
    this.#lessons.endRest(this.#give_up_ms - now_ms > PROOF_SECONDS * 1000);
  }

  #lookAtEnded(): void {
    for (const part of this.#ended.splice(0)) {
      this.#parts.set(part.partid, part);
      if (part.status === 'failed') this.#learn(part);
      else this.#network_paths.learn(part);
    }
  }

  #learn(part: Sendpay): void {
    this.#give_up.partFailed(part);
    const hasNewTerms = this.#network_paths.learn(part);
    const height = this.#sent_heights.get(part.partid) ?? this.#payments.height();
    const { min_final_cltv_expiry_delta } = this.#request.invoice;
    const verdict = verdictOn(part, { height, min_final_cltv_expiry_delta });
    switch (verdict.kind) {
      case 'refused':
        this.#end ??= { refused: part };
        break;
      case 'again':
        // A payee that never sees the whole set is asked with pauses.
        if (this.#has_timed_out) this.#lessons.rest(ownChannel(part.channel_id));
        this.#has_timed_out = true;
        break;
      case 'failed':
        this.#lessons.failed(verdict.subject, verdict.amount_msat);
        break;
      case 'rest':
        for (const subject of verdict.subjects) this.#lessons.rest(subject);
        break;
      case 'exclude':
        // What it asks now is known: the next try goes by that.
        if (!hasNewTerms) this.#lessons.exclude(verdict.subject);
        break;
    }
  }

  #failure(stop: Stop | undefined): unknown {
    if (this.#end !== undefined)
      return 'error' in this.#end ? this.#end.error : this.#give_up.refused(this.#end.refused);
    if (stop === 'expired') {
      const { created_at, expiry_seconds } = this.#request.invoice;
      const expiry = created_at + expiry_seconds;
      const data = { now: this.#clock.nowSeconds(), expiry };
      return new RpcError('PAY_INVOICE_EXPIRED', this.#give_up.sentence('the invoice expired meanwhile'), data);
    }
    switch (stop) {
      case 'no_path':
      case 'excluded':
      case 'too_long':
      case 'too_little':
      case 'too_expensive':
        return this.#give_up.noWay(stop);
      default:
        return this.#give_up.timeOver(stop);
    }
  }
}
