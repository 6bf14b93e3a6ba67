import type { LiveChannel } from '../../node/channels/live-channel.ts';
import { shortChannelId } from '../../protocol/channel/ready.ts';
import { answer } from '../rpc/answer.ts';
import { optional } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { channelsNamed } from './find-channel.ts';
import { HTLC_STATES, htlcState } from './htlc-state.ts';
import { defineCommand } from './modules.ts';

const htlc = answer.object(
  {
    short_channel_id: answer.shortChannelId('The channel: its real name, or our alias before it has one.'),
    id: answer.integer('Its id, counted by the side that offered it.'),
    expiry: answer.integer('The block at which it times out.'),
    amount_msat: answer.msat('Its amount.'),
    direction: answer.oneOf(['out', 'in'], 'Offered by us (`out`) or by the peer.'),
    payment_hash: answer.hash('Its payment hash.'),
    state: answer.oneOf(HTLC_STATES, 'Its state.'),
  },
  'An HTLC.',
);

/** `is_over`: the chain has decided about all that was in the channel. */
function rowsOf({ state }: LiveChannel, is_over: boolean) {
  if (is_over) return [];
  return state.htlcs.map((each) => ({
    short_channel_id: shortChannelId(state) ?? (state.terms.local_alias as string),
    id: each.id,
    expiry: each.cltv_expiry,
    amount_msat: each.amount_msat as bigint,
    direction: each.offered_by === 'local' ? ('out' as const) : ('in' as const),
    payment_hash: each.payment_hash as string,
    state: htlcState(each),
  }));
}

/** Shows payments in flight. */
export const listhtlcs = defineCommand({
  name: 'listhtlcs',
  category: 'channels',
  title: 'Command for querying HTLCs',
  description:
    'Lists the HTLCs that are in flight, in every channel or in one. `listinvoices` and `listsendpays` show those that ended.',
  params: {
    id: optional(field.string, 'Only HTLCs of this channel: its channel_id, short_channel_id or alias, or its peer.'),
  },
  returns: { htlcs: answer.array(htlc, 'The HTLCs.') },
  errors: [],
  see_also: ['listpeerchannels'],
  access: 'read',
  run({ id }, { channels, endings }) {
    const asked = id === undefined ? channels.list() : channelsNamed(id, channels.list());
    const isOver = ({ channel_id }: LiveChannel): boolean => endings.view(channel_id)?.are_htlcs_over === true;
    return { htlcs: asked.flatMap((channel) => rowsOf(channel, isOver(channel))) };
  },
});
