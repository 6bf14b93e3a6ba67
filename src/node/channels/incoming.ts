/**
 * HTLCs of payments to us between the channel and the payments: the onion is peeled, what it says is written down, and
 * the row stays until the HTLC is fulfilled or failed.
 */

import { sha256 } from '../../base/crypto/hash.ts';
import { type Msat, msat } from '../../base/types/amount.ts';
import type { ChannelId, PaymentHash, PaymentSecret } from '../../base/types/brand.ts';
import { fromHex, toHex } from '../../base/types/hex.ts';
import { encodeFailure, type FailureMessage, type FailureName, failureCode } from '../../codec/onion/failure.ts';
import { InvalidPayload, MalformedOnion, peelPacket } from '../../codec/onion/packet.ts';
import { decodeFinalPayload, PayloadError } from '../../codec/onion/payload.ts';
import { createReturnPacket } from '../../codec/onion/return-packet.ts';
import type { Row, Write } from '../../infra/store/store.ts';
import { u64FromColumn, u64ToColumn } from '../../infra/store/u64.ts';
import type { Htlc, Removal } from '../../protocol/channel/state.ts';

/** An HTLC of a payment to us. */
export interface IncomingHtlc {
  readonly channel_id: ChannelId;
  readonly htlc_id: bigint;
  readonly payment_hash: PaymentHash;
  readonly amount_msat: Msat;
  readonly cltv_expiry: number;
  readonly amt_to_forward: Msat;
  readonly outgoing_cltv_value: number;
  readonly payment_secret: PaymentSecret | undefined;
  readonly total_msat: Msat;
  /** What the peer took off the amount (bLIP 25). */
  readonly extra_fee?: Msat | undefined;
}

/** An incoming HTLC with what only this module knows of it. */
export interface StoredHtlc extends IncomingHtlc {
  /** Shared with the sender: hides a failure from the hops between. */
  readonly shared_secret: Uint8Array;
  /** The invoice is durably paid by it: the HTLC can only be fulfilled any more. */
  readonly is_claimed: boolean;
}

/** What an HTLC turned out to be. */
export type Peeled =
  | { readonly kind: 'payment'; readonly htlc: StoredHtlc }
  | { readonly kind: 'refused'; readonly removal: Removal }
  | PassingHop;

/** An onion whose payment does not end here. */
export interface PassingHop {
  readonly kind: 'passing';
  readonly payload: Uint8Array;
  readonly next_packet: Uint8Array;
  readonly shared_secret: Uint8Array;
}

/** Reads the onion of an HTLC that is irrevocably committed. `sharedSecret` is the node's ECDH. */
export function peel(channel_id: ChannelId, htlc: Htlc, sharedSecret: (point: Uint8Array) => Uint8Array): Peeled {
  const { id, payment_hash, amount_msat, cltv_expiry, onion_routing_packet, path_key, extra_fee } = htlc;
  if (onion_routing_packet === undefined) throw new RangeError(`incoming HTLC ${id} has lost its onion`);
  const packet = fromHex(onion_routing_packet);
  // Till offers no blinded path, and inside one every failure has this name (BOLT 4). Before the onion is opened: it was
  // made for a blinded key.
  if (path_key !== undefined) return malformed('invalid_onion_blinding', toHex(sha256(packet)));
  let shared_secret: Uint8Array;
  let payload: Uint8Array;
  try {
    const peeled = peelPacket(packet, fromHex(payment_hash), sharedSecret);
    ({ shared_secret, payload } = peeled);
    const { next_packet } = peeled;
    if (next_packet !== undefined) return { kind: 'passing', payload, next_packet, shared_secret };
  } catch (error) {
    if (error instanceof InvalidPayload) return refused(error.shared_secret, unreadable(0n));
    if (!(error instanceof MalformedOnion)) throw error;
    return malformed(error.failure, error.sha256_of_onion);
  }
  try {
    const { amt_to_forward, outgoing_cltv_value, payment_data } = decodeFinalPayload(payload);
    return {
      kind: 'payment',
      htlc: {
        channel_id,
        htlc_id: id,
        payment_hash,
        amount_msat,
        cltv_expiry,
        amt_to_forward,
        outgoing_cltv_value,
        payment_secret: payment_data?.payment_secret,
        total_msat: payment_data?.total_msat ?? amt_to_forward,
        ...(extra_fee === undefined ? {} : { extra_fee }),
        shared_secret,
        is_claimed: false,
      },
    };
  } catch (error) {
    if (error instanceof PayloadError) return refused(shared_secret, unreadable(error.tlv_type));
    throw error;
  }
}

