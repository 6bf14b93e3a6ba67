import { RpcError } from '../../base/errors.ts';
import { fromHex, toHex } from '../../base/types/hex.ts';
import { parseTransaction, txidOf } from '../../codec/tx/transaction.ts';
import type { ChainSource } from '../../infra/chain/source.ts';
import { type Closed, CloseRefusedError, closeChannel } from '../../node/channels/closing/close.ts';
import type { LiveChannel } from '../../node/channels/live-channel.ts';
import type { Endings } from '../../node/endings/endings.ts';
import { publishableCloses } from '../../protocol/channel/close-agreed.ts';
import { Refusal } from '../../protocol/channel/fault.ts';
import type { ClosingFeerange } from '../../protocol/channel/state.ts';
import { answer } from '../rpc/answer.ts';
import { optional, required, withDefault } from '../rpc/command.ts';
import { type Field, Unfit } from '../rpc/field.ts';
import { type FeerateRequest, field } from '../rpc/fields.ts';
import { requestedFeerate } from './fee-estimates.ts';
import { channelNamed } from './find-channel.ts';
import { defineCommand } from './modules.ts';
import { destinationScript } from './withdraw.ts';

const TWO_DAYS_SECONDS = 172_800;

type FeerangeRequest = readonly [FeerateRequest, FeerateRequest];

const feerates = field.arrayOf(field.feerate);

const feerangeField: Field<FeerangeRequest> = {
  type: 'array of 2 feerates',
  schema: feerates.schema,
  secret: false,
  parse(value) {
    if (!Array.isArray(value) || value.length !== 2) throw new Unfit('should be an array of 2 entries');
    return feerates.parse(value) as unknown as FeerangeRequest;
  },
};

/** The feerates that were asked for. Throws RpcError. */
function feerangeOf(chain: ChainSource, [least, most]: FeerangeRequest): ClosingFeerange {
  const range = { min_per_kw: requestedFeerate(chain, least), max_per_kw: requestedFeerate(chain, most) };
  if (range.min_per_kw <= range.max_per_kw) return range;
  const told = `${range.min_per_kw}perkw to ${range.max_per_kw}perkw`;
  throw new RpcError('INVALID_PARAMS', `'feerange' should be the least and the most, in this order: ${told}`);
}

/** The transactions that end the channel, as far as they are ours to know. */
function transactionsOf(
  { state, channel_id, publication }: LiveChannel,
  closed: Closed,
  endings: Endings,
): readonly string[] {
  if (closed === 'mutual') {
    const known = publishableCloses(state);
    const taken = publication?.kind === 'taken' ? publication.transaction : known.at(-1);
    return [...known.filter((transaction) => transaction !== taken), ...(taken === undefined ? [] : [taken])];
  }
  const commitment = endings.find(channel_id)?.state.force_close?.transaction;
  return commitment === undefined ? [] : [commitment];
}

/** Closes a channel. */
export const close = defineCommand({
  name: 'close',
  category: 'channels',
  title: 'Command for closing channels with direct peers',
  description:
    'Closes a channel, in agreement with the peer if possible: our balance is then in the wallet with the next block, at a low fee. If the peer does not agree in time or is offline, Till closes alone: then our balance comes back after the delay that was agreed at the opening (`our_to_self_delay` in `listpeerchannels`), and payments in flight after their own. Whoever stops waiting for the answer does not stop the closing; after a restart of the node, a peer that does not agree has 288 blocks.',
  params: {
    id: required(
      field.string,
      'The channel: its channel_id, its short_channel_id or alias, or the id of a peer with only one channel.',
    ),
    unilateraltimeout: withDefault(
      field.u32,
      TWO_DAYS_SECONDS,
      'Seconds after which Till closes the channel without the peer; 0: never.',
    ),
    destination: optional(field.string, 'The address for our balance. Default: one of the wallet.'),
    feerange: optional(
      feerangeField,
      'The least and the most to pay for a close in agreement, as two feerates. Default: from what enters the mempool to what closing alone would cost. On a channel that is closed already it makes a closing transaction with another fee, if the peer has `option_simple_close`.',
    ),
  },
  returns: {
    type: answer.oneOf(['mutual', 'unilateral'], 'How it was closed.'),
    tx: answer.optional(answer.hex('The closing transaction.')),
    txid: answer.optional(answer.txid('Its id.')),
    txs: answer.array(answer.hex('A transaction.'), 'The closing transactions.'),
    txids: answer.array(answer.txid('An id.'), 'Their ids.'),
  },
  errors: ['FUNDING_STATE_INVALID', 'FUNDING_BROADCAST_FAIL', 'BCLI_NO_FEE_ESTIMATES'],
  examples: [
    { title: 'In agreement', params: ['103x1x0'] },
    { title: 'Alone, if the peer has not agreed within an hour', params: ['103x1x0', 3600] },
  ],
  see_also: ['listpeerchannels', 'listclosedchannels', 'listfunds'],
  access: 'write',
  async run({ id, unilateraltimeout, destination, feerange }, { channels, endings, wallet, clock, chain }, context) {
    const channel = channelNamed(id, channels.list());
    const scriptpubkey = destination === undefined ? undefined : toHex(destinationScript(destination, wallet.network));
    let closed: Closed;
    try {
      closed = await closeChannel(channels, channel, {
        clock,
        scriptpubkey,
        feerange: feerange === undefined ? undefined : feerangeOf(chain, feerange),
        unilateral_timeout_seconds: unilateraltimeout,
        signal: context.signal,
        notify: (text) => context.notify('info', text),
      });
    } catch (error) {
      if (error instanceof CloseRefusedError) throw new RpcError('FUNDING_BROADCAST_FAIL', error.message);
      if (error instanceof Refusal) throw new RpcError('FUNDING_STATE_INVALID', error.message);
      throw error;
    }
    // Our commitment has been handed to the source of blocks by then, or refused: `listpeerchannels` says which.
    if (closed === 'unilateral') await endings.idle();
    const txs = transactionsOf(channel, closed, endings);
    const txids = txs.map((tx) => txidOf(parseTransaction(fromHex(tx))) as string);
    return { type: closed, tx: txs.at(-1), txid: txids.at(-1), txs, txids };
  },
});
