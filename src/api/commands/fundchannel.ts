import { RpcError } from '../../base/errors.ts';
import { msat, sat } from '../../base/types/amount.ts';
import { toHex } from '../../base/types/hex.ts';
import { MAX_MONEY_SAT, serializeTransaction } from '../../codec/tx/transaction.ts';
import { bothOffer } from '../../node/channels/environment.ts';
import { feeratesOf } from '../../node/channels/options.ts';
import { answer } from '../rpc/answer.ts';
import { byName, optional, required, withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { requestedFeerate } from './fee-estimates.ts';
import { defineCommand } from './modules.ts';
import { channelTypeAnswer, channelTypeRow } from './peer-channel.ts';
import { REACH_ERRORS, reachPeer } from './reach-peer.ts';
import { walletFailure } from './wallet-failure.ts';

/** 2^24 - 1: larger channels need `option_support_large_channel` on both sides (BOLT 2). */
const MAX_SMALL_FUNDING_SAT = 16_777_215n;

const NO_ADDRESS =
  'no address of this node is known, because it called us: give it one with connect ID@HOST:PORT, or its backup does not tell where to ask for the money';

/** Opens a channel. */
export const fundchannel = defineCommand({
  name: 'fundchannel',
  category: 'channels',
  title: 'Command for establishing a lightning channel',
  description:
    'Opens a channel with a node, funded from the wallet, and answers when both sides have signed and the source of blocks has taken the funding transaction. If it refuses the transaction, the answer says why, and the coins are free again. If the node is not connected, Till connects to the addresses that it knows, as `connect` does. The money is ours in the channel: to be paid, a shop needs channels that others open to it, or has to spend some first.',
  params: {
    id: required(field.nodeId, 'The node.'),
    amount: required(
      field.satOrAll,
      'The amount in satoshi. `all` is what the wallet holds beyond the reserve, but at most what a channel can hold.',
    ),
    feerate: optional(field.feerate, 'The feerate of the funding transaction. Default: `opening`.'),
    announce: withDefault(
      field.boolean,
      true,
      'Whether the channel is announced to the network once it is deep enough.',
    ),
    minconf: withDefault(
      field.integer,
      1,
      'Confirmations that the coins must have. 0 also allows our own unconfirmed change.',
    ),
    push_msat: optional(field.msat, 'An amount that is given to the peer at the start. It is not coming back.'),
    utxos: optional(field.arrayOf(field.outpoint), 'The coins to spend, all of them, each as `txid:vout`.'),
    force: byName(
      withDefault(
        field.boolean,
        false,
        'Spend what is kept for closing channels too. Payments that the wallet can then not defend are refused.',
      ),
    ),
  },
  returns: {
    tx: answer.hex('The funding transaction.'),
    txid: answer.txid('Its id.'),
    outnum: answer.integer('The output that holds the channel.'),
    channel_id: answer.hash('The channel.'),
    channel_type: channelTypeAnswer,
    warning_no_address: answer.optional(answer.string('That no address of the node is known, and what follows.')),
    mindepth: answer.integer('Confirmations after which it can be used.'),
  },
  errors: [
    'FUND_MAX_EXCEEDED',
    'FUND_CANNOT_AFFORD',
    'FUNDING_STILL_SYNCING_BITCOIN',
    'FUND_OUTPUT_IS_DUST',
    'FUNDING_BROADCAST_FAIL',
    'FUNDING_PEER_NOT_CONNECTED',
    ...REACH_ERRORS,
    'FUND_CANNOT_AFFORD_WITH_EMERGENCY',
    'BCLI_NO_FEE_ESTIMATES',
  ],
  examples: [
    { title: 'A channel of a million satoshi', params: ['02aa...', 1_000_000] },
    { title: 'One that the network does not hear of', params: { id: '02aa...', amount: 1_000_000, announce: false } },
  ],
  see_also: ['connect', 'listfunds', 'listpeerchannels', 'close'],
  access: 'write',
  async run({ id, amount, feerate, announce, minconf, push_msat, utxos, force }, modules) {
    const { channels, peers, peerBook, wallet, chain } = modules;
    const addresses = await peerBook.find(id);
    if (peers.find(id) === undefined) await reachPeer(peers, id, addresses);
    const peer = channels.peer(id);
    if (peer === undefined) throw new RpcError('FUNDING_PEER_NOT_CONNECTED', 'Peer not connected');
    const isLarge = bothOffer(channels.options.features, peer.features, 'option_support_large_channel');
    const most_sat = isLarge ? MAX_MONEY_SAT : MAX_SMALL_FUNDING_SAT;
    if (amount !== 'all' && amount > most_sat) {
      const why = isLarge ? '' : ': the peer does not offer option_support_large_channel';
      throw new RpcError('FUND_MAX_EXCEEDED', `Amount exceeded ${most_sat}sat${why}`);
    }
    const funding = {
      feerate_per_kw: requestedFeerate(chain, feerate ?? { kind: 'named', name: 'opening' }),
      min_confirmations: minconf,
      force,
      ...(utxos === undefined ? {} : { utxos: utxos.map(({ txid, output }) => ({ txid, vout: output })) }),
    };
    let funding_satoshis: bigint;
    try {
      funding_satoshis = amount === 'all' ? wallet.maxFundingSat(funding) : amount;
    } catch (error) {
      throw walletFailure(error, chain);
    }
    if (funding_satoshis > most_sat) funding_satoshis = most_sat;
    const end = await channels.open(peer, {
      funding_satoshis: sat(funding_satoshis),
      push_msat: push_msat ?? msat(0),
      feerate_per_kw: feeratesOf(chain).commitment_per_kw,
      announce_channel: announce,
      funding,
    });
    if (end.kind === 'failed') {
      const cause = walletFailure(end.cause, chain);
      throw cause instanceof RpcError ? cause : new RpcError('LIGHTNINGD', end.reason);
    }
    if (addresses.length > 0) peers.keepConnected(id, addresses);
    const channel = channels.find(end.channel_id);
    const own = wallet.find(end.funding_txid);
    if (channel === undefined || own === undefined) throw new RpcError('LIGHTNINGD', 'the channel is gone already');
    return {
      tx: toHex(serializeTransaction(own.transaction)),
      txid: end.funding_txid as string,
      outnum: end.outnum,
      channel_id: end.channel_id as string,
      channel_type: channelTypeRow(channel.state.terms.channel_type),
      mindepth: channel.state.terms.minimum_depth,
      ...(addresses.length > 0 ? {} : { warning_no_address: NO_ADDRESS }),
    };
  },
});
