/** What a part of ours taught of the channels of other nodes (BOLT 4, Receiving Failure Codes). */
import type { NodeId } from '../../base/types/brand.ts';
import { fromHex } from '../../base/types/hex.ts';
import { decodeFailure, failureCode } from '../../codec/onion/failure.ts';
import { type ChannelUpdate, decodeMessage, WireError } from '../../codec/wire/index.ts';
import type { HopAmount, HopTerms } from './ports.ts';
import type { Sendpay } from './sendpay.ts';

/** The number of channel_update, which some leave out before it. */
const UPDATE_TYPE = Buffer.of(0x01, 0x02);

/** What went over each channel of other nodes. */
export function hopAmounts({ route }: Pick<Sendpay, 'route'>): readonly HopAmount[] {
  return route.slice(1).map(({ channel, amount_msat }, index) => ({
    node_id: route[index]?.id as NodeId,
    short_channel_id: channel,
    amount_msat,
  }));
}

/** Which channels carried their amounts, and which one did not. */
export function taughtBy(part: Sendpay): { carried: readonly HopAmount[]; refused: readonly HopAmount[] } {
  const hops = hopAmounts(part);
  if (part.status === 'complete') return { carried: hops, refused: [] };
  const { erring_index, failcode } = part.failure ?? {};
  if (erring_index === undefined) return { carried: [], refused: [] };
  const isShort = failcode === failureCode('temporary_channel_failure');
  return { carried: hops.slice(0, erring_index), refused: isShort ? hops.slice(erring_index, erring_index + 1) : [] };
}

/**
 * What the channel behind the hop that failed the part asks now, by the update that came with the failure. It is for
 * this payment alone: nobody knows whether others hear the same (BOLT 4).
 */
export function newTermsOf({ route, failure }: Sendpay): HopTerms | undefined {
  if (failure?.erring_index === undefined) return undefined;
  const node = route[failure.erring_index];
  const next = route[failure.erring_index + 1];
  if (node === undefined || next === undefined) return undefined;
  const { message } = decodeFailure(fromHex(failure.raw_message));
  if (message === undefined || !('channel_update' in message)) return undefined;
  const update = readUpdate(message.channel_update);
  if (update?.short_channel_id !== next.channel) return undefined;
  const { short_channel_id, fee_base_msat, fee_proportional_millionths, cltv_expiry_delta } = update;
  const { htlc_minimum_msat, htlc_maximum_msat } = update;
  return {
    node_id: node.id,
    short_channel_id,
    fee_base_msat,
    fee_proportional_millionths,
    cltv_expiry_delta,
    htlc_minimum_msat,
    htlc_maximum_msat,
  };
}

function readUpdate(bytes: Uint8Array): ChannelUpdate | undefined {
  for (const each of [bytes, Buffer.concat([UPDATE_TYPE, bytes])]) {
    try {
      const message = decodeMessage(each);
      if (message.type === 'channel_update') return message;
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
    }
  }
  return undefined;
}
