import { RpcError } from '../../base/errors.ts';
import { type Sat, sat, satText } from '../../base/types/amount.ts';
import { waysIn } from '../../node/channels/hint-source.ts';
import { optionOf } from '../../node/liquidity/channel-order.ts';
import { answer } from '../rpc/answer.ts';
import { withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { blocksOf, channelOrderRow } from './channel-order-row.ts';
import { defineCommand } from './modules.ts';

const WEEKS = 4;
const MONTHS = 3;
/** What is proposed while nothing was sold yet. */
const FIRST_SAT = 1_000_000n;
const ROUND_SAT = 100_000n;

/** Rounded up to a figure that people would say. */
function roundUp(amount_msat: bigint): Sat {
  return sat(((amount_msat / 1000n + ROUND_SAT - 1n) / ROUND_SAT) * ROUND_SAT);
}

/** Says what can be received, what was needed, and what more would cost. */
export const inbound = defineCommand({
  name: 'inbound',
  category: 'channels',
  title: 'Command for telling how much can be received now, how much was needed, and what more costs',
  description:
    'Says what customers can pay now, in one payment and in all, and what they paid over Lightning in the last weeks. If the node was started with providers (`lsp`), it also asks them what a channel costs that would hold the busiest of these weeks. Nothing is bought.',
  params: {
    weeks: withDefault(field.integerWithin(1, 52), WEEKS, 'How many weeks are looked back at: 1 to 52.'),
    ask: withDefault(field.boolean, true, 'Whether providers are asked for a price.'),
  },
  returns: {
    largest_msat: answer.msat('The largest payment that can arrive in one part now.'),
    receivable_msat: answer.msat(
      'What all channels can receive now together; a payer that splits a payment can use it all.',
    ),
    offline_msat: answer.msat('What more could be received if the peers that are away were there.'),
    busiest_week_msat: answer.msat('The most that came in one of the last weeks.'),
    largest_payment_msat: answer.msat('The largest payment of that time.'),
    offer: answer.optional(
      answer.object(
        {
          provider_id: answer.nodeId('Whose it is.'),
          amount_msat: answer.msat('What could be received over the channel.'),
          fee_msat: answer.msat('What it costs.'),
          months: answer.integer('How long the provider keeps it.'),
        },
        'The cheapest channel that would hold the busiest week.',
      ),
    ),
    summary: answer.string('The same in sentences.'),
  },
  errors: [],
  examples: [{ title: 'Of the last four weeks', params: [] }],
  see_also: ['buychannel', 'listincoming', 'listchannelorders'],
  access: 'read',
  async run({ weeks, ask }, { channels, invoices, liquidity }) {
    const ways = waysIn(channels.list());
    const here = ways.filter(({ online }) => online);
    const largest_msat = here.reduce(
      (most, { receivable_msat }) => (receivable_msat > most ? receivable_msat : most),
      0n,
    );
    const receivable_msat = here.reduce((total, way) => total + way.receivable_msat, 0n);
    const offline_msat = ways.reduce((total, way) => total + (way.online ? 0n : way.receivable_msat), 0n);
    const weeks_paid = await invoices.weeks(weeks);
    const busiest_week_msat = weeks_paid.reduce(
      (most, each) => (each.received_msat > most ? each.received_msat : most),
      0n,
    );
    const largest_payment_msat = weeks_paid.reduce(
      (most, each) => (each.largest_msat > most ? each.largest_msat : most),
      0n,
    );
    const wanted_sat = busiest_week_msat === 0n ? sat(FIRST_SAT) : roundUp(busiest_week_msat);
    const { offer, price } = ask ? await askPrice(wanted_sat) : { offer: undefined, price: undefined };
    const sentences = [
      receivable_msat === 0n
        ? 'Nobody can pay this shop over Lightning now.'
        : `Now ${satText(receivable_msat / 1000n)} can be received, ${satText(largest_msat / 1000n)} of it in one payment.`,
      offline_msat === 0n ? '' : `${satText(offline_msat / 1000n)} more could be if all peers were there.`,
      busiest_week_msat === 0n
        ? `Nothing was paid over Lightning in the last ${weeks_paid.length} weeks.`
        : `The busiest of the last ${weeks_paid.length} weeks brought ${satText(busiest_week_msat / 1000n)}, the largest payment was ${satText(largest_payment_msat / 1000n)}.`,
      price ?? '',
    ];
    return {
      largest_msat,
      receivable_msat,
      offline_msat,
      busiest_week_msat,
      largest_payment_msat,
      offer,
      summary: sentences.filter((each) => each !== '').join(' '),
    };

    async function askPrice(amount_sat: Sat) {
      try {
        const wish = {
          provider_id: undefined,
          lsp_balance_sat: amount_sat,
          channel_expiry_blocks: blocksOf(MONTHS),
          announce_channel: false,
        };
        const order = await liquidity.channel_orders.quote(wish, 'operator');
        const fee_msat = (optionOf(order)?.fee_sat ?? 0n) * 1000n;
        const found = {
          provider_id: order.provider_id as string,
          amount_msat: amount_sat * 1000n,
          fee_msat,
          months: MONTHS,
        };
        return { offer: found, price: channelOrderRow(order).summary };
      } catch (error) {
        if (!(error instanceof RpcError)) throw error;
        return { offer: undefined, price: `More could not be priced: ${error.message}.` };
      }
    }
  },
});
