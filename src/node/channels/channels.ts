/**
 * The live channels: every input of every channel comes through here (a peer's message, a block, a command), moves the
 * channel's state at once, and leaves what it has to write and to say in the book, which commits first and speaks then.
 */

import type { ChannelId, NodeId, PaymentPreimage } from '../../base/types/brand.ts';
import { type FeatureName, type Features, hasFeature } from '../../base/types/features.ts';
import type { FailureMessage } from '../../codec/onion/failure.ts';
import type { KnownMessage } from '../../codec/wire/index.ts';
import { readAll } from '../../infra/store/read-all.ts';
import type { Write } from '../../infra/store/store.ts';
import { decodeState } from '../../protocol/channel/codec.ts';
import { isOver, isUnfunded } from '../../protocol/channel/failure.ts';
import type { Refusal } from '../../protocol/channel/fault.ts';
import type { OfferedHtlc } from '../../protocol/channel/htlc.ts';
import type { Input } from '../../protocol/channel/input.ts';
import type { Environment } from '../../protocol/channel/policy.ts';
import type { ChannelSigner } from '../../protocol/channel/signer.ts';
import type { ChannelState, Removal } from '../../protocol/channel/state.ts';
import { type Outcome, step, untaken } from '../../protocol/channel/step.ts';
import { Book } from './book.ts';
import { closingBegunBy } from './close-cause.ts';
import { broadcastClose, carryOut } from './effects.ts';
import { FundingWatch } from './funding-watch.ts';
import { deleteIncoming, failRemoval, SELECT_INCOMING, type StoredHtlc, storedHtlc } from './incoming.ts';
import { decodeUpdate, LiveChannel } from './live-channel.ts';
import { followOpening } from './new-channel.ts';
import { Newcomers, type OpenOptions } from './newcomers.ts';
import { type OpeningEnd, Openings } from './openings.ts';
import { type ChannelsOptions, feeratesOf } from './options.ts';
import { ALL_CHANNELS, type ConnectedPeer } from './ports.ts';
import { receiveUpdate } from './remote-update.ts';

export class Channels {
  readonly options: ChannelsOptions;
  readonly book: Book;
  readonly openings: Openings;
  readonly funding: FundingWatch;
  readonly newcomers = new Newcomers(this);
  /** HTLCs of payments to us that have not ended, by channel and id. */
  readonly incoming = new Map<string, StoredHtlc>();
  readonly #channels = new Map<ChannelId, LiveChannel>();
  /** All channels that ever had a row: a funding output is for one channel. */
  readonly #known = new Set<ChannelId>();
  readonly #peers = new Map<NodeId, ConnectedPeer>();
  readonly #dirty = new Set<LiveChannel>();
  readonly #commit_due = new Set<LiveChannel>();
  #stopTip: () => void = () => {};

  constructor(options: ChannelsOptions) {
    this.options = options;
    this.book = new Book(options.store, () => this.#complete());
    this.funding = new FundingWatch(
      options.chain,
      options.policy,
      (channel, input) => this.apply(channel, input),
      (channel, transaction, height) => options.endings.spent(channel, transaction, height),
    );
    this.openings = new Openings({
      clock: options.clock,
      environment: (signer, peer) => this.#environment(signer, peer.features),
      isKnown: (channel_id) => this.#known.has(channel_id),
      created: (opening, state, effects) => followOpening(this, opening, effects, state),
      effects: (opening, effects) => followOpening(this, opening, effects, undefined),
    });
  }

  /** Reads what the store holds, and goes on where the last run ended. `resume_height`: the first block not yet seen. */
  async start(resume_height: number): Promise<void> {
    const { store, keys, incoming, endings } = this.options;
    const rows = await readAll(store, 'SELECT * FROM channels WHERE is_closed = 0 ORDER BY channel_id');
    for (const row of rows) {
      const key_id = row.key_id as string;
      const state = decodeState(row.state as string);
      const update = decodeUpdate(row.remote_update as string | null);
      const channel = new LiveChannel(row.peer_id as NodeId, key_id, keys.channelSigner(key_id), state, update);
      channel.restore(row);
      this.add(channel, resume_height);
    }
    const closed = await readAll(store, 'SELECT channel_id FROM channels WHERE is_closed = 1 ORDER BY channel_id');
    for (const { channel_id } of closed) this.#known.add(channel_id as ChannelId);
    for (const row of await readAll(store, SELECT_INCOMING)) this.remember(storedHtlc(row));
    await endings.start(this.list(), resume_height);
    for (const channel of this.list()) {
      carryOut(this, channel, untaken(channel.state));
      this.#sendCloseAgain(channel);
    }
    for (const htlc of [...this.incoming.values()]) {
      if (htlc.is_claimed) incoming.resume(htlc);
      else if (this.#isOffered(htlc)) incoming.offer(htlc);
    }
    this.#stopTip = this.options.chain.onTip((event) => {
      if (event.kind === 'connected') this.#block();
    });
  }

