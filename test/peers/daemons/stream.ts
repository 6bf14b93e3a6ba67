/** A stream of payments between Till and a daemon, both ways at once, while a test disturbs it; then each is judged. */
import { decodeInvoice } from '../../../src/codec/bolt11/native.ts';
import type { PeerDaemon } from './daemon.ts';
import { until } from './daemon-process.ts';
import type { TillDaemon } from './till-daemon.ts';
import type { World } from './world.ts';

/** From below the dust limits to some thousand satoshi. */
const AMOUNTS_MSAT = [1_000n, 250_000n, 353_999n, 354_000n, 546_000n, 1_234_567n, 5_000_000n, 9_999_999n];

/** LND takes the onion for a copy, Eclair says that the invoice is paid. */
const REFUSED = /WIRE_(INVALID_ONION_VERSION|INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS) \(reply from remote\)/;

/**
 * Whether the payee itself refused a payment that it had taken before: so it may be after it was killed in between, and its
 * invoice stays paid though it gave the money back. `pay` has other words where its time was over by then.
 */
export async function wasRefused(till: Pick<TillDaemon, 'failures'>, payment_hash: string): Promise<boolean> {
  return (await till.failures(payment_hash)).some((words) => REFUSED.test(words));
}

/** Longer than either side goes on trying to pay: a minute. */
const PATIENCE_LOOKS = 2_400;

/** How the payments of a stream ended. */
export interface Verdict {
  readonly paid: number;
  /** What has come to Till and gone from it, if each of the two kept to its word. */
  readonly paid_to_till_msat: bigint;
  readonly paid_by_till_msat: bigint;
  readonly failed: number;
  /** The daemon says that it still pays, and no HTLC is in the channel. */
  readonly hanging_at_peer: number;
  /** Till has the proof that it paid, and the daemon, which loses data when it is killed, does not know. */
  readonly forgotten_by_peer: number;
  /** The daemon, which was killed, has marked its invoice paid and then refused the payment. */
  readonly refused_after_all: number;
  /** The daemon, which was killed, has marked its invoice paid, and never said so: the payment came back on the chain. */
  readonly never_taken: number;
  /** So many invoices are paid whose money never came: their HTLCs were too small. */
  readonly lost_as_dust: number;
  /** One line for each payment about which the two sides do not agree, or that Till leaves open. */
  readonly faults: readonly string[];
  /** What the payers said of payments that did not arrive, and how often. */
  readonly reasons: ReadonlyMap<string, number>;
}

interface Sent {
  readonly by: 'till' | 'peer';
  readonly payment_hash: string;
  readonly amount_msat: bigint;
}

/** What a test knows of a daemon and of channels when it judges a stream. */
export interface Circumstances {
  /** It loses channels when it is killed, and what it knew of their payments. */
  readonly peer_forgets?: boolean;
  /** It was killed, and may not have said that it took a payment over a channel that was closed alone. */
  readonly peer_owes_words?: boolean;
  /**
   * Where a channel was closed alone, an HTLC below this has no output, or one that its payee does not take: the money is
   * the miner's or the payer's again, whatever the payee was told before.
   */
  readonly dust_msat?: bigint;
  /** The daemon's own payments below this may stay under way for good. */
  readonly peer_hangs_below_msat?: bigint;
}

export class Stream {
  readonly #world: World;
  readonly #looks: number;
  readonly #daemon: PeerDaemon;
  readonly #sent: Sent[] = [];
  readonly #under_way = new Set<Sent>();
  readonly #reasons = new Map<string, number>();
  #is_over = false;
  #lanes_left = 0;
  #completed = 0;