function malformed(failure: FailureName, sha256_of_onion: string): Peeled {
  return { kind: 'refused', removal: { kind: 'malformed', sha256_of_onion, failure_code: failureCode(failure) } };
}

function unreadable(type: bigint): FailureMessage {
  return { failure: 'invalid_onion_payload', type, offset: 0 };
}

function refused(shared_secret: Uint8Array, failure: FailureMessage): Peeled {
  return { kind: 'refused', removal: failRemoval(shared_secret, failure) };
}

/** How an HTLC is failed so that its sender can read why. `hold_time`: tenths of a second. */
export function failRemoval(shared_secret: Uint8Array, failure: FailureMessage, hold_time = 0): Removal {
  const reason = toHex(createReturnPacket(shared_secret, encodeFailure(failure)));
  return { kind: 'fail', reason, attribution: { shared_secret: toHex(shared_secret), hold_time } };
}

/** Writes the HTLC down. It may be written already. */
export function insertIncoming(htlc: StoredHtlc): Write {
  return {
    sql: `INSERT INTO incoming_htlcs (channel_id, htlc_id, payment_hash, amount_msat, cltv_expiry, amt_to_forward,
        outgoing_cltv_value, payment_secret, total_msat, shared_secret, extra_fee, is_claimed)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT DO NOTHING`,
    // What a sender writes into an onion may be any number.
    params: [
      htlc.channel_id,
      htlc.htlc_id,
      htlc.payment_hash,
      htlc.amount_msat,
      BigInt(htlc.cltv_expiry),
      u64ToColumn(htlc.amt_to_forward),
      BigInt(htlc.outgoing_cltv_value),
      htlc.payment_secret ?? null,
      u64ToColumn(htlc.total_msat),
      htlc.shared_secret,
      htlc.extra_fee === undefined ? null : u64ToColumn(htlc.extra_fee),
    ],
  };
}

/** The payment is claimed: from now on the HTLC can only be fulfilled. Part of the unit that marks the invoice paid. */
export function claimIncoming(part: { readonly channel_id: ChannelId; readonly htlc_id: bigint }): Write {
  return {
    sql: 'UPDATE incoming_htlcs SET is_claimed = 1 WHERE channel_id = ? AND htlc_id = ?',
    params: [part.channel_id, part.htlc_id],
  };
}

/** The channel's own state now says how the HTLC ends. */
export function deleteIncoming(channel_id: ChannelId, htlc_id: bigint): Write {
  return { sql: 'DELETE FROM incoming_htlcs WHERE channel_id = ? AND htlc_id = ?', params: [channel_id, htlc_id] };
}

/** Reads all that have not ended. */
export const SELECT_INCOMING = `SELECT channel_id, htlc_id, payment_hash, amount_msat, cltv_expiry, amt_to_forward,
  outgoing_cltv_value, payment_secret, total_msat, shared_secret, extra_fee, is_claimed
  FROM incoming_htlcs ORDER BY channel_id, htlc_id`;

/** A row of the table. */
export function storedHtlc(row: Row): StoredHtlc {
  return {
    channel_id: row.channel_id as ChannelId,
    htlc_id: row.htlc_id as bigint,
    payment_hash: row.payment_hash as PaymentHash,
    amount_msat: msat(row.amount_msat as bigint),
    cltv_expiry: Number(row.cltv_expiry),
    amt_to_forward: msat(u64FromColumn(row.amt_to_forward as bigint)),
    outgoing_cltv_value: Number(row.outgoing_cltv_value),
    payment_secret: (row.payment_secret as PaymentSecret | null) ?? undefined,
    total_msat: msat(u64FromColumn(row.total_msat as bigint)),
    ...(row.extra_fee === null ? {} : { extra_fee: msat(u64FromColumn(row.extra_fee as bigint)) }),
    shared_secret: row.shared_secret as Uint8Array,
    is_claimed: row.is_claimed === 1n,
  };
}
