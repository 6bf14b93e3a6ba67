import { formatAddress } from '../../base/types/address.ts';
import { satToMsat } from '../../base/types/amount.ts';
import type { Txid } from '../../base/types/brand.ts';
import type { Network } from '../../base/types/network.ts';
import type { ExpectedOutput } from '../../node/channels/closing/outputs.ts';
import type { Wallet } from '../../node/wallet/wallet.ts';
import { answer } from '../rpc/answer.ts';
import { withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';
import { RESERVE_FIELDS, reserveRow } from './reserve-row.ts';

const output = answer.object(
  {
    txid: answer.txid('The transaction that created the output.'),
    output: answer.integer('The index of the output.'),
    amount_msat: answer.msat('Its amount.'),
    scriptpubkey: answer.hex('Its script.'),
    address: answer.optional(answer.string('Its address.')),
    status: answer.oneOf(['unconfirmed', 'confirmed', 'spent', 'immature'], 'Its state on chain.'),
    blockheight: answer.optional(answer.integer('The height of its block.')),
    invoice_label: answer.optional(
      answer.string('If it was deposited to the address of an invoice: the label of that invoice.'),
    ),
    deposit_status: answer.optional(
      answer.oneOf(
        ['pending', 'paid', 'short', 'late'],
        'Whether that deposit is waiting for confirmations, paid the invoice, is too small so far, or was too late.',
      ),
    ),
    reserved: answer.boolean('Whether one of our transactions that is not mined yet spends it.'),
    reserved_by: answer.optional(answer.txid('That transaction.')),
    reserved_for: answer.optional(
      answer.string(
        'What that transaction is for: funding (a channel), withdrawal or fees (of a closing channel), and whether it is held back or sent.',
      ),
    ),
  },
  'An output of the wallet.',
);

const channel = answer.object(
  {
    peer_id: answer.nodeId('The peer.'),
    our_amount_msat: answer.msat('What is ours, or was when it was closed. 0 if that is unknown.'),
    amount_unknown: answer.optional(
      answer.boolean(
        'True: the channel was recovered from a backup of its terms, and nobody knows what is ours in it.',
      ),
    ),
    amount_msat: answer.msat('The capacity of the channel.'),
    funding_txid: answer.txid('The funding transaction.'),
    funding_output: answer.integer("The funding output's index there."),
    connected: answer.boolean('Whether the peer is connected.'),
    state: answer.string('The state of the channel; CHANNELD_NORMAL can carry payments.'),
    channel_id: answer.hash('The id of the channel.'),
    short_channel_id: answer.optional(answer.shortChannelId('The place of the funding output on chain.')),
  },
  'A channel.',
);

const sweep = answer.object(
  {
    channel_id: answer.hash('The channel that it was in.'),
    peer_id: answer.nodeId('The peer.'),
    txid: answer.txid('The transaction that created the output.'),
    output: answer.integer('The index of the output.'),
    amount_msat: answer.msat('Its amount, before the fee for taking it.'),
    output_type: answer.string("Core Lightning's word for it, such as DELAYED_OUTPUT_TO_US or THEIR_HTLC."),
    claimable_height: answer.integer('The first block that may hold the transaction that takes it.'),
    sweep_txid: answer.optional(answer.txid('That transaction, once it is sent; it changes when its fee is raised.')),
  },
  'An output that is ours to take.',
);

function reservationOf(txid: Txid | undefined, wallet: Wallet) {
  const own = txid === undefined ? undefined : wallet.find(txid);
  return own === undefined ? {} : { reserved_by: own.txid as string, reserved_for: `${own.purpose} (${own.state})` };
}

/** An output of a closing transaction that waits for its block: ours, but not yet for the wallet to spend. */
function expectedOutput({ txid, vout, amount_sat, script_pubkey }: ExpectedOutput, network: Network) {
  const address = formatAddress(script_pubkey, network);
  return {
    txid,
    output: vout,
    amount_msat: satToMsat(amount_sat),
    scriptpubkey: script_pubkey,
    ...(address === undefined ? {} : { address }),
    status: 'unconfirmed' as const,
    reserved: false,
  };
}

/** Everything that the node holds. */
export const listfunds = defineCommand({
  name: 'listfunds',
  category: 'wallet',
  title: 'Command showing all funds currently managed by the node',
  description:
    'Lists the outputs of the wallet, the money in channels, and the outputs of closed channels that we can claim. Once such a claim is in a block, it is an output of the wallet. The output of a close in agreement is listed as soon as the source of blocks has taken the closing transaction; it can be spent once that is in a block. A channel whose funding transaction a reorganisation took out of the chain is not listed until it is back.',
  params: {
    spent: withDefault(field.boolean, false, 'Whether to list spent outputs too.'),
  },
  returns: {
    outputs: answer.array(output, 'The outputs of the wallet.'),
    channels: answer.array(channel, 'The channels.'),
    sweeps: answer.array(sweep, 'Money on its way from closed channels to the wallet.'),
    ...RESERVE_FIELDS,
  },
  errors: [],
  see_also: ['newaddr', 'withdraw', 'unreserveinputs'],
  access: 'read',
  async run({ spent }, { wallet, reserve, channelFunds, closingFunds, sweptFunds, deposits }) {
    const coins = await wallet.listCoins(spent);
    const arrived = await deposits.ofCoins(coins.map(({ coin }) => coin));
    const deposited = new Map(arrived.map((deposit) => [`${deposit.txid}:${deposit.vout}`, deposit]));
    const listed = new Set(coins.map(({ coin }) => `${coin.txid}:${coin.vout}`));
    const expected = closingFunds().filter(({ txid, vout }) => !listed.has(`${txid}:${vout}`));
    return {
      ...reserveRow(reserve.state()),
      outputs: [
        ...expected.map((each) => expectedOutput(each, wallet.network)),
        ...coins.map(({ coin, status, is_reserved }) => {
          const address = formatAddress(coin.script_pubkey, wallet.network);
          const deposit = deposited.get(`${coin.txid}:${coin.vout}`);
          return {
            txid: coin.txid,
            output: coin.vout,
            amount_msat: satToMsat(coin.amount_sat),
            scriptpubkey: coin.script_pubkey,
            ...(address === undefined ? {} : { address }),
            status,
            ...(coin.blockheight === undefined ? {} : { blockheight: coin.blockheight }),
            ...(deposit === undefined ? {} : { invoice_label: deposit.label, deposit_status: deposit.outcome }),
            reserved: is_reserved,
            ...reservationOf(is_reserved ? coin.spent_by : undefined, wallet),
          };
        }),
      ],
      channels: channelFunds().map(({ our_amount_msat, ...each }) => ({
        ...each,
        // Clients of Core Lightning add these up, and end with an error where one is missing.
        our_amount_msat: our_amount_msat ?? 0n,
        ...(our_amount_msat === undefined ? { amount_unknown: true } : {}),
      })),
      sweeps: sweptFunds().map((each) => ({ ...each })),
    };
  },
});