  /** Starts as many lanes each way. The last payment is waited for as many looks, ten a second. */
  constructor(world: World, daemon: PeerDaemon, lanes = 3, looks = PATIENCE_LOOKS) {
    this.#looks = looks;
    this.#world = world;
    this.#daemon = daemon;
    for (let lane = 0; lane < lanes; lane++) {
      for (const by of ['till', 'peer'] as const) {
        this.#lanes_left++;
        void this.#run(by, lane).then(() => {
          this.#lanes_left--;
        });
      }
    }
  }

  /** Waits until so many have been paid since the beginning. */
  async reach(payments: number): Promise<void> {
    await until(`${payments} payments were made`, () => this.#completed >= payments, 1200);
  }

  /** One payment after the other, until the stream is over or one of the two sides is gone. */
  async #run(by: 'till' | 'peer', lane: number): Promise<void> {
    const { till } = this.#world;
    try {
      for (let index = lane; !this.#is_over; index++) {
        const amount_msat = AMOUNTS_MSAT[index % AMOUNTS_MSAT.length] as bigint;
        const bolt11 =
          by === 'till' ? await this.#daemon.invoice(amount_msat) : (await till.invoice(amount_msat)).bolt11;
        // Electrum's invoices are for whole satoshi.
        const { payment_hash, amount_msat: asked_msat = amount_msat } = decodeInvoice(bolt11);
        const sent: Sent = { by, payment_hash, amount_msat: asked_msat };
        this.#sent.push(sent);
        const end = await this.#pay(sent, bolt11);
        if (end === 'complete') {
          this.#completed++;
          continue;
        }
        // With hashes and numbers each reason would be another one.
        const reason = `${by}: ${end.replaceAll(/[0-9a-f]{16,}|\d+/g, '#')}`;
        this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
        // The other side is away, or the channel is: no hurry.
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
    } catch {
      // The side that was asked is gone. What became of its payment is judged when it is back.
    }
  }

  async #pay(sent: Sent, bolt11: string): Promise<string> {
    this.#under_way.add(sent);
    try {
      return await (sent.by === 'till' ? this.#world.till : this.#daemon).pay(bolt11);
    } finally {
      this.#under_way.delete(sent);
    }
  }

  /** No more payments; those on their way go on. */
  stop(): void {
    this.#is_over = true;
  }

  /** Whether the last payment has ended, but for the daemon's own below an amount. */
  hasEnded(peer_hangs_below_msat = 0n): boolean {
    const hanging = [...this.#under_way].filter(
      ({ by, amount_msat }) => by === 'peer' && amount_msat < peer_hangs_below_msat,
    );
    return this.#lanes_left === hanging.length;
  }

  /** Waits for that, but not for ever: an HTLC in a channel that the daemon has spoilt may stay there. */
  async #endedInTime(peer_hangs_below_msat: bigint): Promise<void> {
    try {
      await until('the payments have ended', () => this.hasEnded(peer_hangs_below_msat), this.#looks);
    } catch {
      const channels = await this.#world.till.channels(this.#daemon.node_id);
      const states = channels.map(({ short_channel_id, status }) => `${short_channel_id}: ${status.join(', ')}`);
      throw new Error(`${this.#lanes_left} payments have not ended. Of its channels Till says: ${states.join('; ')}`);
    }
  }

  /** Lets what is on its way end, and judges every payment. Both sides are up and connected. */
  async judge({
    peer_forgets = false,
    peer_owes_words = false,
    dust_msat = 0n,
    peer_hangs_below_msat = 0n,
  }: Circumstances = {}): Promise<Verdict> {
    this.stop();
    await this.#endedInTime(peer_hangs_below_msat);
    await this.#world.quiet(this.#daemon);
    const { till } = this.#world;
    let paid = 0;
    const paid_msat = { till: 0n, peer: 0n };
    let failed = 0;
    let hanging_at_peer = 0;
    let forgotten_by_peer = 0;
    let refused_after_all = 0;
    let never_taken = 0;
    let lost_as_dust = 0;
    const faults: string[] = [];
    for (const { by, payment_hash, amount_msat } of this.#sent) {
      const [payer, payee] = by === 'till' ? [till, this.#daemon] : [this.#daemon, till];
      const is_paid = await payee.isPaid(payment_hash);
      let status = await payer.paymentStatus(payment_hash);
      // Its HTLC is gone from the channel; the payment's own record may follow a moment later.
      for (let look = 0; status === 'pending' && look < 20; look++) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        status = await payer.paymentStatus(payment_hash);
      }
      const is_lost = amount_msat < dust_msat && is_paid && status === 'failed';
      if (is_paid) paid++;
      else failed++;
      const is_untaken = peer_owes_words && by === 'till' && is_paid && !is_lost && status === 'failed';
      if (by === 'till' ? status === 'complete' : is_paid && !is_lost) paid_msat[by] += amount_msat;
      if (by === 'peer' && status === 'pending') hanging_at_peer++;
      if (peer_forgets && by === 'till' && !is_paid && status === 'complete') forgotten_by_peer++;
      else if (by === 'till' && is_paid && status === 'failed' && (await wasRefused(till, payment_hash)))
        refused_after_all++;
      else if (is_lost) lost_as_dust++;
      else if (is_untaken) never_taken++;
      else if (is_paid ? status === 'failed' || (status !== 'complete' && by === 'till') : status === 'complete') {
        faults.push(
          `${payment_hash}, ${amount_msat} msat by ${by}: the payer says ${status}, the payee ${is_paid ? 'paid' : 'not paid'}`,
        );
      } else if (by === 'till' && status === 'pending') {
        faults.push(`${payment_hash} by Till is pending, and no HTLC is on its way`);
      }
    }
    const sums = { paid_to_till_msat: paid_msat.peer, paid_by_till_msat: paid_msat.till };
    return {
      ...sums,
      paid,
      failed,
      hanging_at_peer,
      forgotten_by_peer,
      refused_after_all,
      never_taken,
      lost_as_dust,
      faults,
      reasons: this.#reasons,
    };
  }
}
