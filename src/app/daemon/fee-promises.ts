/** What providers were promised of payments, joined with the channels that these come over. */
import type { Channels } from '../../node/channels/channels.ts';
import type { Orders } from '../../node/liquidity/orders.ts';
import type { PromisePort } from '../../node/payments/extra-fees.ts';
import { isOnlyPayment } from '../../protocol/channel/funding.ts';
import { isFundingSafe } from '../../protocol/channel/ready.ts';

/** The channels are built after the payments, so they are asked for when they are needed. */
export function feePromises(orders: Orders, channels: () => Channels): PromisePort {
  return {
    promiseOf: (payment_hash) => orders.promiseOf(payment_hash),
    peerOf: (channel_id) => channels().find(channel_id)?.peer_id,
    isSafe({ channel_id, payment_hash }) {
      const channel = channels().find(channel_id);
      if (channel === undefined || isFundingSafe(channel.state)) return true;
      return isOnlyPayment(channel.state, payment_hash) && orders.isFor(channel.peer_id, payment_hash);
    },
    isUnmined(channel_id) {
      const state = channels().find(channel_id)?.state;
      return state?.funding_sight !== undefined && state.funding_confirmation === undefined;
    },
  };
}
