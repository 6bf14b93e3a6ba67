/** The channel that an operator means: by its id, by a name of it, or by its peer. */

import { RpcError } from '../../base/errors.ts';
import type { LiveChannel } from '../../node/channels/live-channel.ts';
import { knownNames } from '../../protocol/channel/facts.ts';
import { shortChannelId } from '../../protocol/channel/ready.ts';

/** The channels that the text may mean. */
export function channelsNamed(text: string, channels: readonly LiveChannel[]): readonly LiveChannel[] {
  const word = text.toLowerCase();
  return channels.filter(({ channel_id, peer_id, state }) => {
    const names: readonly string[] = [channel_id, peer_id, ...knownNames(state), shortChannelId(state) ?? ''];
    return names.includes(word);
  });
}

/**
 * The only channel that the text means. A peer means the one that is still open with it: those that were closed before
 * stay in the list for days. Throws RpcError when there is none, or more than one.
 */
export function channelNamed(text: string, channels: readonly LiveChannel[]): LiveChannel {
  const named = channelsNamed(text, channels);
  if (named.length === 0) {
    throw new RpcError('INVALID_PARAMS', `id: there is no channel of this name, id or peer: '${text.slice(0, 80)}'`);
  }
  const [first, second] = named.length === 1 ? named : named.filter(isOpen);
  if (first === undefined) throw new RpcError('LIGHTNINGD', 'Peer has no active channel');
  if (second !== undefined) {
    throw new RpcError('LIGHTNINGD', 'Peer has multiple channels: use channel_id or short_channel_id');
  }
  return first;
}

/** Whether it can still be closed. */
function isOpen({ state: { phase } }: LiveChannel): boolean {
  return phase === 'opening' || phase === 'normal' || phase === 'closing';
}