  /** No block moves a channel any more; resolves when all is written and said. */
  async stop(): Promise<void> {
    this.#stopTip();
    for (const channel of this.list()) for (const cancel of channel.cancelWatches) cancel();
    await this.book.idle();
  }

  list(): readonly LiveChannel[] {
    return [...this.#channels.values()];
  }

  find(channel_id: ChannelId): LiveChannel | undefined {
    return this.#channels.get(channel_id);
  }

  /** Whether there is a channel with this node that is more than a promise. */
  hasFunded(node_id: NodeId): boolean {
    return this.list().some(({ peer_id, state }) => peer_id === node_id && !isUnfunded(state));
  }

  /** The connection to a node, if there is one. */
  peer(node_id: NodeId): ConnectedPeer | undefined {
    return this.#peers.get(node_id);
  }

  /** A channel exists from now on. Throws RangeError when there is one of this id, or was. */
  add(channel: LiveChannel, from_height: number): void {
    if (this.#known.has(channel.channel_id)) throw new RangeError(`there is a channel ${channel.channel_id} already`);
    this.#known.add(channel.channel_id);
    this.#channels.set(channel.channel_id, channel);
    this.funding.start(channel, from_height);
  }

  /**
   * Takes a channel back of which only the terms are left. The chain is searched for its end from the opening on, and the
   * peer is asked to close. Resolves when that is durable.
   */
  recover(peer_id: NodeId, key_id: string, state: ChannelState): Promise<void> {
    const channel = new LiveChannel(peer_id, key_id, this.options.keys.channelSigner(key_id), state, undefined);
    channel.closing = { closer: 'local', close_cause: 'local' };
    this.add(channel, this.options.chain.tip().height + 1);
    this.touch(channel);
    this.book.speak(this.options.onListChanged);
    this.options.endings.begin(channel, false, false);
    const peer = this.#peers.get(peer_id);
    if (peer !== undefined) {
      channel.peer = peer;
      this.apply(channel, { kind: 'connected' });
    }
    return new Promise((resolve) => this.book.speak(resolve));
  }

  /** The channel is no more: what the store keeps of it is history. */
  remove(channel: LiveChannel, write: Write): void {
    for (const cancel of channel.cancelWatches) cancel();
    this.#channels.delete(channel.channel_id);
    this.#dirty.delete(channel);
    this.book.write(write);
    this.book.speak(this.options.onListChanged);
  }

  /** Nothing of the channel is left on the chain: its row stays as history. */
  resolved(channel_id: ChannelId): void {
    const channel = this.#channels.get(channel_id);
    if (channel === undefined) return;
    this.book.write(channel.save());
    this.remove(channel, { sql: 'UPDATE channels SET is_closed = 1 WHERE channel_id = ?', params: [channel_id] });
    this.#forgetIncoming(channel_id);
  }

  /** The channel never had funding: nothing is kept of it. */
  forget(channel: LiveChannel): void {
    const { channel_id } = channel;
    this.remove(channel, { sql: 'DELETE FROM channels WHERE channel_id = ?', params: [channel_id] });
    this.#forgetIncoming(channel_id);
    this.#known.delete(channel_id);
    this.newcomers.giveBack(channel.state.terms.default_shutdown_script);
  }

  #forgetIncoming(channel_id: ChannelId): void {
    for (const [name, htlc] of this.incoming) if (htlc.channel_id === channel_id) this.incoming.delete(name);
    this.book.write({ sql: 'DELETE FROM incoming_htlcs WHERE channel_id = ?', params: [channel_id] });
  }

  /** Closes a channel without its peer, now. Throws RangeError when there is none. */
  forceClose(channel_id: ChannelId, reason: string): void {
    const channel = this.#channels.get(channel_id);
    if (channel === undefined) throw new RangeError(`there is no channel ${channel_id}`);
    if (channel.state.phase === 'failed') this.options.endings.begin(channel, true, true);
    else this.apply(channel, { kind: 'force_close', reason });
  }

  /** A payment that was not accepted before its channel was over is not accepted any more. */
  refuseWaiting(channel_id: ChannelId): void {
    for (const htlc of this.incoming.values()) {
      if (htlc.channel_id !== channel_id || htlc.is_claimed) continue;
      this.book.speak(() => this.options.incoming.expire(channel_id, htlc.htlc_id));
    }
  }

  /** Whether a payment may still be accepted: not over a channel that the chain decides about. */
  #isOffered({ channel_id }: StoredHtlc): boolean {
    const channel = this.#channels.get(channel_id);
    return channel !== undefined && !isOver(channel.state);
  }

