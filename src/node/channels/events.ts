/** The events of channels: rows of the log, written by the units that open, close and remove them. */
import { eventData, eventWrites } from '../../infra/store/event-rows.ts';
import type { Write } from '../../infra/store/store.ts';
import { shortChannelId } from '../../protocol/channel/ready.ts';
import type { LiveChannel } from './live-channel.ts';

/** Of the channel as it is now. */
export function channelEvent(
  type: 'channel.opened' | 'channel.closing' | 'channel.closed',
  channel: LiveChannel,
  now_seconds: number,
): readonly Write[] {
  const { channel_id, peer_id, state, closing } = channel;
  const { funding_txid, funding_output_index, funding_satoshis } = state.terms;
  const data = eventData({
    channel_id,
    peer_id,
    short_channel_id: shortChannelId(state),
    funding_txid,
    funding_outnum: funding_output_index,
    total_msat: funding_satoshis * 1000n,
    ...(type === 'channel.opened' ? {} : closing),
  });
  return eventWrites({ type, at: now_seconds, data });
}

/** The funding of a channel that was bought is neither in the mempool nor in a block. */
export function fundingMissingEvent(
  { channel_id, peer_id, state }: LiveChannel,
  now_seconds: number,
): readonly Write[] {
  const { funding_txid, funding_output_index, funding_satoshis } = state.terms;
  const data = eventData({
    channel_id,
    peer_id,
    funding_txid,
    funding_outnum: funding_output_index,
    total_msat: funding_satoshis * 1000n,
    to_us_msat: state.local_msat,
  });
  return eventWrites({ type: 'warning.funding_missing', at: now_seconds, data });
}
