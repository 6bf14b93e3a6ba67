/**
 * Payments on their way through the provider. Those for a channel that exists go on as they came; those for one that was
 * sold wait until the channel is there, and pay for it. An HTLC that waits lies in its own channel's state, and comes
 * again after a restart.
 */
import type { Log } from '../../../base/log.ts';
import { msat } from '../../../base/types/amount.ts';
import type { ChannelId, PaymentHash, PaymentPreimage } from '../../../base/types/brand.ts';
import { fromHex, toHex } from '../../../base/types/hex.ts';
import type { FailureMessage } from '../../../codec/onion/failure.ts';
import { wrapReturnPacket } from '../../../codec/onion/return-packet.ts';
import type { Channels } from '../../../node/channels/channels.ts';
import { failRemoval } from '../../../node/channels/incoming.ts';
import type { LiveChannel } from '../../../node/channels/live-channel.ts';
import type { PassingHtlc } from '../../../node/channels/passing.ts';
import { knownNames } from '../../../protocol/channel/facts.ts';
import { Refusal } from '../../../protocol/channel/fault.ts';
import type { Removal, RemovedHtlc } from '../../../protocol/channel/state.ts';
import type { Conduct } from './conduct.ts';
import type { Records } from './records.ts';

/** No update of ours goes with a failure: nobody keeps a map of this network. */
const NO_UPDATE = new Uint8Array(0);
/** What a payer is told that may try again. */
export const TRY_AGAIN: FailureMessage = { failure: 'temporary_channel_failure', channel_update: NO_UPDATE };
/** And one for whom there is no way. */
export const NO_WAY: FailureMessage = { failure: 'unknown_next_peer' };

export interface PassingPaymentsOptions {
  readonly records: Records;
  readonly conduct: Conduct;
  readonly log: Log;
  readonly channels: () => Channels;
  /** Takes an HTLC for a channel that was sold and is not paid for. False: it is for none. */
  readonly sold: (htlc: PassingHtlc) => boolean;
  /** Hears of one that was passed on in an earlier run. */
  readonly resumed: (htlc: PassingHtlc) => void;
}

function nameOf(channel_id: ChannelId, htlc_id: bigint): string {
  return `${channel_id}:${htlc_id}`;
}

export class PassingPayments {
  readonly #options: PassingPaymentsOptions;
  /** What has come and has not ended. */
  readonly #held = new Map<string, PassingHtlc>();

  constructor(options: PassingPaymentsOptions) {
    this.#options = options;
  }

