/**
 * The live channels. This file joins the parts of the module and is what the rest of the node calls:
 *
 * - `table.ts` knows which channels there are, `live-channel.ts` is one of them;
 * - `peer-messages.ts`, `blocks.ts`, `funding-watch.ts` and the commands below bring inputs;
 * - `turn.ts` applies an input, `effects.ts` carries out what follows, `book.ts` commits first and speaks then;
 * - `opening/`, `closing/` and `gossip/` are the parts of a channel's life that have a folder of their own.
 */
import type { ChannelId, NodeId, PaymentPreimage, Txid } from '../../base/types/brand.ts';
import { toHex } from '../../base/types/hex.ts';
import type { FailureMessage } from '../../codec/onion/failure.ts';
import type { KnownMessage } from '../../codec/wire/index.ts';
import type { Confirmation } from '../../infra/chain/source.ts';
import { readAll } from '../../infra/store/read-all.ts';
import type { Write } from '../../infra/store/store.ts';
import { decodeState } from '../../protocol/channel/codec.ts';
import { isOver } from '../../protocol/channel/failure.ts';
import type { OfferedHtlc } from '../../protocol/channel/htlc.ts';
import type { Input } from '../../protocol/channel/input.ts';
import type { ChannelState, Removal as HtlcRemoval } from '../../protocol/channel/state.ts';
import { type Outcome, untaken } from '../../protocol/channel/step.ts';
import { Agenda } from './agenda.ts';
import { Asides } from './asides.ts';
import { tellBlock } from './blocks.ts';
import { Book } from './book.ts';
import { Chatter } from './chatter.ts';
import { endPause, pauseClose } from './closing/pause.ts';
import { ClosePublisher } from './closing/publisher.ts';
import { CloseRaiser } from './closing/raise-close.ts';
import { Removal } from './closing/removal.ts';
import { environmentOf } from './environment.ts';
import { FundingWatch } from './funding-watch.ts';
import { OwnGossip } from './gossip/own-gossip.ts';
import { failRemoval } from './incoming.ts';
import { IncomingHtlcs } from './incoming-htlcs.ts';
import { decodeUpdate, LiveChannel } from './live-channel.ts';
import { Fundings } from './opening/fundings.ts';
import { foundWrite, type LateFunding, LateFundings } from './opening/late-fundings.ts';
import { NewChannels } from './opening/new-channel.ts';
import { Newcomers, type OpenOptions } from './opening/newcomers.ts';
import { type OpeningEnd, Openings } from './opening/openings.ts';
import { SpareScripts } from './opening/spare-scripts.ts';
import type { ChannelsOptions } from './options.ts';
import { PeerMessages } from './peer-messages.ts';
import type { ConnectedPeer } from './ports.ts';
import { Reminders } from './reminders.ts';
import { SilentPeers } from './silent-peers.ts';
import { StableConnections } from './stable-connections.ts';
import { ChannelTable } from './table.ts';
import { Turns } from './turn.ts';

export class Channels {
  readonly options: ChannelsOptions;
  readonly book: Book;
  readonly #table = new ChannelTable();
  readonly #agenda: Agenda;
  readonly #gossip: OwnGossip;
  readonly #incoming_htlcs: IncomingHtlcs;
  readonly #turns: Turns;
  readonly #removal: Removal;
  readonly #late_fundings: LateFundings;
  readonly #funding: FundingWatch;
  readonly #openings: Openings;
  readonly #newcomers: Newcomers;
  readonly #messages: PeerMessages;
  readonly #asides: Asides;
  readonly #publisher: ClosePublisher;
  readonly #raiser: CloseRaiser;
  readonly #reminders: Reminders;
  #stopTip: () => void = () => {};

