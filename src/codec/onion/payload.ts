/** The payload for a hop (BOLT 4, payload Format): a TLV stream. */
import type { Msat } from '../../base/types/amount.ts';
import type { PaymentSecret } from '../../base/types/brand.ts';
import type { ShortChannelId } from '../../base/types/short-channel-id.ts';
import { Reader, WireError } from '../wire/bytes.ts';
import { paymentSecret, point, record, restHex, shortChannelId, tu32, tu64Msat } from '../wire/field.ts';
import { encodeRawRecords, encodeTlvs, type RawRecord, readTlvs, TlvError, type TlvsOf, tlv } from '../wire/tlv.ts';

const PAYLOAD = {
  amt_to_forward: tlv(2, tu64Msat),
  outgoing_cltv_value: tlv(4, tu32),
  short_channel_id: tlv(6, shortChannelId),
  payment_data: tlv(8, record({ payment_secret: paymentSecret, total_msat: tu64Msat })),
  encrypted_recipient_data: tlv(10, restHex),
  current_path_key: tlv(12, point),
  payment_metadata: tlv(16, restHex),
};

/** The payload for the final hop. */
export interface FinalPayload {
  readonly amt_to_forward: Msat;
  readonly outgoing_cltv_value: number;
  /** Absent when the sender gave none. */
  readonly payment_data: { readonly payment_secret: PaymentSecret; readonly total_msat: Msat } | undefined;
  /** Hex. */
  readonly payment_metadata: string | undefined;
}

/** The payload for a hop on the way. */
export interface ForwardPayload {
  readonly amt_to_forward: Msat;
  readonly outgoing_cltv_value: number;
  readonly short_channel_id: ShortChannelId;
}

/** A payload that makes no sense. `type` is the TLV record that is missing or wrong, 0 when it is none in particular. */
export class PayloadError extends Error {
  override readonly name = 'PayloadError';
  readonly tlv_type: bigint;

  constructor(tlv_type: bigint, message: string) {
    super(message);
    this.tlv_type = tlv_type;
  }
}

/** Reads the payload of the last hop. Throws PayloadError. Blinded paths end elsewhere: Till offers none. */
export function decodeFinalPayload(bytes: Uint8Array): FinalPayload {
  const fields = readPayload(bytes);
  const { amt_to_forward, outgoing_cltv_value, payment_data, payment_metadata } = fields;
  if (fields.encrypted_recipient_data !== undefined)
    throw new PayloadError(10n, 'a blinded path that we did not offer');
  if (fields.current_path_key !== undefined) throw new PayloadError(12n, 'current_path_key without a blinded path');
  if (fields.short_channel_id !== undefined) throw new PayloadError(6n, 'a next channel in the last payload');
  if (amt_to_forward === undefined) throw new PayloadError(2n, 'amt_to_forward is missing');
  if (outgoing_cltv_value === undefined) throw new PayloadError(4n, 'outgoing_cltv_value is missing');
  return { amt_to_forward, outgoing_cltv_value, payment_data, payment_metadata };
}

/** Reads the payload of a hop on the way. Throws PayloadError, also for a hop inside a blinded path. */
export function decodeForwardPayload(bytes: Uint8Array): ForwardPayload {
  const { amt_to_forward, outgoing_cltv_value, short_channel_id, encrypted_recipient_data } = readPayload(bytes);
  if (encrypted_recipient_data !== undefined) throw new PayloadError(10n, 'a blinded path');
  if (amt_to_forward === undefined) throw new PayloadError(2n, 'amt_to_forward is missing');
  if (outgoing_cltv_value === undefined) throw new PayloadError(4n, 'outgoing_cltv_value is missing');
  if (short_channel_id === undefined) throw new PayloadError(6n, 'short_channel_id is missing');
  return { amt_to_forward, outgoing_cltv_value, short_channel_id };
}

function readPayload(bytes: Uint8Array): TlvsOf<typeof PAYLOAD> {
  try {
    return readTlvs(new Reader(bytes), PAYLOAD);
  } catch (error) {
    if (error instanceof TlvError) throw new PayloadError(error.tlv_type, error.message);
    if (error instanceof WireError || error instanceof RangeError) throw new PayloadError(0n, error.message);
    throw error;
  }
}

/** The first number that BOLT 1 leaves to applications: none below it is a custom record. */
export const FIRST_CUSTOM_RECORD = 65_536n;

/** Writes the payload of the last hop. `custom` are records of an application, none of them below the first such number. */
export function encodeFinalPayload(payload: FinalPayload, custom: readonly RawRecord[] = []): Uint8Array {
  const { amt_to_forward, outgoing_cltv_value, payment_data, payment_metadata } = payload;
  const known = encodeTlvs(PAYLOAD, {
    amt_to_forward,
    outgoing_cltv_value,
    ...(payment_data === undefined ? {} : { payment_data }),
    ...(payment_metadata === undefined ? {} : { payment_metadata }),
  });
  return custom.length === 0 ? known : Buffer.concat([known, encodeRawRecords(custom)]);
}

/** Writes the payload of a hop on the way. */
export function encodeForwardPayload(payload: ForwardPayload): Uint8Array {
  return encodeTlvs(PAYLOAD, { ...payload });
}
