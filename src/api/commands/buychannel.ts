import { RpcError } from '../../base/errors.ts';
import { msatToSatFloor } from '../../base/types/amount.ts';
import type { ChannelOrder, PayWay } from '../../node/liquidity/channel-order.ts';
import { byName, optional, required, withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { blocksOf, channelOrderMembers, channelOrderRow } from './channel-order-row.ts';
import type { LiquidityModules } from './liquidity-modules.ts';
import { defineCommand } from './modules.ts';

/** The order with the price that would be paid now; with why not, where it cannot be paid. */
async function priced(
  quoted: ChannelOrder,
  orders: LiquidityModules['liquidity']['channel_orders'],
  way: PayWay | undefined,
) {
  try {
    return channelOrderRow(quoted, await orders.priceNow(quoted, way));
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    return channelOrderRow({ ...quoted, problem: error.message });
  }
}

/** Buys a channel that others put money into. */
export const buychannel = defineCommand({
  name: 'buychannel',
  category: 'channels',
  title: 'Command for buying a channel of a liquidity provider, to be paid over it',
  description: `Asks the providers that the node was started with (\`lsp\`) what a channel costs into which they put the money, and buys it of the cheapest (bLIP 51). Without \`maxfee\` it only answers the price, as an order of status \`quoted\`, which binds nobody; at a terminal \`till buychannel\` then asks whether to buy. With \`maxfee\` it buys when the price is not higher, and answers as soon as it is durable that the node pays.

It is paid by an invoice, or from the wallet on the chain, whichever is cheaper and can be paid. The provider is trusted with the fee until the channel is there: bLIP 51 has no way around that. The node follows the order, over restarts as well, until the channel is there or the money has come back: \`listchannelorders\` shows it, and the events \`inbound.*\` tell of it.

It is safe to ask again: the same price is answered while it holds, and an order is paid once.`,
  params: {
    amount_sat: required(field.sat, 'What is to be receivable over it, in satoshi. A little less is: see the guide.', {
      aliases: ['amount'],
    }),
    months: withDefault(field.integerWithin(1, 24), 3, 'How long the provider is to keep the channel: 1 to 24 months.'),
    maxfee: optional(field.msat, 'The most that it may cost. A bare number is in msat; `5000sat` is easier to read.'),
    provider: byName(optional(field.nodeId, 'Only of this provider.')),
    payway: byName(optional(field.oneOf('lightning', 'onchain'), 'Only by this way to pay.')),
    announce: byName(withDefault(field.boolean, false, 'Whether the channel is to be public.')),
  },
  returns: channelOrderMembers,
  errors: ['LIQUIDITY_UNAVAILABLE', 'LIQUIDITY_TOO_EXPENSIVE', 'FUND_CANNOT_AFFORD'],
  examples: [
    { title: 'What it costs', params: [1_000_000] },
    { title: 'Half a year, if it costs no more than 20,000 sat', params: [1_000_000, 6, '20000sat'] },
  ],
  see_also: ['inbound', 'listchannelorders', 'fundchannel'],
  access: 'write',
  async run({ amount_sat, months, maxfee, provider, payway, announce }, { liquidity }) {
    const wish = {
      provider_id: provider,
      lsp_balance_sat: amount_sat,
      channel_expiry_blocks: blocksOf(months),
      announce_channel: announce,
    };
    const quoted = await liquidity.channel_orders.quote(wish, 'operator');
    if (maxfee === undefined) return await priced(quoted, liquidity.channel_orders, payway);
    return channelOrderRow(await liquidity.channel_orders.buy(quoted.number, msatToSatFloor(maxfee), payway));
  },
});