  /** Keeps an incoming HTLC until it ends. */
  remember(htlc: StoredHtlc): void {
    this.incoming.set(`${htlc.channel_id}:${htlc.htlc_id}`, htlc);
  }

  /** Gives a channel an input, and does what follows from it. */
  apply(channel: LiveChannel, input: Input): Outcome {
    const outcome = step(channel.state, input, this.#environment(channel.signer, channel.peer?.features));
    channel.move(outcome.state, closingBegunBy(input, channel.state, outcome.state, channel.closing));
    if (outcome.store) this.touch(channel);
    if (channel.listeners.size > 0) this.book.speak(() => channel.tell());
    if (outcome.violation !== undefined) {
      const { kind, message } = outcome.violation;
      this.options.log.warn(`channel ${channel.channel_id}: the peer broke a rule (${kind}): ${message}`);
    }
    carryOut(this, channel, outcome.effects);
    return outcome;
  }

  /** The channel's row is to be written. */
  touch(channel: LiveChannel): void {
    this.#dirty.add(channel);
    this.book.wake();
  }

  /** Updates wait for our signature: it is made when nothing more comes at once. */
  requireCommit(channel: LiveChannel): void {
    this.#commit_due.add(channel);
    this.book.wake();
  }

  peerConnected(peer: ConnectedPeer): void {
    this.#peers.set(peer.node_id, peer);
    for (const channel of this.list()) {
      if (channel.peer_id !== peer.node_id) continue;
      channel.peer = peer;
      this.apply(channel, { kind: 'connected' });
    }
  }

  peerDisconnected(peer: ConnectedPeer): void {
    if (this.#peers.get(peer.node_id) === peer) this.#peers.delete(peer.node_id);
    this.openings.disconnected(peer);
    for (const channel of this.list()) {
      if (channel.peer !== peer) continue;
      this.apply(channel, { kind: 'disconnected' });
      channel.peer = undefined;
    }
  }

  message(peer: ConnectedPeer, message: KnownMessage): void {
    if (message.type === 'open_channel') {
      void this.newcomers.accept(peer, message);
      return;
    }
    if (message.type === 'channel_update') {
      receiveUpdate(this, peer, message);
      return;
    }
    if (this.openings.receive(peer, message as never)) return;
    if (!('channel_id' in message)) return;
    if (message.channel_id === ALL_CHANNELS && (message.type === 'error' || message.type === 'warning')) {
      for (const channel of this.list()) if (channel.peer === peer) this.apply(channel, { kind: 'message', message });
      return;
    }
    const channel = this.#channels.get(message.channel_id);
    if (channel?.peer === peer) this.apply(channel, { kind: 'message', message });
    else if (message.type !== 'error' && message.type !== 'warning') {
      const data = Buffer.from(`${message.type}: there is no channel ${message.channel_id} with you`);
      this.book.send(peer, { type: 'error', channel_id: message.channel_id, data });
    }
  }

  /** Opens a channel with a connected peer; resolves when it exists, or did not come about. */
  open(peer: ConnectedPeer, options: OpenOptions): Promise<OpeningEnd> {
    return this.newcomers.open(peer, options);
  }

  /** Offers an HTLC. `writesOf` is stored in the unit that makes the offer durable. Throws Refusal. */
  offer(channel_id: ChannelId, htlc: OfferedHtlc, writesOf: (htlc_id: bigint) => readonly Write[]): bigint {
    const channel = this.#channels.get(channel_id);
    if (channel === undefined) throw new RangeError(`there is no channel ${channel_id}`);
    const htlc_id = channel.state.local_next_htlc_id;
    const { refusal } = this.apply(channel, { kind: 'add_htlc', htlc });
    if (refusal !== undefined) throw refusal;
    this.book.write(...writesOf(htlc_id));
    return htlc_id;
  }

  /** The payment is durably ours: the HTLC may be fulfilled. */
  fulfil(channel_id: ChannelId, htlc_id: bigint, payment_preimage: PaymentPreimage): void {
    this.#end(channel_id, htlc_id, { kind: 'fulfill', payment_preimage });
  }

  /** The payment is refused. */
  fail(channel_id: ChannelId, htlc_id: bigint, failure: FailureMessage): void {
    const htlc = this.incoming.get(`${channel_id}:${htlc_id}`);
    if (htlc !== undefined) this.#end(channel_id, htlc_id, failRemoval(htlc.shared_secret, failure));
  }

  #end(channel_id: ChannelId, id: bigint, removal: Removal): void {
    const channel = this.#channels.get(channel_id);
    const refusal: Refusal | undefined = channel && this.apply(channel, { kind: 'remove_htlc', id, removal }).refusal;
    if (channel === undefined) return;
    if (refusal?.code === 'channel_unusable') {
      // The chain decides now. The row stays: until the claim is safe it may have to be made again.
      if (removal.kind === 'fulfill') this.options.endings.preimage(channel_id, id, removal.payment_preimage);
      return;
    }
    this.incoming.delete(`${channel_id}:${id}`);
    this.book.write(deleteIncoming(channel_id, id));
  }

  #environment(signer: ChannelSigner, features: Features | undefined): Environment {
    const { policy, chain } = this.options;
    return {
      signer,
      policy,
      feerates: feeratesOf(chain),
      height: chain.tip().height,
      // Of a peer that is away nobody knows. Nearly all do, and one that does not is closed without, in the end.
      option_shutdown_anysegwit: features === undefined || this.bothOffer(features, 'option_shutdown_anysegwit'),
      option_upfront_shutdown_script: this.bothOffer(features, 'option_upfront_shutdown_script'),
    };
  }

