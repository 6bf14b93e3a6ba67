import { RpcError } from '../../base/errors.ts';
import { fromHex, toHex } from '../../base/types/hex.ts';
import { parseTransaction, txidOf } from '../../codec/tx/transaction.ts';
import { type Closed, closeChannel } from '../../node/channels/closing/close.ts';
import type { LiveChannel } from '../../node/channels/live-channel.ts';
import type { Endings } from '../../node/endings/endings.ts';
import { publishableCloses } from '../../protocol/channel/close-agreed.ts';
import { Refusal } from '../../protocol/channel/fault.ts';
import { answer } from '../rpc/answer.ts';
import { optional, required, withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { channelNamed } from './find-channel.ts';
import { defineCommand } from './modules.ts';
import { destinationScript } from './withdraw.ts';

const TWO_DAYS_SECONDS = 172_800;

/** The transactions that end the channel, as far as they are ours to know. */
function transactionsOf({ state, channel_id }: LiveChannel, closed: Closed, endings: Endings): readonly string[] {
  if (closed === 'mutual') return publishableCloses(state);
  const commitment = endings.commitmentOf(channel_id);
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
  },
  returns: {
    type: answer.oneOf(['mutual', 'unilateral'], 'How it was closed.'),
    tx: answer.optional(answer.hex('The closing transaction.')),
    txid: answer.optional(answer.txid('Its id.')),
    txs: answer.array(answer.hex('A transaction.'), 'The closing transactions.'),
    txids: answer.array(answer.txid('An id.'), 'Their ids.'),
  },
  errors: ['FUNDING_STATE_INVALID'],
  see_also: ['listpeerchannels', 'listclosedchannels', 'listfunds'],
  access: 'write',
  async run({ id, unilateraltimeout, destination }, { channels, endings, wallet, clock }, context) {
    const channel = channelNamed(id, channels.list());
    const scriptpubkey = destination === undefined ? undefined : toHex(destinationScript(destination, wallet.network));
    let closed: Closed;
    try {
      closed = await closeChannel(channels, channel, {
        clock,
        scriptpubkey,
        unilateral_timeout_seconds: unilateraltimeout,
        signal: context.signal,
        notify: (text) => context.notify('info', text),
      });
    } catch (error) {
      if (error instanceof Refusal) throw new RpcError('FUNDING_STATE_INVALID', error.message);
      throw error;
    }
    const txs = transactionsOf(channel, closed, endings);
    const txids = txs.map((tx) => txidOf(parseTransaction(fromHex(tx))) as string);
    return { type: closed, tx: txs.at(-1), txid: txids.at(-1), txs, txids };
  },
});