  constructor(options: ChannelsOptions) {
    const { chain, endings, log } = options;
    this.options = options;
    const table = this.#table;
    const book = new Book(options.store, () => this.#turns.complete());
    const agenda = new Agenda(() => book.wake());
    const incoming_htlcs = new IncomingHtlcs(book, options.clock);
    const spare_scripts = new SpareScripts(options.wallet);
    const gossip = new OwnGossip({ ...options, book, save: (channel_id) => this.#save(channel_id) });
    const late_fundings = new LateFundings(chain, (late, found) => this.#comeBack(late, found));
    const removal = new Removal({
      ...options,
      table,
      agenda,
      book,
      incoming_htlcs,
      spare_scripts,
      late_fundings,
      dropFunding: (channel) => funding.drop(channel),
    });
    const apply = (channel: LiveChannel, input: Input): void => void turns.apply(channel, input);
    const fundings = new Fundings(options.wallet, log, apply);
    const publisher = new ClosePublisher({ chain, log, apply });
    const raiser = new CloseRaiser({ ...options, apply });
    this.#raiser = raiser;
    this.#publisher = publisher;
    const asides = new Asides({ ...options, table, book, apply });
    const turns = new Turns(options, table, book, agenda, {
      ...options,
      book,
      agenda,
      incoming_htlcs,
      gossip,
      publishFunding: (channel) => void fundings.publish(channel),
      broadcastClose: (channel, transaction) => void publisher.publish(channel, transaction),
      pause: (channel, pause_ms) =>
        pauseClose(options.clock, channel, pause_ms, () => turns.apply(channel, { kind: 'pause_over' })),
      setAside: (channel, cause, reason) => asides.set(channel, cause, reason),
      forget: (channel) => removal.forget(channel),
    });
    const funding = new FundingWatch({
      ...options,
      book,
      apply,
      // Only now is it worth a place in backups.
      onFunded: () => book.speak(options.onListChanged),
      spent: (channel, transaction, height) => {
        endings.spent(channel, transaction, height);
        raiser.closed(channel, transaction);
      },
    });
    const newChannels = new NewChannels({
      ...options,
      fundings,
      book,
      agenda,
      turns,
      spare_scripts,
      begin: (channel, from_height) => this.#begin(channel, from_height),
      step: (opening, input) => openings.step(opening, input),
    });
    const openings = new Openings({
      clock: options.clock,
      environment: (signer, peer) => environmentOf(options, signer, peer.features),
      isKnown: (channel_id) => table.isKnown(channel_id),
      makeRoom: (peer, push_msat) => newcomers.makeRoom(peer, push_msat),
      created: (opening, state, effects) => newChannels.create(opening, state, effects),
      effects: (opening, effects) => newChannels.follow(opening, effects),
    });
    const newcomers = new Newcomers({ ...options, table, openings, turns, book, spare_scripts });
    this.book = book;
    this.#gossip = gossip;
    this.#agenda = agenda;
    this.#incoming_htlcs = incoming_htlcs;
    this.#turns = turns;
    this.#removal = removal;
    this.#late_fundings = late_fundings;
    this.#funding = funding;
    this.#openings = openings;
    this.#newcomers = newcomers;
    const chatter = new Chatter(options.clock);
    this.#messages = new PeerMessages({ table, turns, openings, newcomers, gossip, agenda, book, asides, chatter });
    this.#asides = asides;
    const connections = new StableConnections(options.clock, (channel) => agenda.save(channel));
    const silent_peers = new SilentPeers(table, book, options.log);
    this.#reminders = new Reminders(options.clock, table, apply, gossip, connections, silent_peers);
  }

  /** Reads what the store holds, and goes on where the last run ended. `resume_height`: the first block not yet seen. */
  async start(resume_height: number): Promise<void> {
    const { store, keys, incoming, endings, chain } = this.options;
    await this.#funding.load(store);
    const rows = await readAll(store, 'SELECT * FROM channels WHERE is_closed = 0 ORDER BY channel_id');
    for (const row of rows) {
      const key_id = row.key_id as string;
      const state = decodeState(row.state as string);
      const update = decodeUpdate(row.remote_update as string | null);
      const channel = new LiveChannel(row.peer_id as NodeId, key_id, keys.channelSigner(key_id), state, update);
      channel.restore(row);
      this.#begin(channel, resume_height);
    }
    const closed = await readAll(store, 'SELECT channel_id FROM channels WHERE is_closed = 1 ORDER BY channel_id');
    for (const { channel_id } of closed) this.#table.addClosed(channel_id as ChannelId);
    const late = await this.#late_fundings.start(store, resume_height);
    for (const { state } of late) this.#table.addClosed(state.terms.channel_id);
    await this.#incoming_htlcs.load(store);
    await endings.start(this.list(), resume_height);
    for (const channel of this.list()) {
      this.#turns.follow(channel, untaken(channel.state));
      this.#sendCloseAgain(channel);
    }
    for (const htlc of this.#incoming_htlcs.list()) {
      if (htlc.is_claimed) incoming.resume(htlc);
      else if (this.#mayAccept(htlc.channel_id)) incoming.offer(htlc);
    }
    for (const channel of this.list()) this.#gossip.sayPublic(channel);
    this.#reminders.start();
    void this.#funding.prove();
    this.#stopTip = chain.onTip((event) => {
      if (event.kind === 'disconnected') {
        this.#funding.disconnected(event.block, this.list());
        return;
      }
      void this.#funding.prove();
      tellBlock(chain, this.#table, this.#turns, this.#funding, (channel) => this.#sendCloseAgain(channel));
    });
  }

  /** No block moves a channel any more; resolves when all is written and said. */
  async stop(): Promise<void> {
    this.#stopTip();
    this.#reminders.stop();
    this.#late_fundings.stop();
    this.#funding.stop();
    this.#asides.stop();
    for (const channel of this.list()) {
      endPause(channel);
      for (const cancel of channel.cancelWatches) cancel();
    }
    await this.book.idle();
  }

  list(): readonly LiveChannel[] {
    return this.#table.list();
  }

  find(channel_id: ChannelId): LiveChannel | undefined {
    return this.#table.find(channel_id);
  }

  /** Whether there is a channel with this node that is more than a promise. */
  hasFunded(node_id: NodeId): boolean {
    return this.#table.hasFunded(node_id);
  }

  /** Whether a channel, or an opening that is under way, is funded by this transaction of the wallet. */
  usesFunding(txid: Txid): boolean {
    return this.#openings.usesFunding(txid) || this.list().some(({ state }) => state.terms.funding_txid === txid);
  }

  /** Whether an HTLC of an earlier run is claimed: its invoice is paid, and it is not fulfilled yet. */
  isClaimed(channel_id: ChannelId, htlc_id: bigint): boolean {
    return this.#incoming_htlcs.find(channel_id, htlc_id)?.is_claimed === true;
  }

  /** The connection to a node, if there is one. */
  peer(node_id: NodeId): ConnectedPeer | undefined {
    return this.#table.peer(node_id);
  }

  /** Gives a channel an input, and does what follows from it. */
  apply(channel: LiveChannel, input: Input): Outcome {
    return this.#turns.apply(channel, input);
  }

  peerConnected(peer: ConnectedPeer): void {
    this.#table.peerConnected(peer);
    for (const channel of this.#table.with(peer.node_id)) {
      channel.peer = peer;
      channel.host = peer.host;
      channel.warning = undefined;
      this.apply(channel, { kind: this.#asides.mayTry(channel) ? 'connected' : 'rest' });
    }
  }

  peerDisconnected(peer: ConnectedPeer): void {
    this.#table.peerDisconnected(peer);
    this.#openings.disconnected(peer);
    for (const channel of this.#table.over(peer)) {
      endPause(channel);
      this.apply(channel, { kind: 'disconnected' });
      channel.peer = undefined;
    }
  }

  /** A message of a connected peer. */
  message(peer: ConnectedPeer, message: KnownMessage): void {
    this.#messages.receive(peer, message);
  }

  /** Opens a channel with a connected peer; resolves when it exists, or did not come about. */
  open(peer: ConnectedPeer, options: OpenOptions): Promise<OpeningEnd> {
    return this.#newcomers.open(peer, options);
  }

  /**
   * Takes a channel back of which only the terms are left. The chain is searched for its end from the opening on, and the
   * peer is asked to close. Resolves when that is durable.
   */
  recover(peer_id: NodeId, key_id: string, state: ChannelState): Promise<void> {
    const { keys, chain, endings, onListChanged } = this.options;
    const channel = new LiveChannel(peer_id, key_id, keys.channelSigner(key_id), state, undefined);
    channel.closing = { closer: 'local', close_cause: 'local' };
    this.#begin(channel, chain.tip().height + 1);
    this.#agenda.save(channel);
    this.book.speak(onListChanged);
    endings.begin(channel, false, false);
    const peer = this.peer(peer_id);
    if (peer !== undefined) {
      channel.peer = peer;
      this.apply(channel, { kind: 'connected' });
    }
    return new Promise((resolve) => this.book.speak(resolve));
  }

  /** The operator wants a channel that was set aside to go on, or to end: it is tried again over a new connection. */
  tryNow(channel: LiveChannel): void {
    this.#asides.tryNow(channel);
  }

  /** Nothing of the channel is left on the chain: its row stays as history. */
  resolved(channel_id: ChannelId): void {
    this.#removal.resolved(channel_id);
  }

  /** Closes a channel without its peer, now. Throws RangeError when there is none. */
  forceClose(channel_id: ChannelId, reason: string): void {
    const channel = this.find(channel_id);
    if (channel === undefined) throw new RangeError(`there is no channel ${channel_id}`);
    if (channel.state.phase === 'failed') this.options.endings.begin(channel, true, true);
    else this.apply(channel, { kind: 'force_close', reason });
  }

  /** Offers an HTLC. `writesOf` is stored in the unit that makes the offer durable. Throws Refusal. */
  offer(channel_id: ChannelId, htlc: OfferedHtlc, writesOf: (htlc_id: bigint) => readonly Write[]): bigint {
    const channel = this.find(channel_id);
    if (channel === undefined) throw new RangeError(`there is no channel ${channel_id}`);
    const htlc_id = channel.state.local_next_htlc_id;
    const { refusal } = this.apply(channel, { kind: 'add_htlc', htlc });
    if (refusal !== undefined) throw refusal;
    this.book.write(...writesOf(htlc_id));
    return htlc_id;
  }

  /** The payment is durably ours: the HTLC may be fulfilled. */
  fulfil(channel_id: ChannelId, htlc_id: bigint, payment_preimage: PaymentPreimage): void {
    const htlc = this.#incoming_htlcs.find(channel_id, htlc_id);
    const hold_time = this.#incoming_htlcs.holdTime(channel_id, htlc_id);
    const attribution = htlc === undefined ? undefined : { shared_secret: toHex(htlc.shared_secret), hold_time };
    this.#end(channel_id, htlc_id, {
      kind: 'fulfill',
      payment_preimage,
      ...(attribution === undefined ? {} : { attribution }),
    });
  }

  /** The payment is refused. */
  fail(channel_id: ChannelId, htlc_id: bigint, failure: FailureMessage): void {
    const htlc = this.#incoming_htlcs.find(channel_id, htlc_id);
    if (htlc === undefined) return;
    const hold_time = this.#incoming_htlcs.holdTime(channel_id, htlc_id);
    this.#end(channel_id, htlc_id, failRemoval(htlc.shared_secret, failure, hold_time));
  }

  #end(channel_id: ChannelId, id: bigint, removal: HtlcRemoval): void {
    const channel = this.find(channel_id);
    if (channel === undefined) return;
    const { refusal } = this.apply(channel, { kind: 'remove_htlc', id, removal });
    if (refusal?.code === 'channel_unusable') {
      // The chain decides now. The row stays: until the claim is safe it may have to be made again.
      if (removal.kind === 'fulfill') this.options.endings.preimage(channel_id, id, removal.payment_preimage);
      return;
    }
    this.#incoming_htlcs.end(channel_id, id);
  }

  #save(channel_id: ChannelId): void {
    const channel = this.find(channel_id);
    if (channel !== undefined) this.#agenda.save(channel);
  }

  #begin(channel: LiveChannel, from_height: number): void {
    this.#table.add(channel);
    this.#funding.start(channel, from_height);
  }

  /** The funding of a channel that was given up has come: the chain decides about what is in it. */
  #comeBack({ peer_id, key_id, state }: LateFunding, found: Confirmation): void {
    const { keys, chain, onListChanged } = this.options;
    const channel = new LiveChannel(peer_id, key_id, keys.channelSigner(key_id), state, undefined);
    channel.closing = { closer: 'local', close_cause: 'local' };
    this.#table.addAgain(channel);
    this.book.write(foundWrite(channel.channel_id), channel.save());
    this.#funding.confirmed(channel, found);
    // Not at once: the block that is being told has been searched already, and the chain does not count it yet.
    this.book.speak(() => this.#funding.start(channel, chain.tip().height + 1));
    this.book.speak(onListChanged);
  }

  /** Whether a payment over this channel may still be accepted: not once the chain decides about the channel. */
  #mayAccept(channel_id: ChannelId): boolean {
    const channel = this.find(channel_id);
    return channel !== undefined && !isOver(channel.state);
  }

  /** A mutual close that no block holds yet may have been forgotten by the network. */
  #sendCloseAgain(channel: LiveChannel): void {
    if (channel.state.phase !== 'closed') return;
    this.book.speak(() => void this.#publisher.publishAgain(channel).then(() => this.#raiser.block(channel)));
  }
}
