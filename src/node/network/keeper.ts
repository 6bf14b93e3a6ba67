/**
 * Keeps the map: joins intake, file, checks of outputs, what is asked of peers and what they are told. It runs in a
 * thread of its own (`worker.ts`), in slices, so that a question never waits long; tests run it without a thread.
 */
import type { Clock } from '../../base/types/clock.ts';
import { fromHex, toHex } from '../../base/types/hex.ts';
import { encodeMessage } from '../../codec/wire/index.ts';
import { messageNumber, scidHalves } from '../../protocol/gossip/fields.ts';
import { STALE_SECONDS } from '../../protocol/gossip/judge.ts';
import { NetworkMap } from '../../protocol/gossip/network-map.ts';
import { Knowledge } from '../../protocol/routing/knowledge.ts';
import { Searches } from '../../protocol/routing/parts.ts';
import { Intake, OURSELVES } from './intake.ts';
import { hasOthers, incomingCapacity, listChannels, listNodes } from './list-answers.ts';
import { MapFile } from './map-file.ts';
import { OutputChecks } from './output-checks.ts';
import type { KeeperPorts } from './ports.ts';
import type { ChannelLesson, QuestionName, Questions } from './questions.ts';
import { type GossipPeer, Seeker } from './seeker.ts';
import { Teller } from './teller.ts';
import { findWays, halfFrom, uncheckedOf } from './way-answers.ts';

export interface KeeperOptions {
  readonly path: string;
  /** Hex. */
  readonly chain_hash: string;
  /** Feature bits that channels and nodes may require. */
  readonly known_features: ReadonlySet<number>;
  readonly height: number;
  readonly clock: Clock;
  readonly ports: KeeperPorts;
}

/** One slice of work: a question waits no longer than that. */
const SLICE_MS = 10;
/** A peer that was caught lying so often is not read for two days. */
const MOST_FAULTS = 10;
const HOLD_OFF_SECONDS = 48 * 3600;
const FLUSH_EVERY_MS = 1_000;
const HOUR_MS = 3_600_000;
const PRUNE_EVERY_HOURS = 12;
/** How often a way is looked for again because a channel on it was not there. */
const MOST_LOOKS = 5;
/** Messages of peers about what they want: those of BOLT 7's queries. */
const QUERIES = { ask_ids: 261, ids_end: 262, ask_range: 263, range: 264, filter: 265 } as const;

export class Keeper {
  readonly #options: KeeperOptions;
  readonly #map = new NetworkMap();
  readonly #file: MapFile;
  readonly #intake: Intake;
  readonly #checks: OutputChecks;
  readonly #seeker: Seeker;
  readonly #teller: Teller;
  readonly #knowledge = new Knowledge();
  readonly #searches = new Searches();
  readonly #faults = new Map<number, number>();
  /** What is said of ourselves, on every connection: by what it is about. */
  readonly #own = new Map<string, { readonly message: Uint8Array; readonly channel: string | undefined }>();
  readonly #own_channels = new Set<string>();
  readonly #peers = new Set<number>();
  #queue: { readonly peer: number; readonly bytes: Buffer }[] = [];
  #at = 0;
  #isWorking = false;
  /** Whose message is being looked at. */
  #working_for = OURSELVES;
  #whenIdle: (() => void)[] = [];
  #height: number;
  #hours = 0;
  #cancelFlush: () => void = () => {};
  #cancelHour: () => void = () => {};

