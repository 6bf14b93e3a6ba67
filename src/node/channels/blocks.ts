/** What a new best block means for a channel: its funding is deeper, deadlines come nearer, feerates move. */
import type { FundingWatch } from './funding-watch.ts';
import type { LiveChannel } from './live-channel.ts';
import { type ChannelsOptions, feeratesOf } from './options.ts';
import type { ChannelTable } from './table.ts';
import type { Turns } from './turn.ts';

/** A commitment's feerate is moved when the estimate is so far above it, or below. */
const FAR_ABOVE = 1.2;
const FAR_BELOW = 1.5;

/** Tells every channel of the block. `sendCloseAgain`: a mutual close that no block holds is sent again. */
export function tellBlock(
  chain: ChannelsOptions['chain'],
  table: ChannelTable,
  turns: Turns,
  funding: FundingWatch,
  sendCloseAgain: (channel: LiveChannel) => void,
): void {
  const { commitment_per_kw } = feeratesOf(chain);
  for (const channel of table.list()) {
    funding.block(channel);
    turns.apply(channel, { kind: 'block' });
    sendCloseAgain(channel);
    const { state } = channel;
    const current = state.feerates.at(-1)?.feerate_per_kw ?? commitment_per_kw;
    const isFarOff = commitment_per_kw > current * FAR_ABOVE || commitment_per_kw < current / FAR_BELOW;
    const isOurs = state.terms.opener === 'local' && state.phase === 'normal' && state.link === 'up';
    if (isOurs && isFarOff) turns.apply(channel, { kind: 'update_fee', feerate_per_kw: commitment_per_kw });
  }
}