  /** As the port of the channels. */
  offer(htlc: PassingHtlc): void {
    const { records, sold, resumed } = this.#options;
    this.#held.set(nameOf(htlc.channel_id, htlc.htlc_id), htlc);
    const preimage = records.preimages[htlc.payment_hash];
    if (preimage !== undefined) this.#fulfil(htlc, preimage);
    else if (this.#isOnItsWay(htlc)) resumed(htlc);
    else if (!sold(htlc)) this.#passOrdinarily(htlc);
  }

  /** A held HTLC must not be held longer. */
  expire(channel_id: ChannelId, htlc_id: bigint): void {
    const htlc = this.#held.get(nameOf(channel_id, htlc_id));
    if (htlc !== undefined && !this.#isOnItsWay(htlc)) this.fail(htlc, TRY_AGAIN);
  }

  /** Fails an HTLC that was not passed on. */
  fail(htlc: PassingHtlc, failure: FailureMessage): void {
    this.#end(htlc, failRemoval(htlc.shared_secret, failure));
  }

  /** Whether it has not ended yet. */
  isHeld({ channel_id, htlc_id }: PassingHtlc): boolean {
    return this.#held.has(nameOf(channel_id, htlc_id));
  }

  /** Passes an HTLC on over this channel, less what is taken of it. */
  pass(htlc: PassingHtlc, channel: LiveChannel, taken_msat: bigint): void {
    const { records, channels, log, conduct } = this.#options;
    const { payment_hash, amt_to_forward, outgoing_cltv_value, next_packet } = htlc;
    const shown_msat = conduct.shownMsat(taken_msat);
    try {
      const htlc_id = channels().offer(
        channel.channel_id,
        {
          amount_msat: msat(amt_to_forward - taken_msat),
          payment_hash,
          cltv_expiry: outgoing_cltv_value,
          onion_routing_packet: toHex(next_packet),
          ...(shown_msat === undefined ? {} : { extra_fee: msat(shown_msat) }),
        },
        () => [],
      );
      records.forwards[nameOf(channel.channel_id, htlc_id)] = {
        channel_id: htlc.channel_id,
        htlc_id: htlc.htlc_id,
        payment_hash,
      };
      records.save();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      log.info(`a payment could not be passed on: ${error.message}`);
      this.fail(htlc, TRY_AGAIN);
    }
  }

  /** The next node has shown the preimage: every part of this payment that came is fulfilled. */
  fulfilled(payment_hash: PaymentHash, preimage: PaymentPreimage): void {
    const { records, channels } = this.#options;
    records.preimages[payment_hash] = preimage;
    records.save();
    // Behind the turn of the other channel.
    channels().book.follow(() => {
      for (const htlc of [...this.#held.values()]) if (htlc.payment_hash === payment_hash) this.#fulfil(htlc, preimage);
    });
  }

  /** An HTLC that went out is gone. */
  removed(channel_id: ChannelId, { id, removal }: RemovedHtlc): void {
    const { records, channels } = this.#options;
    const name = nameOf(channel_id, id);
    const forward = records.forwards[name];
    if (forward === undefined) return;
    delete records.forwards[name];
    records.save();
    const htlc = this.#held.get(nameOf(forward.channel_id, forward.htlc_id));
    if (htlc === undefined || removal.kind === 'fulfill') return;
    const back: Removal =
      removal.kind === 'fail'
        ? { kind: 'fail', reason: toHex(wrapReturnPacket(htlc.shared_secret, fromHex(removal.reason))) }
        : failRemoval(htlc.shared_secret, TRY_AGAIN);
    channels().book.follow(() => this.#end(htlc, back));
  }

  /** Whether it was passed on in an earlier run, and the next channel still has it. */
  #isOnItsWay({ channel_id, htlc_id, payment_hash }: PassingHtlc): boolean {
    const { records, channels } = this.#options;
    return Object.entries(records.forwards).some(([name, forward]) => {
      if (forward.channel_id !== channel_id || forward.htlc_id !== htlc_id) return false;
      const [next = '', id] = name.split(':');
      const { htlcs } = channels().find(next as ChannelId)?.state ?? { htlcs: [] };
      return htlcs.some(
        (each) => each.offered_by === 'local' && String(each.id) === id && each.payment_hash === payment_hash,
      );
    });
  }

  #passOrdinarily(htlc: PassingHtlc): void {
    const { channels, conduct } = this.#options;
    const next = channels()
      .list()
      .find(({ state }) => knownNames(state).includes(htlc.short_channel_id));
    if (next === undefined) this.fail(htlc, NO_WAY);
    else if (htlc.amount_msat < htlc.amt_to_forward || htlc.cltv_expiry <= htlc.outgoing_cltv_value) {
      this.fail(htlc, TRY_AGAIN);
    } else this.pass(htlc, next, conduct.ordinaryMsat());
  }

  #fulfil(htlc: PassingHtlc, payment_preimage: PaymentPreimage): void {
    this.#end(htlc, { kind: 'fulfill', payment_preimage });
  }

  #end({ channel_id, htlc_id }: PassingHtlc, removal: Removal): void {
    if (!this.#held.delete(nameOf(channel_id, htlc_id))) return;
    const channel = this.#options.channels().find(channel_id);
    if (channel !== undefined) this.#options.channels().apply(channel, { kind: 'remove_htlc', id: htlc_id, removal });
  }
}
