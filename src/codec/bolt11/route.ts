/** The `r` field: one or more channels of 51 bytes each, from a public node to the payee (BOLT 11, Tagged Fields). */
import type { NodeId } from '../../base/types/brand.ts';
import { toHex } from '../../base/types/hex.ts';
import { parseShortChannelId, type ShortChannelId } from '../../base/types/short-channel-id.ts';
import { Bolt11Error } from './error.ts';
import { requireHex, requireInteger } from './input.ts';
import type { RouteHop } from './invoice.ts';
import type { RawField } from './raw.ts';
import { bytesToWords, wordsToBytes } from './words.ts';

const HOP_BYTES = 51;
const PUBKEY_BYTES = 33;

/** The channels, in order. Throws Bolt11Error. */
export function readRoute({ words, position }: RawField): RouteHop[] {
  const place = { field: 'r', position };
  const bytes = wordsToBytes(words);
  if (bytes.length === 0 || bytes.length % HOP_BYTES !== 0) {
    throw new Bolt11Error('field_length', `${bytes.length} bytes are not a multiple of ${HOP_BYTES}-byte hops`, place);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const hops: RouteHop[] = [];
  for (let at = 0; at < bytes.length; at += HOP_BYTES) {
    if (bytes[at] !== 2 && bytes[at] !== 3) {
      throw new Bolt11Error('node_id_invalid', 'a hop whose node id does not start with 02 or 03', place);
    }
    hops.push({
      pubkey: toHex(bytes.subarray(at, at + PUBKEY_BYTES)) as NodeId,
      short_channel_id: readShortChannelId(view, at + PUBKEY_BYTES),
      fee_base_msat: view.getUint32(at + 41),
      fee_proportional_millionths: view.getUint32(at + 45),
      cltv_expiry_delta: view.getUint16(at + 49),
    });
  }
  return hops;
}

function readShortChannelId(view: DataView, at: number): ShortChannelId {
  const block = view.getUint32(at) >>> 8;
  const transaction = view.getUint32(at + 3) >>> 8;
  return `${block}x${transaction}x${view.getUint16(at + 6)}` as ShortChannelId;
}

/** The field's data. Throws Bolt11Error. */
export function writeRoute(hops: readonly RouteHop[]): Uint8Array {
  if (hops.length === 0) throw new Bolt11Error('value_invalid', 'a route needs a hop', { field: 'r' });
  const bytes = new Uint8Array(hops.length * HOP_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [index, hop] of hops.entries()) {
    const at = index * HOP_BYTES;
    requireHex('r', 'pubkey', hop.pubkey, PUBKEY_BYTES);
    if (!/^0[23]/.test(hop.pubkey)) {
      throw new Bolt11Error('value_invalid', 'pubkey must start with 02 or 03', { field: 'r' });
    }
    for (let byte = 0; byte < PUBKEY_BYTES; byte++) {
      bytes[at + byte] = Number.parseInt(hop.pubkey.slice(byte * 2, byte * 2 + 2), 16);
    }
    const short_channel_id = parseShortChannelId(hop.short_channel_id);
    if (short_channel_id === undefined) {
      throw new Bolt11Error('value_invalid', 'short_channel_id is not of the form BLOCKxTXxOUT', { field: 'r' });
    }
    const [block, transaction, output] = short_channel_id.split('x').map(Number) as [number, number, number];
    view.setUint32(at + 33, block * 256 + (transaction >>> 16));
    view.setUint16(at + 37, transaction & 0xffff);
    view.setUint16(at + 39, output);
    requireInteger('r', 'fee_base_msat', hop.fee_base_msat, 0xffff_ffff);
    requireInteger('r', 'fee_proportional_millionths', hop.fee_proportional_millionths, 0xffff_ffff);
    requireInteger('r', 'cltv_expiry_delta', hop.cltv_expiry_delta, 0xffff);
    view.setUint32(at + 41, hop.fee_base_msat);
    view.setUint32(at + 45, hop.fee_proportional_millionths);
    view.setUint16(at + 49, hop.cltv_expiry_delta);
  }
  return bytesToWords(bytes);
}
