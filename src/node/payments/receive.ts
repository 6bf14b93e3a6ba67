/**
 * Payments to us: HTLCs gather into a set, the invoice judges the set, the invoice is marked paid, and only when that is
 * durable are the HTLCs fulfilled. Every way out of here ends each HTLC exactly once, fulfilled or failed.
 */
import { type Msat, sum } from '../../base/types/amount.ts';
import type { ChannelId, PaymentHash, PaymentPreimage, PaymentSecret } from '../../base/types/brand.ts';
import type { Clock } from '../../base/types/clock.ts';
import { isExpiryWrong } from '../../protocol/channel/final-cltv.ts';
import { isOverPromise, isPromised, NO_PROMISES, type PromisePort, takenOff } from './extra-fees.ts';
import { type IncomingPart, type PartFailure, partFault, unknownDetails } from './incoming-part.ts';
import { IncomingSet, SET_TIMEOUT_MS, setKey } from './incoming-set.ts';

/** The invoices, as far as payments need them. */
export interface InvoicePort {
  /** Whether an unpaid, unexpired invoice of this hash and secret takes this total, and the time that it asks for. */
  judge(set: {
    readonly payment_hash: PaymentHash;
    readonly payment_secret: PaymentSecret;
    readonly total_msat: Msat;
  }): Promise<{ readonly min_final_cltv_expiry: number } | undefined>;
  /**
   * Marks the invoice paid, and each part claimed, in one unit. `opening_fee_msat`: what a provider took off, undefined when
   * nothing was bought. Resolves when that is durable, with the preimage;
   * undefined when the invoice was paid, expired or deleted in the meantime, and nothing was written.
   */
  markPaid(
    payment_hash: PaymentHash,
    amount_received_msat: Msat,
    parts: readonly IncomingPart[],
    opening_fee_msat?: Msat,
  ): Promise<PaymentPreimage | undefined>;
}

/** The channels, as far as payments need them. */
export interface HtlcPort {
  fulfil(channel_id: ChannelId, htlc_id: bigint, payment_preimage: PaymentPreimage): void;
  fail(channel_id: ChannelId, htlc_id: bigint, failure: PartFailure): void;
}

/** What defends payments on the chain (node/reserve/). */
export interface DefencePort {
  /**
   * Whether all HTLCs that are held can be brought to the chain, or need not be. `parts` are those of the set that is
   * judged, and are among `held`. `waits`: when not, they go on waiting, and nothing was refused.
   */
  admits(parts: readonly IncomingPart[], held: readonly IncomingPart[], waits?: boolean): boolean;
}

export interface ReceiveOptions {
  readonly invoices: InvoicePort;
  readonly defence: DefencePort;
  readonly htlcs: HtlcPort;
  /** Absent: nothing may be taken off any payment. */
  readonly promises?: PromisePort | undefined;
  readonly clock: Clock;
  /** The height of the best block that we know. */
  readonly height: () => number;
  /** Whether that is the tip of the best chain, as far as we can know. */
  readonly isCurrent: () => boolean;
  /** Blocks before its expiry at which an HTLC that we fulfilled is claimed on the chain. */
  readonly fulfill_deadline_blocks: number;
  /** What went wrong while nobody waited. */
  readonly onBackgroundError: (error: unknown) => void;
}

/** How often a payment that is complete is looked at again while the chain is not known well enough to accept it. */
const LOOK_AGAIN_MS = 1_000;

export class IncomingPayments {
  readonly #options: ReceiveOptions;
  readonly #promises: PromisePort;
  readonly #sets = new Map<string, IncomingSet>();

  constructor(options: ReceiveOptions) {
    this.#options = options;
    this.#promises = options.promises ?? NO_PROMISES;
  }

  /** The sets that wait for parts or for the disk. */
  get pending_sets(): number {
    return this.#sets.size;
  }

