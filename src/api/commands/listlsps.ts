import type { Msat } from '../../base/types/amount.ts';
import type { ChannelOffer } from '../../codec/lsps/lsps1.ts';
import type { OfferedParams } from '../../codec/lsps/lsps2.ts';
import { choose, type Limits, leastPaymentMsat, type Unfit } from '../../node/liquidity/choose.ts';
import { type Menu, menusOf } from '../../node/liquidity/menus.ts';
import { sizesOf } from '../../node/liquidity/order-quotes.ts';
import type { Provider } from '../../node/liquidity/providers.ts';
import { answer } from '../rpc/answer.ts';
import { optional } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { monthsIn } from './channel-order-row.ts';
import { defineCommand } from './modules.ts';

const offer = answer.object(
  {
    min_fee_msat: answer.msat('The least that it takes.'),
    proportional: answer.integer('Millionths of the payment that it takes, when that is more.'),
    min_payment_size_msat: answer.msat('The smallest payment that it brings.'),
    max_payment_size_msat: answer.msat('The largest payment that it brings.'),
    least_payment_msat: answer.optional(
      answer.msat(
        'The smallest payment that works with the fees of the chain now: the channel holds the payment, and a reserve and the fee of closing it. Absent: none does.',
      ),
    ),
    valid_until: answer.integer('Unix time: an invoice that is made with this offer ends no later.'),
    min_lifetime: answer.integer('Blocks after its confirmation for which the provider keeps the channel open.'),
    max_client_to_self_delay: answer.integer(
      'The most blocks that the node may have the provider wait for its own money when it closes alone.',
    ),
    opening_fee_msat: answer.optional(answer.msat('With `amount_msat`: what a channel costs for this payment.')),
    refused: answer.optional(
      answer.oneOf(
        ['too_small', 'too_large', 'too_expensive', 'of_no_use'],
        'With `amount_msat`: why `invoice` would not take this offer. `too_expensive`: see `lsp-max-fee` and `lsp-max-fee-ppm`; `of_no_use`: it ends too soon, or its channel would not be safe.',
      ),
    ),
  },
  'An offer.',
);

const row = answer.object(
  {
    id: answer.nodeId('The provider.'),
    address: answer.string('Where the node calls it.'),
    connected: answer.boolean('Whether it is connected.'),
    protocols: answer.optional(
      answer.array(
        answer.integer('The number of an LSPS: 1 sells channels ahead, 2 with a payment.'),
        'What it speaks.',
      ),
    ),
    menu: answer.array(offer, 'Its offers for channels that a payment opens, the cheapest first.'),
    ahead: answer.optional(
      answer.object(
        {
          min_amount_sat: answer.sat('The smallest.'),
          max_amount_sat: answer.sat('The largest.'),
          max_months: answer.integer('For so many months at most it keeps one.'),
          min_confirmations: answer.integer('Confirmations before one can be used.'),
        },
        'The channels that it sells ahead: `buychannel` tells what one costs.',
      ),
    ),
    problem: answer.optional(answer.string('Why something of it is missing now.')),
  },
  'A provider.',
);

/** Shows what providers sell. */
export const listlsps = defineCommand({
  name: 'listlsps',
  category: 'channels',
  title: 'Command for listing liquidity providers and their prices',
  description:
    'Asks each liquidity provider of the option `lsp` what it sells now, and at what price. With an amount, it says what a channel would cost that a payment of this amount opens: that is what `invoice` with `jit` would take off the payment.',
  params: { amount_msat: optional(field.msat, 'A payment, to see what a channel costs that it opens.') },
  returns: { lsps: answer.array(row, 'The providers, in the order in which they are named.') },
  errors: [],
  examples: [{ title: 'What a first payment of 50,000 sat would cost', params: { amount_msat: '50000sat' } }],
  see_also: ['invoice', 'buychannel', 'listincoming', 'listpeerchannels'],
  access: 'read',
  async run({ amount_msat }, { liquidity, clock }) {
    const { providers } = liquidity;
    const limits = liquidity.limits();
    const menus = await menusOf(providers);
    const now_ms = clock.nowSeconds() * 1000;
    return {
      lsps: providers.list().map((provider, index) => rowOf(provider, menus[index], { amount_msat, limits, now_ms })),
    };
  },
});

/** What an offer is judged by. */
interface Judged {
  readonly amount_msat: Msat | undefined;
  readonly limits: Limits;
  readonly now_ms: number;
}

function rowOf({ node_id, address, is_connected }: Provider, menu: Menu | undefined, judged: Judged) {
  return {
    id: node_id as string,
    address,
    connected: is_connected,
    protocols: menu?.protocols,
    menu: (menu?.offers ?? []).map((params) => offerOf(node_id, params, judged)),
    ahead: menu?.channels && aheadOf(menu.channels),
    problem: menu?.fault?.message,
  };
}

function aheadOf(channels: ChannelOffer) {
  const { least_sat, most_sat } = sizesOf(channels);
  return {
    min_amount_sat: least_sat,
    max_amount_sat: most_sat,
    max_months: monthsIn(channels.max_channel_expiry_blocks),
    min_confirmations: channels.min_required_channel_confirmations,
  };
}

function offerOf(node_id: Provider['node_id'], params: OfferedParams, { amount_msat, limits, now_ms }: Judged) {
  const { valid_until_ms, as_sent: _as_sent, promise: _promise, ...shown } = params;
  const least_msat = leastPaymentMsat(params, limits.least_net_msat);
  const terms = {
    ...shown,
    valid_until: Math.floor(valid_until_ms / 1000),
    least_payment_msat: least_msat as bigint | undefined,
  };
  if (amount_msat === undefined) return terms;
  const { fits, unfit } = choose([{ node_id, params }], { amount_msat, now_ms, least_lifetime_ms: 0 }, limits);
  const [fit] = fits;
  const [fault] = unfit;
  return { ...terms, opening_fee_msat: fit?.fee_msat ?? feeOf(fault), refused: fault?.kind };
}

/** The price of one that costs too much. */
function feeOf(fault: Unfit | undefined): Msat | undefined {
  return fault?.kind === 'too_expensive' ? fault.fee_msat : undefined;
}
