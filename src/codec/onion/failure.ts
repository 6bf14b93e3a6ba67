/**
 * Failure messages (BOLT 4): each declared once, with its number and its data. Flags in the number: BADONION 0x8000,
 * PERM 0x4000, NODE 0x2000, UPDATE 0x1000.
 */
import { Reader, WireError, Writer } from '../wire/bytes.ts';
import { bytes16, type Field, hash32, millisatoshis, u16, u32, type ValueOf } from '../wire/field.ts';

const bigSize: Field<bigint> = {
  read: (reader) => reader.bigSize(),
  write: (writer, value) => writer.bigSize(value),
};

const FAILURES = {
  temporary_node_failure: [0x2002, {}],
  permanent_node_failure: [0x6002, {}],
  required_node_feature_missing: [0x6003, {}],
  invalid_onion_version: [0xc004, { sha256_of_onion: hash32 }],
  invalid_onion_hmac: [0xc005, { sha256_of_onion: hash32 }],
  invalid_onion_key: [0xc006, { sha256_of_onion: hash32 }],
  temporary_channel_failure: [0x1007, { channel_update: bytes16 }],
  permanent_channel_failure: [0x4008, {}],
  required_channel_feature_missing: [0x4009, {}],
  unknown_next_peer: [0x400a, {}],
  amount_below_minimum: [0x100b, { htlc_msat: millisatoshis, channel_update: bytes16 }],
  fee_insufficient: [0x100c, { htlc_msat: millisatoshis, channel_update: bytes16 }],
  incorrect_cltv_expiry: [0x100d, { cltv_expiry: u32, channel_update: bytes16 }],
  expiry_too_soon: [0x100e, { channel_update: bytes16 }],
  incorrect_or_unknown_payment_details: [0x400f, { htlc_msat: millisatoshis, height: u32 }],
  final_incorrect_cltv_expiry: [18, { cltv_expiry: u32 }],
  final_incorrect_htlc_amount: [19, { incoming_htlc_amt: millisatoshis }],
  channel_disabled: [0x1014, { disabled_flags: u16, channel_update: bytes16 }],
  expiry_too_far: [21, {}],
  invalid_onion_payload: [0x4016, { type: bigSize, offset: u16 }],
  mpp_timeout: [23, {}],
  invalid_onion_blinding: [0xc018, { sha256_of_onion: hash32 }],
} as const satisfies Record<string, readonly [number, Record<string, Field<unknown>>]>;

export type FailureName = keyof typeof FAILURES;

/** A failure message: its name, and its data by the names of BOLT 4. */
export type FailureMessage = {
  [Name in FailureName]: { readonly failure: Name } & {
    readonly [Data in keyof (typeof FAILURES)[Name][1]]: ValueOf<(typeof FAILURES)[Name][1][Data]>;
  };
}[FailureName];

/** What came back: a known failure, or the number of an unknown one. */
export type ReceivedFailure = {
  readonly failure_code: number;
  readonly name: FailureName | 'unknown';
  /** The known one, when its data could be read. */
  readonly message: FailureMessage | undefined;
};

/** The number of a failure. */
export function failureCode(name: FailureName): number {
  return FAILURES[name][0];
}

/** The failure's number and data as bytes. */
export function encodeFailure(message: FailureMessage): Uint8Array {
  const [code, fields] = FAILURES[message.failure];
  const writer = new Writer();
  writer.u16(code);
  const values = message as unknown as Record<string, unknown>;
  for (const [name, field] of Object.entries(fields) as [string, Field<unknown>][]) field.write(writer, values[name]);
  return writer.done();
}

/** Reads a failure as it came from a hop; never throws: what cannot be read has no message. */
export function decodeFailure(bytes: Uint8Array): ReceivedFailure {
  if (bytes.length < 2) return { failure_code: 0, name: 'unknown', message: undefined };
  const reader = new Reader(bytes);
  const failure_code = reader.u16();
  const known = Object.entries(FAILURES).find(([, [code]]) => code === failure_code);
  if (known === undefined) return { failure_code, name: 'unknown', message: undefined };
  const [name, [, fields]] = known as [FailureName, readonly [number, Record<string, Field<unknown>>]];
  const message: Record<string, unknown> = { failure: name };
  try {
    for (const [field_name, field] of Object.entries(fields)) message[field_name] = field.read(reader);
  } catch (error) {
    if (error instanceof WireError || error instanceof RangeError) return { failure_code, name, message: undefined };
    throw error;
  }
  return { failure_code, name, message: message as unknown as FailureMessage };
}

/** Whether trying again the same way is of no use. */
export function isPermanent(failure_code: number): boolean {
  return (failure_code & 0x4000) !== 0;
}

/** Whether the node itself has failed, and not one channel of it. */
export function isNodeFailure(failure_code: number): boolean {
  return (failure_code & 0x2000) !== 0;
}