  /** Whether the peer offers this, and we do. */
  bothOffer(features: Features | undefined, name: FeatureName): boolean {
    return features !== undefined && hasFeature(features, name) && hasFeature(this.options.features, name);
  }

  /** Before a unit closes: signs what waits, and encodes each channel that changed, once. */
  #complete(): void {
    for (const channel of [...this.#commit_due]) {
      this.#commit_due.delete(channel);
      this.apply(channel, { kind: 'commit' });
    }
    for (const channel of [...this.#dirty]) {
      this.#dirty.delete(channel);
      this.book.write(channel.save());
      // Behind all that is said: while the peer thinks about it.
      this.book.speak(() => channel.prepare());
    }
  }

  #block(): void {
    const { commitment_per_kw } = feeratesOf(this.options.chain);
    for (const channel of this.list()) {
      this.funding.block(channel);
      this.apply(channel, { kind: 'block' });
      this.#sendCloseAgain(channel);
      const { state } = channel;
      const current = state.feerates.at(-1)?.feerate_per_kw ?? commitment_per_kw;
      const isFarOff = commitment_per_kw > current * 1.2 || commitment_per_kw < current / 1.5;
      const isOurs = state.terms.opener === 'local' && state.phase === 'normal' && state.link === 'up';
      if (isOurs && isFarOff) this.apply(channel, { kind: 'update_fee', feerate_per_kw: commitment_per_kw });
    }
  }

  /** A mutual close that no block holds yet may have been forgotten by the network. */
  #sendCloseAgain(channel: LiveChannel): void {
    const transaction = channel.state.closing_transactions.at(-1);
    if (channel.state.phase !== 'closed' || transaction === undefined) return;
    this.book.speak(() => void broadcastClose(this, channel, transaction));
  }
}
