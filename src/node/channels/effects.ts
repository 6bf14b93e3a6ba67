/**
 * Carries out what a channel's step asks for: adds to the next unit what is to be written, and behind it what is to be
 * said. It sees of the node only what `EffectScope` names. What a channel must be told in answer is not told here: it is
 * handed back, and the turn applies it when the step is done.
 */

import { msatToSatFloor } from '../../base/types/amount.ts';
import type { Clock } from '../../base/types/clock.ts';
import type { Effect } from '../../protocol/channel/effect.ts';
import { isOnlyPayment } from '../../protocol/channel/funding.ts';
import type { Input } from '../../protocol/channel/input.ts';
import type { ChannelMessage } from '../../protocol/channel/message.ts';
import { isFundingSafe } from '../../protocol/channel/ready.ts';
import type { Failure, Htlc } from '../../protocol/channel/state.ts';
import { encodeRevokedHtlc } from '../../protocol/onchain/revoked-htlc.ts';
import type { Agenda } from './agenda.ts';
import type { Book } from './book.ts';
import { channelEvent, fundingMissingEvent } from './events.ts';
import { failRemoval, peel } from './incoming.ts';
import type { IncomingHtlcs } from './incoming-htlcs.ts';
import type { LiveChannel } from './live-channel.ts';
import { type PassingPort, passOn } from './passing.ts';
import type {
  BoughtPort,
  ChannelGossip,
  ChannelLog,
  EndingPort,
  IncomingPort,
  NodeKeys,
  OutgoingPort,
} from './ports.ts';

/** What effects may reach. */
export interface EffectScope {
  readonly book: Pick<Book, 'write' | 'speak' | 'send' | 'follow'>;
  readonly agenda: Pick<Agenda, 'sign'>;
  readonly incoming_htlcs: Pick<IncomingHtlcs, 'add' | 'unclaimed'>;
  readonly keys: Pick<NodeKeys, 'sharedSecret'>;
  readonly gossip: ChannelGossip;
  readonly incoming: Pick<IncomingPort, 'offer' | 'expire'>;
  /** HTLCs for others; a shop has nobody who takes them. */
  readonly passing?: PassingPort | undefined;
  readonly outgoing: OutgoingPort;
  readonly endings: Pick<EndingPort, 'begin' | 'lost'>;
  readonly bought?: Pick<BoughtPort, 'isFor'> | undefined;
  readonly log: ChannelLog;
  readonly clock: Pick<Clock, 'nowSeconds'>;
  /** Sends the funding transaction, which the wallet has held until now. */
  publishFunding(channel: LiveChannel): void;
  /** Sends a mutual close: serialized, hex. */
  broadcastClose(channel: LiveChannel, transaction: string): void;
  /** Tells the channel that the time is over, if its connection is still the same then. */
  pause(channel: LiveChannel, pause_ms: number): void;
  /** The channel cannot go on over this connection. */
  setAside(channel: LiveChannel, cause: ChannelMessage['type'], reason: string): void;
  /** There is more to keep of the channels than before. */
  onListChanged(): void;
  /** The channel never had funding: nothing is kept of it. */
  forget(channel: LiveChannel): void;
}

const NOTHING_MORE: readonly Input[] = [];

/** Carries out the effects of one step, in their order. Answers what the channel is to be told next, in its order. */
export function carryOut(scope: EffectScope, channel: LiveChannel, effects: readonly Effect[]): readonly Input[] {
  return effects.flatMap((effect) => carryOutOne(scope, channel, effect));
}

