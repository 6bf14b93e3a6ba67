import type { ChannelId } from '../../base/types/brand.ts';
import { answer } from '../rpc/answer.ts';
import { defineCommand } from './modules.ts';
import type { ChannelFunds } from './wallet-modules.ts';

const account = answer.object(
  {
    account: answer.string('`wallet`, or a channel by its channel_id.'),
    peer_id: answer.optional(answer.nodeId('The peer of the channel.')),
    we_opened: answer.optional(answer.boolean('Whether we opened the channel.')),
    balances: answer.array(
      answer.object(
        {
          balance_msat: answer.msat('What is in it.'),
          coin_type: answer.string("The prefix of the chain's addresses."),
        },
        'A balance.',
      ),
      'Its balances: one.',
    ),
  },
  'An account.',
);

/** What each account holds. */
export const bkprListbalances = defineCommand({
  name: 'bkpr-listbalances',
  category: 'wallet',
  title: 'Command for listing current channel + wallet balances',
  description: 'Lists what the wallet and each channel hold. A channel whose state was lost is left out.',
  params: {},
  returns: { accounts: answer.array(account, 'The accounts.') },
  errors: [],
  see_also: ['listfunds', 'bkpr-listincome', 'bkpr-listaccountevents'],
  access: 'read',
  async run(_params, { wallet, channelFunds, channels, endings, sweptFunds }) {
    const coin_type = wallet.network.bech32_prefix;
    const { confirmed_sat, unconfirmed_sat, immature_sat, reserved_sat } = await wallet.balance();
    const of_wallet = (confirmed_sat + unconfirmed_sat + immature_sat + reserved_sat) * 1000n;
    const sweeps = sweptFunds();
    /** Once its closing transaction is in a block, what is left of a channel is what we still have to take there. */
    const leftOf = ({ channel_id, our_amount_msat }: ChannelFunds): bigint | undefined => {
      if (endings.view(channel_id as ChannelId)?.closing_txid === undefined) return our_amount_msat;
      const own = sweeps.filter((sweep) => sweep.channel_id === channel_id);
      return own.reduce((total, { amount_msat }) => total + amount_msat, 0n);
    };
    const opener = new Map(channels.list().map(({ channel_id, state }) => [channel_id as string, state.terms.opener]));
    return {
      accounts: [
        { account: 'wallet', balances: [{ balance_msat: of_wallet, coin_type }] },
        ...channelFunds().flatMap((funds) => {
          const { channel_id, peer_id } = funds;
          const balance_msat = leftOf(funds);
          return balance_msat === undefined
            ? []
            : [
                {
                  account: channel_id,
                  peer_id,
                  we_opened: opener.get(channel_id) === 'local',
                  balances: [{ balance_msat, coin_type }],
                },
              ];
        }),
      ],
    };
  },
});