  /** Opens the file and reads it. Throws what the file system says. */
  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#height = options.height;
    const { clock, ports, known_features, path } = options;
    const chain_hash = fromHex(options.chain_hash);
    const map = this.#map;
    const file = new MapFile({ path, chain_hash, known_features });
    this.#file = file;
    const damage = file.load(map);
    if (damage !== undefined) ports.log('warn', `the map of the network in ${path}: ${damage}`);
    const fault = (peer: number, reason: string): void => this.#fault(peer, reason);
    const height = (): number => this.#height;
    this.#intake = new Intake({
      map,
      file,
      clock,
      chain_hash,
      known_features,
      height,
      fault,
      log: (level, text) => ports.log(level, text),
      isOwn: (channel) => this.#isOwn(channel),
      news: (news) => this.#teller.news(news),
      unchecked: (channel) => this.#checks.add(channel, this.#working_for),
      removed: (channel) => this.#removed(channel),
      missing: (peer, scid) => this.#seeker.missing(peer, scid),
    });
    this.#checks = new OutputChecks({
      map,
      file,
      outputs: ports.outputs,
      intake: () => this.#intake,
      lie: fault,
      checked: (channel) => {
        const from = -1;
        this.#teller.news({ kind: 'channel', index: channel, from });
        for (const half of [2 * channel, 2 * channel + 1]) this.#teller.news({ kind: 'update', index: half, from });
      },
    });
    this.#checks.start();
    this.#seeker = new Seeker({
      map,
      clock,
      chain_hash: options.chain_hash,
      height,
      fault,
      send: (peer, message) => ports.send(peer, [encodeMessage(message)]),
      isFailed: (scid) => this.#intake.isFailed(scid),
      failed: (scid) => this.#intake.failed(scid),
      synced: () => {
        ports.log('info', `the map of the network is complete: ${map.channel_count} channels, ${map.node_count} nodes`);
        void this.#checks.check();
      },
    });
    this.#teller = new Teller({
      map,
      file,
      clock,
      chain_hash: options.chain_hash,
      tells_all: ports.outputs.can_check_all,
      mayTell: (channel) => map.isChecked(channel) || this.#isOwn(channel),
      send: (peer, messages) => ports.send(peer, messages),
      fault,
    });
    if (file.isWasteful(map)) file.compact(map);
    this.#flushLater();
    this.#hourLater();
  }

  /** Writes what is not written, and stops. */
  stop(): void {
    this.#cancelFlush();
    this.#cancelHour();
    this.#seeker.stop();
    this.#teller.stop();
    this.#file.close();
    this.#queue = [];
  }

  connected(peer: GossipPeer): void {
    this.#peers.add(peer.number);
    this.#teller.connected(peer.number);
    if (this.#own.size > 0) {
      this.#options.ports.send(
        peer.number,
        [...this.#own.values()].map(({ message }) => message),
      );
    }
    this.#seeker.connected(peer);
  }

  disconnected(peer: number): void {
    this.#peers.delete(peer);
    this.#faults.delete(peer);
    this.#teller.disconnected(peer);
    this.#seeker.disconnected(peer);
  }

  /** Gossip of a peer. Resolves when it has been looked at. */
  receive(peer: number, messages: readonly Uint8Array[]): Promise<void> {
    for (const message of messages) {
      this.#queue.push({ peer, bytes: Buffer.from(message.buffer, message.byteOffset, message.byteLength) });
    }
    return this.idle();
  }

  /** Resolves when nothing waits to be looked at. */
  idle(): Promise<void> {
    if (this.#at >= this.#queue.length) return Promise.resolve();
    const done = new Promise<void>((resolve) => this.#whenIdle.push(resolve));
    if (!this.#isWorking) {
      this.#isWorking = true;
      setImmediate(() => this.#work());
    }
    return done;
  }

  /**
   * What we say of ourselves: it goes to every peer at once, and on every new connection, until the channel that it is
   * about is gone. `about` names what it replaces.
   */
  own(about: string, message: Uint8Array, short_channel_id: string | undefined): void {
    const halves = short_channel_id === undefined ? undefined : scidHalves(short_channel_id);
    const channel = halves && `${halves.scid_high}:${halves.scid_low}`;
    if (channel !== undefined) this.#own_channels.add(channel);
    const known = this.#own.get(about)?.message;
    if (known !== undefined && toHex(known) === toHex(message)) return;
    this.#own.set(about, { message, channel });
    this.#intake.take(OURSELVES, Buffer.from(message));
    for (const peer of this.#peers) this.#options.ports.send(peer, [message]);
  }

  /** A block is there, and spends these outpoints. */
  block(height: number, outpoints: Uint8Array): void {
    this.#height = height;
    this.#checks.spends(height, Buffer.from(outpoints.buffer, outpoints.byteOffset, outpoints.byteLength));
    this.#checks.connected(height);
    this.#intake.connected(height);
    if (this.#seeker.is_synced || this.#checks.waiting < 100) void this.#checks.check();
  }

  /** The block of this height is gone. */
  blockGone(height: number): void {
    this.#height = height - 1;
    this.#checks.disconnected(height);
  }

  /**
   * Answers a question. Where not all funding outputs can be looked at, those of the ways that were found are: a way over
   * a channel that is not there is no answer.
   */
  async answer<Name extends QuestionName>(
    name: Name,
    asked: Questions[Name]['asked'],
  ): Promise<Questions[Name]['answer']> {
    const isComplete = name !== 'ways' || this.#options.ports.outputs.can_check_all;
    for (let looks = 0; !isComplete && looks < MOST_LOOKS; looks++) {
      const unchecked = uncheckedOf(this.#map, this.#answerNow('ways', asked as Questions['ways']['asked']));
      if (unchecked.length === 0 || !(await this.#checks.checkThese(unchecked))) break;
    }
    return this.#answerNow(name, asked);
  }

  #answerNow<Name extends QuestionName>(name: Name, asked: Questions[Name]['asked']): Questions[Name]['answer'] {
    const answers: { [Each in QuestionName]: (asked: Questions[Each]['asked']) => Questions[Each]['answer'] } = {
      state: () => ({
        channels: this.#map.channel_count,
        nodes: this.#map.node_count,
        unchecked_channels: this.#checks.waiting,
        is_synced: this.#seeker.is_synced,
      }),
      channels: (each) => listChannels(this.#map, this.#file, each),
      nodes: (each) => listNodes(this.#map, this.#file, each),
      incoming: (each) => ({
        is_known: this.#seeker.is_synced && hasOthers(this.#map, each.node_id),
        capacities: incomingCapacity(this.#map, each),
      }),
      ways: (each) =>
        findWays(
          { map: this.#map, knowledge: this.#knowledge, searches: this.#searches },
          each,
          this.#options.clock.nowSeconds(),
        ),
    };
    return answers[name](asked);
  }

  /** What parts of payments taught. */
  learn(lessons: readonly ChannelLesson[]): void {
    const now = this.#options.clock.nowSeconds();
    for (const { node_id, short_channel_id, amount_msat, has_carried } of lessons) {
      const half = halfFrom(this.#map, node_id, short_channel_id);
      if (half === undefined) continue;
      if (has_carried) this.#knowledge.carried(half, amount_msat, now);
      else this.#knowledge.refused(half, amount_msat, now);
    }
  }

  #work(): void {
    const end_ms = performance.now() + SLICE_MS;
    while (this.#at < this.#queue.length && performance.now() < end_ms) {
      const { peer, bytes } = this.#queue[this.#at++] as { peer: number; bytes: Buffer };
      this.#take(peer, bytes);
    }
    if (this.#at < this.#queue.length) {
      setImmediate(() => this.#work());
      return;
    }
    this.#queue = [];
    this.#at = 0;
    this.#isWorking = false;
    for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  #take(peer: number, bytes: Buffer): void {
    if (!this.#peers.has(peer) || (this.#faults.get(peer) ?? 0) >= MOST_FAULTS) return;
    this.#working_for = peer;
    switch (messageNumber(bytes)) {
      case QUERIES.ids_end:
      case QUERIES.range:
        this.#seeker.receive(peer, bytes);
        break;
      case QUERIES.ask_ids:
      case QUERIES.ask_range:
      case QUERIES.filter:
        this.#teller.receive(peer, bytes);
        break;
      default:
        this.#intake.take(peer, bytes);
    }
    this.#working_for = OURSELVES;
  }

  #fault(peer: number, reason: string): void {
    const { ports } = this.#options;
    const faults = (this.#faults.get(peer) ?? 0) + 1;
    this.#faults.set(peer, faults);
    ports.log('debug', `gossip of peer ${peer}: ${reason}`);
    if (faults === MOST_FAULTS && this.#peers.has(peer)) {
      ports.holdOff(peer, reason, HOLD_OFF_SECONDS);
      this.#seeker.disconnected(peer);
      this.#teller.disconnected(peer);
    }
  }

  #isOwn(channel: number): boolean {
    if (this.#own_channels.size === 0) return false;
    const { scid_high, scid_low } = this.#map.channels;
    return this.#own_channels.has(`${scid_high[channel]}:${scid_low[channel]}`);
  }

  #removed(channel: number): void {
    const { scid_high, scid_low } = this.#map.channels;
    const name = `${scid_high[channel]}:${scid_low[channel]}`;
    if (this.#own_channels.delete(name)) {
      for (const [about, own] of this.#own) if (own.channel === name) this.#own.delete(about);
    }
    this.#checks.removed(channel);
    this.#knowledge.forget(2 * channel);
    this.#knowledge.forget(2 * channel + 1);
  }

  /** Forgets channels of which one side has not spoken for two weeks. */
  #prune(): void {
    const oldest = this.#options.clock.nowSeconds() - STALE_SECONDS;
    const { halves, channels } = this.#map;
    let count = 0;
    for (let channel = 0; channel < this.#map.channel_places; channel++) {
      if (!this.#map.isLive(channel)) continue;
      const isStale = [2 * channel, 2 * channel + 1].some((half) => {
        const timestamp = halves.timestamp[half] as number;
        return (timestamp === 0 ? (channels.added_at[channel] as number) : timestamp) < oldest;
      });
      if (!isStale) continue;
      this.#intake.remove(channel, false);
      count++;
    }
    if (count > 0) this.#options.ports.log('info', `forgot ${count} channels that were silent for two weeks`);
  }

  #flushLater(): void {
    this.#cancelFlush = this.#options.clock.after(FLUSH_EVERY_MS, () => {
      this.#file.flush();
      this.#flushLater();
    });
  }

  #hourLater(): void {
    this.#cancelHour = this.#options.clock.after(HOUR_MS, () => {
      this.#intake.turn();
      this.#knowledge.forgetOld(this.#options.clock.nowSeconds());
      if (++this.#hours % PRUNE_EVERY_HOURS === 0) this.#prune();
      if (this.#file.isWasteful(this.#map)) this.#file.compact(this.#map);
      void this.#checks.check();
      this.#hourLater();
    });
  }
}