function carryOutOne(scope: EffectScope, channel: LiveChannel, effect: Effect): readonly Input[] {
  const { book, log } = scope;
  const { channel_id, peer } = channel;
  switch (effect.kind) {
    case 'send':
      // To the connection that it was meant for: on the next one it would be wrong.
      if (peer !== undefined) book.send(peer, effect.message);
      return NOTHING_MORE;
    case 'set_aside':
      scope.setAside(channel, effect.cause, effect.reason);
      return NOTHING_MORE;
    case 'passed_over':
      book.speak(() => log.info(`channel ${channel_id}: ignored a message of the peer: ${effect.reason}`));
      return NOTHING_MORE;
    case 'peer_behind':
      book.speak(() =>
        log.warn(`channel ${channel_id}: the peer came back with an old state, and was told: ${effect.reason}`),
      );
      return NOTHING_MORE;
    case 'store_revoked_htlc':
      book.write({
        sql: 'INSERT INTO revoked_htlcs (channel_id, htlc) VALUES (?, ?)',
        params: [channel_id, encodeRevokedHtlc(effect.htlc)],
      });
      return NOTHING_MORE;
    case 'broadcast_funding':
      book.speak(() => scope.publishFunding(channel));
      return NOTHING_MORE;
    case 'broadcast':
      if (effect.purpose === 'commitment') scope.endings.begin(channel, true, isHurried(channel));
      else book.speak(() => scope.broadcastClose(channel, effect.transaction));
      return NOTHING_MORE;
    case 'channel_forgotten':
      log.warn(`channel ${channel_id} is forgotten: ${effect.reason}`);
      scope.forget(channel);
      return NOTHING_MORE;
    case 'waits_for_funding':
      log.warn(
        `channel ${channel_id} is over before its funding is in a block: ${whose(channel.state.failure)}${effect.reason}. ` +
          'It is watched on, because the peer has pushed money to us in it',
      );
      return NOTHING_MORE;
    case 'funding_left':
    case 'funding_back':
    case 'funding_rival':
      book.speak(() => log.warn(fundingText(channel, effect)));
      return NOTHING_MORE;
    case 'funding_seen':
      // Before there was money in it: from now on its backup is what gets it out again.
      book.speak(scope.onListChanged);
      book.speak(() => log.info(`channel ${channel_id}: its funding is in the mempool`));
      return NOTHING_MORE;
    case 'funding_vanished':
      tellVanished(scope, channel);
      return NOTHING_MORE;
    case 'funding_lost':
      tellLost(scope, channel, effect);
      return NOTHING_MORE;
    case 'channel_usable':
      book.write(...channelEvent('channel.opened', channel, scope.clock.nowSeconds()));
      book.speak(() => log.info(`channel ${channel_id} with ${channel.peer_id} is ready`));
      scope.gossip.sayUpdate(channel);
      return NOTHING_MORE;
    case 'alias_changed':
    case 'reestablished':
      scope.gossip.sayUpdate(channel);
      return NOTHING_MORE;
    case 'announcement_due': {
      const signatures = scope.gossip.signAnnouncement(channel, effect.short_channel_id);
      return [{ kind: 'announce', signatures }];
    }
    case 'announcement_complete': {
      const isValid = scope.gossip.announce(channel, effect.local, effect.remote);
      return isValid ? NOTHING_MORE : [{ kind: 'refuse_announcement' }];
    }
    case 'htlc_committed':
      return take(scope, channel, effect.htlc);
    case 'htlc_fulfilled':
      tellFulfilled(scope, channel, effect);
      return NOTHING_MORE;
    case 'htlc_removed': {
      const { htlc } = effect;
      book.write(...scope.outgoing.removed(channel_id, htlc));
      book.speak(() => scope.outgoing.told(channel_id, htlc.id));
      return [{ kind: 'take', incoming: [], outgoing: [htlc.id] }];
    }
    case 'htlc_expiring':
      // Behind this turn: the answer is an input of this channel.
      book.follow(() => scope.incoming.expire(channel_id, effect.id));
      return NOTHING_MORE;
    case 'commit_due':
      scope.agenda.sign(channel);
      return NOTHING_MORE;
    case 'pause':
      scope.pause(channel, effect.pause_ms);
      return NOTHING_MORE;
    case 'peer_warned':
      channel.warning = effect.text;
      log.warn(`peer ${channel.peer_id} warns about channel ${channel_id}: ${effect.text}`);
      return NOTHING_MORE;
    case 'closing_agreed':
      log.info(`channel ${channel_id} closes in agreement, for a fee of ${effect.fee_satoshis} sat`);
      return NOTHING_MORE;
    case 'channel_failed':
      log.warn(`channel ${channel_id} is over: ${whose(channel.state.failure)}${effect.reason}`);
      scope.endings.begin(channel, false, false);
      refuseWaiting(scope, channel);
      return NOTHING_MORE;
    case 'funding_spent':
      refuseWaiting(scope, channel);
      return NOTHING_MORE;
    case 'channel_created':
    case 'htlc_offered':
    case 'funding_needed':
    case 'opening_failed':
      return NOTHING_MORE;
  }
}

/** An HTLC of the peer is irrevocable: reads its onion, writes it down, and hands it to the payments. */
function take(scope: EffectScope, channel: LiveChannel, htlc: Htlc): readonly Input[] {
  const { channel_id } = channel;
  const peeled = peel(channel_id, htlc, (point) => scope.keys.sharedSecret(point));
  if (peeled.kind === 'passing') return passOn(scope, channel_id, htlc, peeled);
  if (peeled.kind === 'refused') return [{ kind: 'remove_htlc', id: htlc.id, removal: peeled.removal }];
  const taken: Input = { kind: 'take', incoming: [htlc.id], outgoing: [] };
  // Too much dust, or a channel whose funding may still vanish: what arrived over it could be taken away again.
  if (htlc.over_exposed || !mayCarry(scope, channel, htlc)) {
    // A final node has no channel behind it that could fail (BOLT 4): this is a failure of the node, and may be tried again.
    const failure = { failure: 'temporary_node_failure' } as const;
    return [taken, { kind: 'remove_htlc', id: htlc.id, removal: failRemoval(peeled.htlc.shared_secret, failure) }];
  }
  scope.incoming_htlcs.add(peeled.htlc);
  // It writes that the invoice is paid behind what is written here, and says nothing before that is durable.
  scope.book.follow(() => scope.incoming.offer(peeled.htlc));
  return [taken];
}

