/** bLIP 52 (LSPS2): channels that are opened by the first payment. The menu, the fee, and what was bought. */
import { MAX_U64, type Msat } from '../../base/types/amount.ts';
import type { ShortChannelId } from '../../base/types/short-channel-id.ts';
import type { JsonObject, JsonValue } from './envelope.ts';
import {
  noOthers,
  readBoolean,
  readDatetime,
  readList,
  readMsat,
  readObject,
  readScid,
  readText,
  readWhole,
  writeDatetime,
} from './values.ts';

/** What a channel costs, for which payments, and until when. */
export interface OpeningFeeParams {
  readonly min_fee_msat: Msat;
  /** Millionths of the payment. */
  readonly proportional: number;
  /** Unix time, milliseconds. */
  readonly valid_until_ms: number;
  /** Blocks after its confirmation for which the provider keeps the channel. */
  readonly min_lifetime: number;
  /** The most that the client may ask as to_self_delay: blocks. */
  readonly max_client_to_self_delay: number;
  readonly min_payment_size_msat: Msat;
  readonly max_payment_size_msat: Msat;
  /** The provider's mark, by which it knows its own offer again. */
  readonly promise: string;
}

/** An offer as it came: what is bought is said again to the letter. */
export interface OfferedParams extends OpeningFeeParams {
  readonly as_sent: JsonObject;
}

/** What `lsps2.buy` answers. */
export interface Bought {
  readonly jit_channel_scid: ShortChannelId;
  /** Blocks. */
  readonly lsp_cltv_expiry_delta: number;
  /** The provider sends the funding only after it has the preimage. */
  readonly client_trusts_lsp: boolean;
}

/** Errors of its own. */
export const LSPS2_ERRORS = {
  unrecognized_or_stale_token: 200,
  invalid_opening_fee_params: 201,
  payment_size_too_small: 202,
  payment_size_too_large: 203,
} as const;

/** bLIP 52 lets a promise have no more. */
const MOST_PROMISE_BYTES = 512;
/** More are no menu. */
const MOST_OFFERS = 100;
/** Blocks: more than any delay or lifetime needs. */
const MOST_BLOCKS = 0xffff_ffff;

const MEMBERS = [
  'min_fee_msat',
  'proportional',
  'valid_until',
  'min_lifetime',
  'max_client_to_self_delay',
  'min_payment_size_msat',
  'max_payment_size_msat',
  'promise',
] as const;

/** The offers of `lsps2.get_info`, as they came. Throws LspsFormatError, also for one member that is not known. */
export function readMenu(result: JsonObject): readonly OfferedParams[] {
  return readList(result.opening_fee_params_menu, 'opening_fee_params_menu', MOST_OFFERS).map(readFeeParams);
}

/** One offer. Throws LspsFormatError, also for a member that is not known: it might change the fee (bLIP 52). */
export function readFeeParams(value: JsonValue | undefined): OfferedParams {
  const as_sent = readObject(value, 'opening_fee_params');
  noOthers(as_sent, MEMBERS, 'opening_fee_params');
  return {
    min_fee_msat: readMsat(as_sent.min_fee_msat, 'min_fee_msat'),
    proportional: readWhole(as_sent.proportional, 'proportional'),
    valid_until_ms: readDatetime(as_sent.valid_until, 'valid_until'),
    min_lifetime: readWhole(as_sent.min_lifetime, 'min_lifetime', MOST_BLOCKS),
    max_client_to_self_delay: readWhole(as_sent.max_client_to_self_delay, 'max_client_to_self_delay', MOST_BLOCKS),
    min_payment_size_msat: readMsat(as_sent.min_payment_size_msat, 'min_payment_size_msat'),
    max_payment_size_msat: readMsat(as_sent.max_payment_size_msat, 'max_payment_size_msat'),
    promise: readText(as_sent.promise, 'promise', MOST_PROMISE_BYTES),
    as_sent,
  };
}

/** An offer as it is sent. */
export function writeFeeParams(params: OpeningFeeParams): JsonObject {
  return {
    min_fee_msat: String(params.min_fee_msat),
    proportional: params.proportional,
    valid_until: writeDatetime(params.valid_until_ms),
    min_lifetime: params.min_lifetime,
    max_client_to_self_delay: params.max_client_to_self_delay,
    min_payment_size_msat: String(params.min_payment_size_msat),
    max_payment_size_msat: String(params.max_payment_size_msat),
    promise: params.promise,
  };
}

/** What a channel costs with a first payment of this size. Undefined when a step of the sum has more than 64 bits. */
export function openingFee(
  payment_size_msat: Msat,
  { min_fee_msat, proportional }: Pick<OpeningFeeParams, 'min_fee_msat' | 'proportional'>,
): Msat | undefined {
  const product = payment_size_msat * BigInt(proportional);
  if (product > MAX_U64 - 999_999n) return undefined;
  const fee_msat = (product + 999_999n) / 1_000_000n;
  return (fee_msat > min_fee_msat ? fee_msat : min_fee_msat) as Msat;
}

/** Reads what `lsps2.buy` answers. Throws LspsFormatError. */
export function readBought(result: JsonObject): Bought {
  const { jit_channel_scid, lsp_cltv_expiry_delta, client_trusts_lsp } = result;
  return {
    jit_channel_scid: readScid(jit_channel_scid, 'jit_channel_scid'),
    lsp_cltv_expiry_delta: readWhole(lsp_cltv_expiry_delta, 'lsp_cltv_expiry_delta', 0xffff),
    client_trusts_lsp: client_trusts_lsp === undefined ? false : readBoolean(client_trusts_lsp, 'client_trusts_lsp'),
  };
}

/** The most that the protocols of a provider are listed with. */
const MOST_PROTOCOLS = 100;

/** Reads what `lsps0.list_protocols` answers: the numbers of the LSPS that the provider speaks. Throws LspsFormatError. */
export function readProtocols(result: JsonObject): readonly number[] {
  return readList(result.protocols, 'protocols', MOST_PROTOCOLS).map((each) => readWhole(each, 'protocols'));
}
