/** Channels that were bought ahead, as commands show them. Nothing in it is a provider's own text. */
import { satText } from '../../base/types/amount.ts';
import { type ChannelOrder, optionOf, type PayOption } from '../../node/liquidity/channel-order.ts';
import { type AnswerRecord, answer } from '../rpc/answer.ts';

/** What `buychannel` and `listchannelorders` answer of an order. */
export const channelOrderMembers = {
  order: answer.integer('Its number, counted by this node.'),
  provider_id: answer.nodeId('The provider.'),
  status: answer.oneOf(
    ['quoted', 'paying', 'paid', 'delivered', 'refunded', 'failed', 'expired'],
    '`quoted`: its price is known, nothing is bought. `paying`: it is being paid. `paid`: the provider owes the channel. `delivered`: the channel is there. `refunded`: no channel, and the money came back. `failed`: no channel; `problem` says what became of the money. `expired`: it was not paid in time.',
  ),
  amount_msat: answer.msat('What the provider puts into the channel.'),
  fee_msat: answer.optional(answer.msat('What it costs, by the way that was or would be taken to pay.')),
  pay_way: answer.optional(answer.oneOf(['lightning', 'onchain'], 'How it is paid.')),
  channel_expiry_blocks: answer.integer('For so many blocks the provider keeps the channel.'),
  announce: answer.boolean('Whether the channel is to be public.'),
  wanted_by: answer.oneOf(['operator', 'inbound-keep'], 'Who bought it: you, or the node by itself.'),
  created_at: answer.integer('When its price was asked for: Unix time.'),
  expires_at: answer.optional(answer.integer('Until when the price holds: Unix time.')),
  paid_at: answer.optional(answer.integer('When it was paid: Unix time.')),
  payment_txid: answer.optional(answer.txid('The transaction that paid it, on the chain.')),
  funding_txid: answer.optional(answer.txid('The funding transaction of the channel.')),
  funding_outnum: answer.optional(answer.integer('The output of it.')),
  channel_expires_at: answer.optional(
    answer.integer('Until when the provider says that it keeps the channel: Unix time.'),
  ),
  problem: answer.optional(answer.string('What is wrong with it.')),
  summary: answer.string('The same as a sentence.'),
} as const;

/** An order as it is shown. `option`: the way to pay that would be taken now. */
export function channelOrderRow(
  order: ChannelOrder,
  option: PayOption | undefined = optionOf(order),
): AnswerRecord<typeof channelOrderMembers> {
  return {
    order: order.number,
    provider_id: order.provider_id,
    status: order.status,
    amount_msat: order.lsp_balance_sat * 1000n,
    fee_msat: option && option.fee_sat * 1000n,
    pay_way: order.pay_way,
    channel_expiry_blocks: order.channel_expiry_blocks,
    announce: order.announce_channel,
    wanted_by: order.wanted_by,
    created_at: order.created_at,
    expires_at: order.status === 'quoted' ? option?.expires_at : undefined,
    paid_at: order.paid_at,
    payment_txid: order.payment_txid,
    funding_txid: order.funding_txid,
    funding_outnum: order.funding_outnum,
    channel_expires_at: order.channel_expires_at,
    problem: order.problem,
    summary: summaryOf(order, option),
  };
}

const BLOCKS_A_MONTH = 4_380;

/** Whole months that so many blocks are enough for. */
export function monthsIn(blocks: number): number {
  return Math.floor(blocks / BLOCKS_A_MONTH);
}

/** Blocks in so many months. */
export function blocksOf(months: number): number {
  return months * BLOCKS_A_MONTH;
}

function monthsText(blocks: number): string {
  const months = Math.round(blocks / BLOCKS_A_MONTH);
  return months === 1 ? '1 month' : `${months} months`;
}

const AFTERWARDS: Readonly<Record<ChannelOrder['status'], string>> = {
  quoted: 'Nothing is bought yet.',
  paying: 'It is being paid.',
  paid: 'It is paid, and the channel is awaited.',
  delivered: 'The channel is there.',
  refunded: 'There is no channel, and the money came back.',
  failed: 'There is no channel.',
  expired: 'It was not paid in time, and nothing was paid.',
};

function summaryOf(order: ChannelOrder, option: PayOption | undefined): string {
  const { lsp_balance_sat, channel_expiry_blocks, status, problem } = order;
  const fee_sat = option?.fee_sat ?? 0n;
  // In hundredths of a percent.
  const share = (fee_sat * 10_000n + lsp_balance_sat / 2n) / lsp_balance_sat;
  const percent = `${share / 100n}.${String(share % 100n).padStart(2, '0')} %`;
  const price =
    `A channel with ${satText(lsp_balance_sat)} to receive, for ${monthsText(channel_expiry_blocks)}, ` +
    `costs ${satText(fee_sat)} (${percent}).`;
  return [price, AFTERWARDS[status], ...(problem === undefined ? [] : [`(${problem}.)`])].join(' ');
}
