/** What `keysend` and `xkeysend` have in common. */
import { RpcError } from '../../base/errors.ts';
import { MAX_U64, type Msat } from '../../base/types/amount.ts';
import type { NodeId } from '../../base/types/brand.ts';
import { parseWholeNumber } from '../../base/types/decimal.ts';
import { fromHex, isHex } from '../../base/types/hex.ts';
import type { RouteHop } from '../../codec/bolt11/invoice.ts';
import { FIRST_CUSTOM_RECORD } from '../../codec/onion/payload.ts';
import type { RawRecord } from '../../codec/wire/tlv.ts';
import { PREIMAGE_RECORD } from '../../node/payments/keysend.ts';
import { type Field, quoteToken, Unfit, UnfitSentence } from '../rpc/field.ts';
import { field } from '../rpc/fields.ts';
import { isJsonObject, type Json } from '../rpc/json.ts';

/** Records of an application, by their numbers: as Core Lightning reads them, but none that means something else. */
export const extraTlvs: Field<readonly RawRecord[]> = {
  type: 'object of hex strings',
  schema: { type: 'object', additionalProperties: true },
  secret: false,
  parse(value) {
    if (!isJsonObject(value)) {
      const text = quoteToken(value);
      throw new UnfitSentence(
        (name) => `Could not decode the TLV object from ${name}: "${text}" is not a valid JSON object.`,
      );
    }
    const records = Object.entries(value).map(([key, each]) => readRecord(key, each as Json));
    const numbers = new Set(records.map(({ tlv_type }) => tlv_type));
    if (numbers.size < records.length) throw new Unfit('should have each number once');
    return records;
  },
};

function readRecord(key: string, value: Json): RawRecord {
  const tlv_type = parseWholeNumber(key, MAX_U64);
  if (tlv_type === undefined) throw new UnfitSentence(() => `${quoteToken(key)} is not a valid numeric TLV type.`);
  if (tlv_type < FIRST_CUSTOM_RECORD) throw new Unfit(`should have numbers of ${FIRST_CUSTOM_RECORD} or more`, key);
  if (tlv_type === PREIMAGE_RECORD) throw new Unfit('should not have the record of the preimage', key);
  if (typeof value !== 'string' || !isHex(value)) {
    throw new UnfitSentence(() => `${quoteToken(key)} is not a valid hex encoded TLV value.`);
  }
  return { tlv_type, value: fromHex(value.toLowerCase()) };
}

/** One hop of a route hint, as `keysend` takes it. */
const hintHop: Field<RouteHop> = {
  type: 'hop',
  schema: {
    type: 'object',
    required: ['id', 'scid', 'feebase', 'feeprop', 'expirydelta'],
    properties: {
      id: field.nodeId.schema,
      scid: field.shortChannelId.schema,
      feebase: field.msat.schema,
      feeprop: field.u32.schema,
      expirydelta: field.u16.schema,
    },
  },
  secret: false,
  parse(value) {
    if (!isJsonObject(value)) throw new Unfit('should be an array of arrays of hops');
    const member = <T>(name: string, of: Field<T>): T => {
      const given = value[name];
      if (given === undefined) throw new Unfit(`should have the member ${name}`, value);
      return of.parse(given);
    };
    const fee_base_msat = member('feebase', field.msat);
    if (fee_base_msat > MAX_FEE_BASE_MSAT) throw new Unfit('feebase should be an unsigned 32 bit integer', value);
    return {
      pubkey: member('id', field.nodeId),
      short_channel_id: member('scid', field.shortChannelId),
      fee_base_msat: Number(fee_base_msat),
      fee_proportional_millionths: member('feeprop', field.u32),
      cltv_expiry_delta: member('expirydelta', field.u16),
    };
  },
};

/** As wide as the field of an invoice's hint. */
const MAX_FEE_BASE_MSAT = 0xffff_ffffn;

/** Hints: each the channels from a public node to the payee. */
export const routeHints: Field<readonly (readonly RouteHop[])[]> = field.arrayOf(field.arrayOf(hintHop));

/** Throws RpcError when this is no payment to somebody. */
export function refuseKeysend(destination: NodeId, own_node_id: NodeId, amount_msat: Msat): void {
  if (destination === own_node_id) {
    const message = 'We are the destination. Keysend cannot be used to send funds to yourself';
    throw new RpcError('INVALID_PARAMS', message);
  }
  if (amount_msat === 0n) throw new RpcError('INVALID_PARAMS', 'Failed: amount must be non-zero');
}
