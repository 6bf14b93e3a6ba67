/** Carries out what a channel's step asks for: into the next unit what is to be written, behind it what is to be said. */

import { toHex } from '../../base/types/hex.ts';
import type { ShortChannelId } from '../../base/types/short-channel-id.ts';
import type { Effect } from '../../protocol/channel/effect.ts';
import { channelUpdateFacts } from '../../protocol/channel/facts.ts';
import { isFundingSafe } from '../../protocol/channel/ready.ts';
import type { AnnouncementSignatures, Failure, Htlc } from '../../protocol/channel/state.ts';
import { encodeRevokedHtlc } from '../../protocol/onchain/revoked-htlc.ts';
import type { Channels } from './channels.ts';
import { announcementDigest, completeAnnouncement, signUpdate, unsignedAnnouncement } from './gossip.ts';
import { insertIncoming, peel } from './incoming.ts';
import type { LiveChannel } from './live-channel.ts';

/** Carries the effects of one step out, in their order, within the unit that the book gathers. */
export function carryOut(channels: Channels, channel: LiveChannel, effects: readonly Effect[]): void {
  for (const effect of effects) carryOutOne(channels, channel, effect);
}

function carryOutOne(channels: Channels, channel: LiveChannel, effect: Effect): void {
  const { book, options } = channels;
  const { channel_id, peer } = channel;
  switch (effect.kind) {
    case 'send':
      // To the connection that it was meant for: on the next one it would be wrong.
      if (peer !== undefined) book.send(peer, effect.message);
      break;
    case 'disconnect':
      book.speak(() => peer?.disconnect(effect.reason));
      break;
    case 'store_revoked_htlc':
      book.write({
        sql: 'INSERT INTO revoked_htlcs (channel_id, htlc) VALUES (?, ?)',
        params: [channel_id, encodeRevokedHtlc(effect.htlc)],
      });
      break;
    case 'broadcast_funding':
      book.speak(() => options.wallet.publish(channel.state.terms.funding_txid));
      break;
    case 'broadcast':
      if (effect.purpose === 'commitment') options.endings.begin(channel, true, isHurried(channel));
      else book.speak(() => void broadcastClose(channels, channel, effect.transaction));
      break;
    case 'channel_forgotten':
      options.log.warn(`channel ${channel_id} is forgotten: ${effect.reason}`);
      channels.forget(channel);
      break;
    case 'channel_usable':
      book.speak(() => options.log.info(`channel ${channel_id} with ${channel.peer_id} is ready`));
      sayUpdate(channels, channel);
      break;
    case 'alias_changed':
      sayUpdate(channels, channel);
      break;
    case 'announcement_due':
      announce(channels, channel, effect.short_channel_id);
      break;
    case 'announcement_complete':
      publish(channels, channel, effect.local, effect.remote);
      break;
    case 'htlc_committed':
      take(channels, channel, effect.htlc);
      break;
    case 'htlc_fulfilled': {
      const { id, payment_hash, payment_preimage } = effect;
      book.write(...options.outgoing.fulfilled(channel_id, id, payment_hash, payment_preimage));
      book.speak(() => options.outgoing.told(channel_id, id));
      break;
    }
    case 'htlc_removed': {
      const { htlc } = effect;
      book.write(...options.outgoing.removed(channel_id, htlc));
      channels.apply(channel, { kind: 'take', incoming: [], outgoing: [htlc.id] });
      book.speak(() => options.outgoing.told(channel_id, htlc.id));
      break;
    }
    case 'htlc_expiring':
      options.incoming.expire(channel_id, effect.id);
      break;
    case 'commit_due':
      channels.requireCommit(channel);
      break;
    case 'peer_warned':
      options.log.warn(`peer ${channel.peer_id} warns about channel ${channel_id}: ${effect.text}`);
      break;
    case 'closing_agreed':
      options.log.info(`channel ${channel_id} closes in agreement, for a fee of ${effect.fee_satoshis} sat`);
      break;
    case 'channel_failed':
      options.log.warn(`channel ${channel_id} is over: ${whose(channel.state.failure)}${effect.reason}`);
      options.endings.begin(channel, false, false);
      channels.refuseWaiting(channel_id);
      break;
    case 'funding_spent':
      channels.refuseWaiting(channel_id);
      break;
    case 'channel_created':
    case 'htlc_offered':
    case 'funding_needed':
    case 'opening_failed':
      break;
  }
}

