/**
 * What is kept of every HTLC that a revoked commitment of the peer could hold, for as long as the channel lives: a
 * record of 57 bytes. Nothing else is kept of old commitments: their number is in the transaction, their secret in 49
 * entries, and every other output is recognised by its script.
 */

import { msat } from '../../base/types/amount.ts';
import type { PaymentHash } from '../../base/types/brand.ts';
import type { CommitmentHtlc } from '../../codec/tx/commitment.ts';

/** An HTLC and the numbers of the peer's first and last commitment that held it. */
export interface RevokedHtlc extends CommitmentHtlc {
  readonly first_remote_number: number;
  readonly last_remote_number: number;
}

/** Side, amount_msat, payment_hash, cltv_expiry, and both numbers in 48 bits. */
export const REVOKED_HTLC_BYTES = 57;

/** The record as bytes. */
export function encodeRevokedHtlc(htlc: RevokedHtlc): Uint8Array {
  const bytes = Buffer.alloc(REVOKED_HTLC_BYTES);
  let at = bytes.writeUInt8(htlc.offered_by === 'local' ? 0 : 1, 0);
  at = bytes.writeBigUInt64BE(htlc.amount_msat, at);
  at += bytes.write(htlc.payment_hash, at, 32, 'hex');
  at = bytes.writeUInt32BE(htlc.cltv_expiry, at);
  at = bytes.writeUIntBE(htlc.first_remote_number, at, 6);
  bytes.writeUIntBE(htlc.last_remote_number, at, 6);
  return bytes;
}

/** The record from its bytes. Throws RangeError when they are none. */
export function decodeRevokedHtlc(data: Uint8Array): RevokedHtlc {
  const bytes = Buffer.from(data);
  const side = bytes[0];
  if (bytes.length !== REVOKED_HTLC_BYTES || side === undefined || side > 1) {
    throw new RangeError('the record of a revoked HTLC is damaged');
  }
  return {
    offered_by: side === 0 ? 'local' : 'remote',
    amount_msat: msat(bytes.readBigUInt64BE(1)),
    payment_hash: bytes.toString('hex', 9, 41) as PaymentHash,
    cltv_expiry: bytes.readUInt32BE(41),
    first_remote_number: bytes.readUIntBE(45, 6),
    last_remote_number: bytes.readUIntBE(51, 6),
  };
}

/** Those that the peer's commitment `number` held. */
export function revokedHtlcsAt(htlcs: readonly RevokedHtlc[], number: number): readonly RevokedHtlc[] {
  return htlcs.filter((htlc) => htlc.first_remote_number <= number && number <= htlc.last_remote_number);
}