  /**
   * An HTLC is irrevocably committed and written down. It may be offered again after a restart. The promise resolves
   * when this call has nothing more to do; the HTLC may then still wait for other parts.
   */
  async offer(part: IncomingPart): Promise<void> {
    const fault = partFault(part);
    if (fault !== undefined) return this.#fail(part, fault);
    if (part.payment_secret === undefined || !isPromised(part, this.#promises)) return this.#refuse(part);

    const set = this.#sets.get(setKey(part));
    if (set === undefined) return await this.#begin(part, part.payment_secret);
    if (set.has(part)) return;
    // What comes when nothing is missing any more would pay the invoice twice.
    if (set.phase === 'claiming' || set.isWhole) return this.#refuse(part);
    if (set.total_msat !== part.total_msat) {
      // The sender contradicts itself: all go back together.
      set.add(part);
      return this.#failSet(set, (each) => ({
        failure: 'final_incorrect_htlc_amount',
        incoming_htlc_amt: each.amount_msat,
      }));
    }
    set.add(part);
    if (set.phase === 'gathering') await this.#advance(set);
  }

  /** A part is so near its end that it must go back now: its set goes with it, unless it is being claimed. */
  expire(channel_id: ChannelId, htlc_id: bigint): void {
    for (const set of this.#sets.values()) {
      if (set.phase !== 'claiming' && set.has({ channel_id, htlc_id })) this.#failSet(set, this.#unknown);
    }
  }

  async #begin(first: IncomingPart, payment_secret: PaymentSecret): Promise<void> {
    const set = new IncomingSet(first);
    this.#sets.set(setKey(first), set);
    const accepted = await this.#judge(set, payment_secret);
    if (this.#sets.get(setKey(first)) !== set) return;
    if (accepted === undefined) return this.#failSet(set, this.#unknown);
    set.min_final_cltv_expiry = accepted.min_final_cltv_expiry;
    set.phase = 'gathering';
    set.cancelTimeout = this.#options.clock.after(SET_TIMEOUT_MS, () => {
      const failure = set.isWhole ? 'temporary_node_failure' : 'mpp_timeout';
      if (set.phase === 'gathering') this.#failSet(set, () => ({ failure }));
    });
    await this.#advance(set);
  }

  /** What the invoice says of the set. When that cannot be told the set goes back, and the caller hears why. */
  async #judge(set: IncomingSet, payment_secret: PaymentSecret): ReturnType<InvoicePort['judge']> {
    const [{ payment_hash }] = set.parts as [IncomingPart];
    try {
      return await this.#options.invoices.judge({ payment_hash, payment_secret, total_msat: set.total_msat });
    } catch (error) {
      this.#failSet(set, () => ({ failure: 'temporary_node_failure' }));
      throw error;
    }
  }

  /**
   * Claims the set when it is whole. A part that leaves too little time to claim it spoils the set, and so does one that
   * expires beyond any honest route: whoever sent that wants to hold the money, or our answer, for long. What cannot be
   * defended on the chain is not taken: the set goes back, or waits for a block that changes this.
   */
  async #advance(set: IncomingSet): Promise<void> {
    const { height, isCurrent, fulfill_deadline_blocks, clock, onBackgroundError } = this.#options;
    const isWrong = ({ cltv_expiry }: IncomingPart): boolean =>
      isExpiryWrong(cltv_expiry, height(), set.min_final_cltv_expiry, fulfill_deadline_blocks);
    if (set.parts.some(isWrong) || isOverPromise(set.parts, this.#promises)) return this.#failSet(set, this.#unknown);
    // With every part, and once more when the set is whole: fees and the wallet's coins may have changed meanwhile.
    const mayWait = set.parts.some(({ channel_id }) => this.#promises.isUnmined(channel_id));
    const isSafe = set.parts.every((part) => this.#promises.isSafe(part));
    const isDefended = isSafe && this.#options.defence.admits(set.parts, this.#held(), mayWait);
    if (!isDefended && !mayWait) return this.#failSet(set, () => ({ failure: 'temporary_node_failure' }));
    if (!set.isWhole) return;
    // A block with the funding of a channel that was bought is waited for as long as there is time to claim.
    if (!isDefended) set.cancelTimeout();
    if (!isDefended || !isCurrent()) {
      // With blocks that we have not heard of, there may be no time left at all.
      set.cancelLookAgain = clock.after(LOOK_AGAIN_MS, () => void this.#advance(set).catch(onBackgroundError));
      return;
    }

    set.phase = 'claiming';
    set.cancelTimeout();
    const [first] = set.parts as [IncomingPart];
    const amount_received_msat = sum(set.parts.map((part) => part.amount_msat));
    const preimage = await this.#options.invoices.markPaid(
      first.payment_hash,
      amount_received_msat,
      set.parts,
      takenOff(set.parts),
    );
    if (preimage === undefined) return this.#failSet(set, this.#unknown);
    this.#sets.delete(setKey(first));
    for (const { channel_id, htlc_id } of set.parts) this.#options.htlcs.fulfil(channel_id, htlc_id, preimage);
  }

  /** The parts that an invoice takes: those of unknown hashes go back without having cost anybody a place. */
  #held(): readonly IncomingPart[] {
    return [...this.#sets.values()].filter(({ phase }) => phase !== 'judging').flatMap(({ parts }) => parts);
  }

  readonly #unknown = (part: IncomingPart): PartFailure => unknownDetails(part, this.#options.height());

  #failSet(set: IncomingSet, failureOf: (part: IncomingPart) => PartFailure): void {
    set.cancelTimeout();
    set.cancelLookAgain();
    this.#sets.delete(setKey(set.parts[0] as IncomingPart));
    for (const part of set.parts) this.#fail(part, failureOf(part));
  }

  #refuse(part: IncomingPart): void {
    this.#fail(part, this.#unknown(part));
  }

  #fail({ channel_id, htlc_id }: IncomingPart, failure: PartFailure): void {
    this.#options.htlcs.fail(channel_id, htlc_id, failure);
  }
}