/** The operator, or a deadline, wants our commitment in a block soon; what a peer did to fail has time. */
function isHurried({ closing }: LiveChannel): boolean {
  return closing?.close_cause === 'user' || closing?.close_cause === 'local';
}

/** Sends a mutual close, for the first time or again. */
export async function broadcastClose(
  { options }: Channels,
  { channel_id }: LiveChannel,
  transaction: string,
): Promise<void> {
  const what = `the closing transaction of channel ${channel_id}`;
  try {
    const result = await options.chain.broadcast([Buffer.from(transaction, 'hex')]);
    if (result.kind === 'rejected') options.log.warn(`${what} was refused: ${result.reason}`);
    if (result.kind === 'accepted') options.log.info(`${what} is on its way`);
  } catch (error) {
    options.log.warn(`${what} could not be sent yet: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** An HTLC of the peer is irrevocable: reads its onion, writes it down, and hands it to the payments. */
function take(channels: Channels, channel: LiveChannel, htlc: Htlc): void {
  const { book, options } = channels;
  const { channel_id } = channel;
  const peeled = peel(channel_id, htlc, (point) => options.keys.sharedSecret(point));
  if (peeled.kind === 'refused') {
    channels.apply(channel, { kind: 'remove_htlc', id: htlc.id, removal: peeled.removal });
    return;
  }
  channels.remember(peeled.htlc);
  book.write(insertIncoming(peeled.htlc));
  channels.apply(channel, { kind: 'take', incoming: [htlc.id], outgoing: [] });
  // Too much dust, or a channel whose funding may still vanish: what arrived over it could be taken away again.
  if (htlc.over_exposed || !isFundingSafe(channel.state)) {
    channels.fail(channel_id, htlc.id, { failure: 'temporary_channel_failure', channel_update: new Uint8Array(0) });
  } else {
    // It writes that the invoice is paid behind what is written here, and says nothing before that is durable.
    book.follow(() => options.incoming.offer(peeled.htlc));
  }
}

/** Tells the peer what payments over this channel would ask: without it the peer gives its payers no way through us. */
export function sayUpdate({ book, options }: Channels, { peer, peer_id, state }: LiveChannel): void {
  const facts = channelUpdateFacts(state);
  if (facts === undefined || peer === undefined) return;
  const { keys, network, forwarding, clock } = options;
  book.send(peer, signUpdate(keys, peer_id, network.chain_hash, facts, forwarding, clock.nowSeconds()));
}

function announce(channels: Channels, channel: LiveChannel, short_channel_id: ShortChannelId): void {
  const { keys, network } = channels.options;
  const { terms } = channel.state;
  const digest = announcementDigest(
    unsignedAnnouncement(keys, channel.peer_id, network.chain_hash, terms, short_channel_id),
  );
  const signatures: AnnouncementSignatures = {
    short_channel_id,
    node_signature: toHex(keys.signAsNode(digest)),
    bitcoin_signature: toHex(keys.signAsFunding(channel.key_id, digest)),
  };
  channels.apply(channel, { kind: 'announce', signatures });
}

/** Both sides have signed: the peer carries the announcement to the network. */
function publish(
  channels: Channels,
  channel: LiveChannel,
  local: AnnouncementSignatures,
  remote: AnnouncementSignatures,
): void {
  const { keys, network, log } = channels.options;
  const { peer, peer_id, state } = channel;
  const announcement = completeAnnouncement(keys, peer_id, network.chain_hash, state.terms, local, remote);
  if (announcement === undefined) {
    log.warn(`channel ${channel.channel_id}: the peer's announcement signatures are not valid`);
    channels.apply(channel, { kind: 'refuse_announcement' });
    return;
  }
  if (peer !== undefined) channels.book.send(peer, announcement);
  sayUpdate(channels, channel);
}

/** Before the peer's own words in the log: nobody should take them for ours. */
function whose(failure: Failure | undefined): string {
  return failure?.by === 'remote' ? 'the peer says: ' : '';
}
