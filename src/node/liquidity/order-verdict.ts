/**
 * What is to be thought of an order when its provider has shown how it stands (bLIP 51). What it says counts as far as it
 * can be seen here: a channel of the size that was bought, opened by it, after the purchase, and for no other order; a
 * refund that the wallet has.
 */
import { sat, satText } from '../../base/types/amount.ts';
import type { Txid } from '../../base/types/brand.ts';
import type { ShownOrder } from '../../codec/lsps/lsps1.ts';
import type { ChannelOrder, orderEvent } from './channel-order.ts';
import type { OrderChannels, OrderWallet } from './order-ports.ts';

/** How it goes on: it ends so, or something is wrong that the operator should know. */
export type Verdict =
  | { readonly change: Partial<ChannelOrder>; readonly event: Parameters<typeof orderEvent>[0] }
  | { readonly problem: string };

/** What the order is judged by. */
export interface Seen {
  readonly channels: OrderChannels;
  readonly wallet: Pick<OrderWallet, 'receivedSat'>;
  /** All other orders. */
  readonly others: readonly ChannelOrder[];
  /** Unix time. */
  readonly now_seconds: number;
}

/** A channel that has not come so long after it was paid is spoken of. */
const LATE_SECONDS = 24 * 3600;

/** What is said of such a one. */
export const NOT_COME = 'it was paid more than a day ago, and the channel has not come';

/** Whether it was paid long ago. */
export function isLate({ paid_at }: ChannelOrder, now_seconds: number): boolean {
  return paid_at !== undefined && now_seconds >= paid_at + LATE_SECONDS;
}

/** Judges an order that is paid, or being paid. Undefined: it goes on as before. */
export async function verdictOn(order: ChannelOrder, shown: ShownOrder, seen: Seen): Promise<Verdict | undefined> {
  if (shown.channel !== undefined) return await ofChannel(order, shown.channel, seen);
  const payment = order.pay_way === 'lightning' ? shown.bolt11 : shown.onchain;
  if (shown.order_state === 'FAILED' || payment?.state === 'REFUNDED') return await ofFailure(order, seen);
  return isLate(order, seen.now_seconds) ? { problem: NOT_COME } : undefined;
}

async function ofChannel(
  order: ChannelOrder,
  { funding_txid: txid, funding_outnum, expires_at_ms }: NonNullable<ShownOrder['channel']>,
  { channels, others }: Seen,
): Promise<Verdict | undefined> {
  const funding_txid = txid as Txid;
  const channel = channels.findByFunding(funding_txid, funding_outnum);
  if (channel?.peer_id !== order.provider_id) {
    return { problem: 'the provider names a channel that this node does not have' };
  }
  const { channel_id, is_theirs, opened_height, funding_satoshis, is_ready } = channel;
  const isOlder = opened_height < (order.ordered_height ?? 0);
  if (!is_theirs || isOlder || (await channels.isPaidByInvoice(channel_id))) {
    return { problem: 'the provider names a channel that was not opened for this order' };
  }
  if (others.some((other) => other.funding_txid === funding_txid && other.funding_outnum === funding_outnum)) {
    return { problem: 'the provider names the channel of another order' };
  }
  if (funding_satoshis < order.lsp_balance_sat) {
    return { problem: `the provider opened a channel of ${satText(funding_satoshis)} only` };
  }
  // Before it can be used, its funding may still be one that never comes.
  if (!is_ready) return undefined;
  const channel_expires_at = Math.floor(expires_at_ms / 1000);
  return {
    change: { status: 'delivered', funding_txid, funding_outnum, channel_expires_at, problem: undefined },
    event: 'inbound.delivered',
  };
}

async function ofFailure(order: ChannelOrder, { wallet }: Seen): Promise<Verdict | undefined> {
  if (order.pay_way === 'onchain') {
    // What came to the order's own address is seen in the chain, whatever the provider says.
    if ((await wallet.receivedSat(order.refund_address)) > sat(0)) {
      return { change: { status: 'refunded', problem: 'the provider could not open it' }, event: 'inbound.refunded' };
    }
    return order.status === 'paid'
      ? { problem: 'the provider gave the order up, and its refund has not come yet' }
      : undefined;
  }
  // While the payment is under way, it tells itself how it ends.
  if (order.status !== 'paid') return undefined;
  const problem = 'the provider has taken the payment and gave the order up';
  return { change: { status: 'failed', problem }, event: 'inbound.failed' };
}