/** Whether what the channel brings can be counted on, or the operator has accepted the risk for this one payment. */
function mayCarry({ bought }: EffectScope, { state, peer_id }: LiveChannel, { payment_hash }: Htlc): boolean {
  if (isFundingSafe(state)) return true;
  return isOnlyPayment(state, payment_hash) && bought?.isFor(peer_id, payment_hash) === true;
}

/** The funding of a channel that was bought was in the mempool, and is not any more. */
function tellVanished({ book, log, clock }: EffectScope, channel: LiveChannel): void {
  const { channel_id, state } = channel;
  book.write(...fundingMissingEvent(channel, clock.nowSeconds()));
  book.speak(() =>
    log.warn(
      `channel ${channel_id}: its funding ${state.terms.funding_txid} has left the mempool, and no block holds it. ` +
        `${msatToSatFloor(state.local_msat)} sat of ours in it do not count before it is back`,
    ),
  );
}

/** The peer revealed a preimage: the payment that it proves is written down, and reported once that is durable. */
function tellFulfilled(
  { book, outgoing }: EffectScope,
  { channel_id }: LiveChannel,
  { id, payment_hash, payment_preimage }: Extract<Effect, { kind: 'htlc_fulfilled' }>,
): void {
  book.write(...outgoing.fulfilled(channel_id, id, payment_hash, payment_preimage));
  book.speak(() => outgoing.told(channel_id, id));
}

/** A payment that was not accepted before its channel was over is not accepted any more. */
function refuseWaiting({ book, incoming, incoming_htlcs }: EffectScope, { channel_id }: LiveChannel): void {
  for (const { htlc_id } of incoming_htlcs.unclaimed(channel_id)) {
    book.speak(() => incoming.expire(channel_id, htlc_id));
  }
}

/** The channel is history: what was ours in it is gone, and what it was to bring. */
function tellLost(
  scope: EffectScope,
  channel: LiveChannel,
  { lost_msat, payments }: Extract<Effect, { kind: 'funding_lost' }>,
): void {
  const { log, endings } = scope;
  const { channel_id, state } = channel;
  const { txid, block_height } = state.funding_rival ?? {};
  log.warn(
    `channel ${channel_id} IS LOST: transaction ${txid} in block ${block_height} spends what its funding was to spend, ` +
      `for good. ${msatToSatFloor(lost_msat)} sat in it were ours`,
  );
  for (const { payment_hash, amount_msat } of payments) {
    const amount_sat = msatToSatFloor(amount_msat);
    log.warn(`channel ${channel_id}: payment ${payment_hash} of ${amount_sat} sat IS LOST, its invoice stays paid`);
  }
  refuseWaiting(scope, channel);
  endings.lost(channel);
}

/** What a reorganisation did to the funding. */
function fundingText({ channel_id, state }: LiveChannel, effect: FundingEffect): string {
  const { funding_txid } = state.terms;
  const ours = `${msatToSatFloor(state.local_msat)} sat of ours`;
  switch (effect.kind) {
    case 'funding_left':
      return `channel ${channel_id}: a reorganisation took its funding ${funding_txid} out of the chain. ${ours} in it do not count before it is back`;
    case 'funding_back':
      return `channel ${channel_id}: its funding ${funding_txid} is in the chain again, and ${ours}`;
    case 'funding_rival':
      return `channel ${channel_id}: transaction ${effect.rival.txid} in block ${effect.rival.block_height} spends what its funding ${funding_txid} was to spend. Unless that is undone, ${ours} in it are lost`;
  }
}

type FundingEffect = Extract<Effect, { kind: 'funding_left' | 'funding_back' | 'funding_rival' }>;

/** The operator, or a deadline, wants our commitment in a block soon; what a peer did to fail has time. */
function isHurried({ closing }: LiveChannel): boolean {
  return closing?.close_cause === 'user' || closing?.close_cause === 'local';
}

/** Before the peer's own words in the log: nobody should take them for ours. */
function whose(failure: Failure | undefined): string {
  return failure?.by === 'remote' ? 'the peer says: ' : '';
}
