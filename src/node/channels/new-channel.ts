/** What follows from an opening: the wallet's transaction, the channel's first row, the answer to whoever asked. */

import { sat } from '../../base/types/amount.ts';
import type { Effect } from '../../protocol/channel/effect.ts';
import type { ChannelState } from '../../protocol/channel/state.ts';
import type { Channels } from './channels.ts';
import { carryOut } from './effects.ts';
import { LiveChannel } from './live-channel.ts';
import type { LiveOpening } from './openings.ts';
import { feeratesOf } from './options.ts';

/** Carries out the effects of an opening; with a state, the opening has become a channel. */
export function followOpening(
  channels: Channels,
  opening: LiveOpening,
  effects: readonly Effect[],
  state: ChannelState | undefined,
): void {
  if (state !== undefined) {
    create(channels, opening, state, effects);
    return;
  }
  const { book, options } = channels;
  for (const effect of effects) {
    if (effect.kind === 'send') book.send(opening.peer, effect.message);
    else if (effect.kind === 'disconnect') book.speak(() => opening.peer.disconnect(effect.reason));
    else if (effect.kind === 'peer_warned') options.log.warn(`peer ${opening.peer.node_id} warns: ${effect.text}`);
    else if (effect.kind === 'funding_needed') {
      void fund(channels, opening, effect.script_pubkey, effect.funding_satoshis);
    } else if (effect.kind === 'opening_failed') {
      if (opening.funding_txid !== undefined) options.wallet.release(opening.funding_txid);
      channels.newcomers.giveBack(opening.shutdown_script);
      options.log.info(`a channel with ${opening.peer.node_id} did not come about: ${effect.reason}`);
      opening.end?.resolve({ kind: 'failed', reason: effect.reason, cause: opening.failure });
    }
  }
}

/** The peer accepted: the wallet makes the transaction, and keeps it to itself until the peer has signed. */
async function fund(
  { options, openings }: Channels,
  opening: LiveOpening,
  script_pubkey: string,
  funding_satoshis: bigint,
): Promise<void> {
  try {
    const how = opening.funding ?? { feerate_per_kw: feeratesOf(options.chain).closing_per_kw };
    const { txid, vout } = await options.wallet.fund(script_pubkey, sat(funding_satoshis), how);
    opening.funding_txid = txid;
    openings.step(opening, { kind: 'fund', funding_txid: txid, funding_output_index: vout });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    opening.failure = error;
    openings.step(opening, { kind: 'cancel', reason: `no funding transaction: ${reason}` });
  }
}

function create(channels: Channels, opening: LiveOpening, state: ChannelState, effects: readonly Effect[]): void {
  const { peer, key_id, signer, end } = opening;
  const channel = new LiveChannel(peer.node_id, key_id, signer, state, undefined);
  channel.peer = peer;
  channels.add(channel, channels.options.chain.tip().height + 1);
  channels.touch(channel);
  // Before money goes into the channel: from then on its backup is what gets it out again.
  channels.book.speak(channels.options.onListChanged);
  carryOut(channels, channel, effects);
  const { funding_txid, funding_output_index } = state.terms;
  channels.book.speak(() => {
    channels.options.log.info(`channel ${channel.channel_id} with ${peer.node_id} waits for its funding transaction`);
    end?.resolve({ kind: 'channel', channel_id: channel.channel_id, funding_txid, outnum: funding_output_index });
  });
}
