import { RpcError } from '../../base/errors.ts';
import type { LiveChannel } from '../../node/channels/live-channel.ts';
import { shortChannelId } from '../../protocol/channel/ready.ts';
import { answer } from '../rpc/answer.ts';
import { optional, required } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { channelsNamed } from './find-channel.ts';
import { defineCommand } from './modules.ts';

const NOT_OURS = 'Accepted for the sake of clients, and refused: Till forwards nothing, so nobody pays it.';

const channel = answer.object(
  {
    peer_id: answer.nodeId('The peer.'),
    channel_id: answer.hash('The id of the channel.'),
    short_channel_id: answer.optional(answer.shortChannelId('The place of the funding output on chain.')),
    fee_base_msat: answer.msat('The base fee in our channel_update (`fee-base`).'),
    fee_proportional_millionths: answer.integer('The proportional fee there (`fee-per-satoshi`).'),
    minimum_htlc_out_msat: answer.msat('The smallest HTLC that the peer takes.'),
    maximum_htlc_out_msat: answer.msat('The largest HTLC that we send.'),
    ignore_fee_limits: answer.boolean('Whether any feerate of the peer is taken.'),
  },
  'A channel, as it is now.',
);

/** A channel that the network can still be told about. */
function isSettable({ state: { phase } }: LiveChannel): boolean {
  return phase === 'opening' || phase === 'normal';
}

/** Sets what the operator decides for one channel. */
export const setchannel = defineCommand({
  name: 'setchannel',
  category: 'channels',
  title: 'Command for configuring a channel',
  description:
    "Says whether any feerate of the peer is taken for a channel's commitments (`ignorefeelimits`). Normally Till refuses an `update_fee` below what nodes relay, unless it is nearer to that than the rate before; such a channel is set aside. A commitment with a lower fee may not be relayed when it is needed, so set this only for a peer that you trust, or to get a channel going again. Core Lightning's other parameters are about forwarding, which Till does not do.",
  params: {
    id: required(
      field.string,
      "The channel: its channel_id, its short_channel_id or alias; the id of a peer for all channels with it; 'all' for all.",
    ),
    feebase: optional(field.msat, NOT_OURS),
    feeppm: optional(field.u32, NOT_OURS),
    htlcmin: optional(field.msat, NOT_OURS),
    htlcmax: optional(field.msat, NOT_OURS),
    enforcedelay: optional(field.u32, 'Accepted for the sake of clients. What Till sets is in force at once.'),
    ignorefeelimits: optional(field.boolean, 'Whether to take any feerate of the peer; unchanged unless given.'),
  },
  returns: { channels: answer.array(channel, 'The channels that were meant.') },
  errors: ['INVALID_PARAMS', 'LIGHTNINGD'],
  see_also: ['listpeerchannels', 'close'],
  access: 'write',
  run({ id, feebase, feeppm, htlcmin, htlcmax, ignorefeelimits }, { channels }) {
    for (const [name, value] of Object.entries({ feebase, feeppm, htlcmin, htlcmax })) {
      if (value === undefined) continue;
      throw new RpcError(
        'INVALID_PARAMS',
        `${name}: Till forwards nothing; 'fee-base' and 'fee-per-satoshi' are options`,
      );
    }
    const named = id === 'all' ? channels.list() : channelsNamed(id, channels.list());
    if (named.length === 0 && id !== 'all') {
      throw new RpcError('INVALID_PARAMS', `id: there is no channel of this name, id or peer: '${id.slice(0, 80)}'`);
    }
    const settable = named.filter(isSettable);
    const [first] = named;
    if (settable.length === 0 && first !== undefined) {
      throw new RpcError('LIGHTNINGD', `the channel is ${first.state.phase}: nothing can be set any more`);
    }
    if (ignorefeelimits !== undefined) for (const each of settable) set(channels, each, ignorefeelimits);
    const { fee_base_msat, fee_proportional_millionths } = channels.options.forwarding;
    return {
      channels: settable.map(({ peer_id, channel_id, state }) => {
        const short_channel_id = shortChannelId(state);
        return {
          peer_id,
          channel_id,
          ...(short_channel_id === undefined ? {} : { short_channel_id }),
          fee_base_msat: BigInt(fee_base_msat),
          fee_proportional_millionths,
          minimum_htlc_out_msat: state.terms.remote.htlc_minimum_msat as bigint,
          maximum_htlc_out_msat: state.terms.funding_satoshis * 1000n,
          ignore_fee_limits: state.ignore_fee_limits,
        };
      }),
    };
  },
});

type Setter = {
  apply(channel: LiveChannel, input: { readonly kind: 'ignore_fee_limits'; readonly value: boolean }): unknown;
  tryNow(channel: LiveChannel): void;
};

/** One that was set aside, perhaps for its feerate, is tried again. */
function set(channels: Setter, channel: LiveChannel, value: boolean): void {
  channels.apply(channel, { kind: 'ignore_fee_limits', value });
  if (value && channel.aside !== undefined) channels.tryNow(channel);
}
