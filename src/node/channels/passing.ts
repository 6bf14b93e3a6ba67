/**
 * HTLCs that are meant for a node behind us. A shop's node forwards nothing: it gives no port for them, and each is
 * refused. Only the provider of liquidity in the sandbox has one.
 */
import { type Msat, msat } from '../../base/types/amount.ts';
import type { ChannelId, PaymentHash } from '../../base/types/brand.ts';
import type { ShortChannelId } from '../../base/types/short-channel-id.ts';
import { decodeForwardPayload, PayloadError } from '../../codec/onion/payload.ts';
import type { Input } from '../../protocol/channel/input.ts';
import type { Htlc } from '../../protocol/channel/state.ts';
import type { Book } from './book.ts';
import { failRemoval, type PassingHop } from './incoming.ts';

/** An HTLC for somebody behind us, irrevocably committed. */
export interface PassingHtlc {
  readonly channel_id: ChannelId;
  readonly htlc_id: bigint;
  readonly payment_hash: PaymentHash;
  readonly amount_msat: Msat;
  readonly cltv_expiry: number;
  /** What the next node is to get, over which channel, and by when. */
  readonly amt_to_forward: Msat;
  readonly outgoing_cltv_value: number;
  readonly short_channel_id: ShortChannelId;
  /** The onion for the next node: 1,366 bytes. */
  readonly next_packet: Uint8Array;
  /** Shared with the sender: hides a failure from the hops between. */
  readonly shared_secret: Uint8Array;
}

/** Who takes such HTLCs. */
export interface PassingPort {
  /** Each ends by an input `remove_htlc` of its channel. Until then it is offered again after every start. */
  offer(htlc: PassingHtlc): void;
}

/** Hands an HTLC to whoever takes them; answers what the channel is to be told. Nobody takes what cannot be read. */
export function passOn(
  { passing, book }: { readonly passing?: PassingPort | undefined; readonly book: Pick<Book, 'follow'> },
  channel_id: ChannelId,
  htlc: Htlc,
  hop: PassingHop,
): readonly Input[] {
  const passed = passing === undefined ? undefined : passingHtlc(channel_id, htlc, hop);
  if (passing === undefined || passed === undefined) {
    const removal = failRemoval(hop.shared_secret, { failure: 'unknown_next_peer' });
    return [{ kind: 'remove_htlc', id: htlc.id, removal }];
  }
  book.follow(() => passing.offer(passed));
  // Not taken from the channel: its state keeps the onion, so that nothing else needs to be stored.
  return [];
}

function passingHtlc(channel_id: ChannelId, htlc: Htlc, hop: PassingHop): PassingHtlc | undefined {
  try {
    const { amt_to_forward, outgoing_cltv_value, short_channel_id } = decodeForwardPayload(hop.payload);
    return {
      channel_id,
      htlc_id: htlc.id,
      payment_hash: htlc.payment_hash,
      amount_msat: msat(htlc.amount_msat),
      cltv_expiry: htlc.cltv_expiry,
      amt_to_forward,
      outgoing_cltv_value,
      short_channel_id,
      next_packet: hop.next_packet,
      shared_secret: hop.shared_secret,
    };
  } catch (error) {
    if (error instanceof PayloadError) return undefined;
    throw error;
  }
}
