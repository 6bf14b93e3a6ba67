/**
 * The endings of all channels: begins one when a channel fails or its funding output is spent, follows it on the chain
 * through restarts and reorganisations, and tells payments, wallet and operator what comes of it.
 */

import type { ChannelId, PaymentPreimage } from '../../base/types/brand.ts';
import { fromHex } from '../../base/types/hex.ts';
import { readAll } from '../../infra/store/read-all.ts';
import { type Row, StoreClosedError } from '../../infra/store/store.ts';
import { publishableCloses } from '../../protocol/channel/close-agreed.ts';
import { isUnfunded } from '../../protocol/channel/funding.ts';
import type { OnchainEnvironment } from '../../protocol/onchain/closing-channel.ts';
import { type OnchainEffect, type OnchainState, openOnchain } from '../../protocol/onchain/state.ts';
import { type ClosedChannel, readClosedChannels } from './closed-channels.ts';
import { preimagesIn, signedCommitment } from './closing-channel.ts';
import { isVain, unusedFunded } from './hopeless.ts';
import { type EndingHost, LiveEnding, withoutFunded } from './live-ending.ts';
import { Money } from './money.ts';
import { type EndingsOptions, PATIENCE_BLOCKS, REORG_BLOCKS } from './options.ts';
import type { Known, OverChannel } from './ports.ts';
import { Reports } from './reports.ts';
import { revokedRows } from './revoked-rows.ts';
import { closeEnding, type EndingRecord, endingRecord, SELECT_ENDINGS, saveEnding } from './row.ts';
import { type EndingView, viewOf } from './view.ts';
import { Watches } from './watches.ts';

export class Endings implements EndingHost {
  readonly #options: EndingsOptions;
  readonly #endings = new Map<ChannelId, LiveEnding>();
  readonly #money: Money;
  readonly #reports: Reports;
  readonly #watches: Watches;
  #stopTip: () => void = () => {};
  #is_stopped = false;
  /** What happened to channels before it was known which of them are ending; undefined once it is. */
  #early: (() => void)[] | undefined = [];
  /** The last block that was reported. */
  #tip_height = 0;
  /** While the chain is caught up: the first block that is reported again. */
  #resume_height: number | undefined;

  constructor(options: EndingsOptions) {
    this.#options = options;
    this.#money = new Money({ ...options, onChange: () => this.#askAgain() });
    this.#reports = new Reports(options);
    this.#watches = new Watches(options);
  }

  /**
   * Goes on where the last run ended, with the channels that node/channels/ has read. The chain must have
   * been started; `resume_height` is the first block that was not told to the last run.
   */
  async start(channels: readonly OverChannel[], resume_height: number): Promise<void> {
    const { store, chain } = this.#options;
    const rows = await readAll(store, SELECT_ENDINGS);
    const records = new Map(rows.map((row) => [row.channel_id as ChannelId, endingRecord(row)]));
    const early = this.#early ?? [];
    this.#early = undefined;
    const resumed: LiveEnding[] = [];
    for (const channel of channels) {
      const record = records.get(channel.channel_id);
      if (record !== undefined) resumed.push(this.#resume(channel, record));
      else if (channel.state.phase === 'failed' && !isUnfunded(channel.state)) this.begin(channel, true);
      // Its end was seen, and could not even be begun to be followed.
      else if (channel.state.phase === 'spent') this.#open(channel, channel.state.terms.opened_height);
    }
    this.#tip_height = resume_height - 1;
    this.#catchUp(resumed, resume_height);
    for (const act of early) act();
    this.#stopTip = chain.onTip((event) => {
      if (event.kind === 'disconnected') this.#tip_height = event.block.height - 1;
      else this.#connected(event.block.height);
    });
  }

  #connected(height: number): void {
    // A reorg deeper than the chain remembers: it covers blocks that were reported, and does not say what is undone.
    if (height <= this.#tip_height) this.#catchUp(this.#all(), height);
    this.#tip_height = height;
    for (const ending of this.#all()) {
      // While the chain is caught up its blocks are the past, and prove nothing.
      if (!ending.is_held) this.#guard(ending, () => this.#tellBlock(ending, height));
    }
  }

  /** The wallet has change to spend, and whoever waits for a coin asks again, not only with the next block. */
  #askAgain(): void {
    for (const ending of this.#all()) {
      const isWaiting = ending.state.pending.some((each) => each.is_wallet_funded && each.transaction === undefined);
      if (isWaiting && !ending.is_held && !this.#is_stopped) {
        this.#guard(ending, () => ending.say({ kind: 'wallet_ready' }));
      }
    }
  }

  #tellBlock(ending: LiveEnding, height: number): void {
    // A coin in it went another way: it will never be mined.
    const state = this.#forget(ending.state, (known) => known !== 'dropped');
    ending.record = { ...ending.record, state };
    ending.say({ kind: 'block', height });
    if (ending.fault !== undefined) this.#beginUnheard(ending);
    this.#sendCloseAgain(ending);
    if (isVain(ending, height, (txid) => this.#options.wallet.find(txid)?.state === 'dropped')) this.#giveUp(ending);
  }

  /** A failure of one ending does not stop the others: it is reported, and tried again with the next block. */
  #guard(ending: LiveEnding, action: () => void): void {
    try {
      action();
    } catch (error) {
      this.failed(ending, error);
    }
  }

  /** Nothing moves an ending any more; resolves when what is under way is done. */
  async stop(): Promise<void> {
    this.#is_stopped = true;
    this.#stopTip();
    this.#watches.stop(this.#all());
    await this.#money.idle();
  }

  #all(): readonly LiveEnding[] {
    return [...this.#endings.values()];
  }

  /** All endings that are not over, as operators see them. */
  list(): readonly EndingView[] {
    return this.#all().map((ending) => viewOf(ending, this.#options.policy.irrevocable_depth));
  }

  /** The ending of this channel as operators see it; undefined when it is not ending. */
  view(channel_id: ChannelId): EndingView | undefined {
    const ending = this.#endings.get(channel_id);
    return ending && viewOf(ending, this.#options.policy.irrevocable_depth);
  }

  /** The ending of this channel itself, to be read; undefined when it is not ending. */
  find(channel_id: ChannelId): LiveEnding | undefined {
    return this.#endings.get(channel_id);
  }

  /** Channels that are history, the one included that just became so. */
  async closed(): Promise<readonly ClosedChannel[]> {
    const { store, keys, channels } = this.#options;
    await new Promise<void>((resolve) => channels.speak(resolve));
    return await readClosedChannels(store, (key_id) => keys.channelSigner(key_id));
  }

  /** Resolves when no look-up in the store is under way, and no transaction is on its way out. */
  async idle(): Promise<void> {
    await Promise.all(this.#all().map((ending) => ending.looked()));
    await this.#money.idle();
  }

  /**
   * The channel is over. Our commitment goes to the chain when `is_ours` says so, unless our state is old; an urgent one
   * is helped along with fees at once. Said again it only adds urgency.
   */
  begin(channel: OverChannel, is_ours: boolean, is_urgent = false): void {
    if (this.#early !== undefined) return void this.#early.push(() => this.begin(channel, is_ours, is_urgent));
    const ending = this.#endings.get(channel.channel_id) ?? this.#open(channel, this.#options.chain.tip().height);
    this.#guard(ending, () => {
      const transaction = is_ours ? signedCommitment(channel) : undefined;
      if (transaction === undefined) return;
      const { force_close } = ending.state;
      if (force_close !== undefined && (force_close.is_urgent || !is_urgent)) return;
      ending.say({ kind: 'force_close', transaction, is_urgent });
    });
  }

  /**
   * The funding output was spent by a transaction in a block. The chain may say so while the endings of the last run are still
   * being read: one that was opened beside them would do everything a second time.
   */
  spent(channel: OverChannel, transaction: Uint8Array, height: number): void {
    if (this.#early !== undefined) return void this.#early.push(() => this.spent(channel, transaction, height));
    const ending = this.#endings.get(channel.channel_id) ?? this.#open(channel, height);
    const began_height = Math.max(0, height - REORG_BLOCKS);
    if (began_height < ending.record.began_height) {
      // The channel was given up before it was known that its end is in an older block, and what followed from that.
      ending.record = { ...ending.record, began_height };
      this.#watches.renew(ending);
    }
    ending.say({ kind: 'spent', transaction, height, revoked_htlcs: [] });
  }

  /** A payment to us is durably claimed while its channel ends: the chain must bring it. */
  preimage(channel_id: ChannelId, htlc_id: bigint, payment_preimage: PaymentPreimage): void {
    this.#endings.get(channel_id)?.say({ kind: 'preimage', htlc_id, payment_preimage });
  }

  /** Another transaction took the place of the funding for good: nothing will ever come of the channel. */
  lost(channel: OverChannel): void {
    if (this.#early !== undefined) return void this.#early.push(() => this.lost(channel));
    this.#close(this.#endings.get(channel.channel_id) ?? this.#open(channel, this.#options.chain.tip().height));
  }

  #open(channel: OverChannel, height: number): LiveEnding {
    const { channel_id } = channel;
    const tip_height = this.#options.chain.tip().height;
    const ending = this.#add(channel, {
      channel_id,
      began_height: Math.max(0, Math.min(height, tip_height) - REORG_BLOCKS),
      state: openOnchain(tip_height),
      ending: undefined,
      closing_txid: undefined,
      funded_txids: [],
    });
    ending.say({ kind: 'start' });
    this.#sayPreimages(ending);
    this.#guard(ending, () => this.#reports.unsent(ending));
    return ending;
  }

  /**
   * A reorg has undone the end: a mutual close goes out again. When nothing comes in the place of another, our own
   * commitment does: the channel cannot be used any more.
   */
  #sendCloseAgain(ending: LiveEnding): void {
    const { phase, closing_transactions } = ending.channel.state;
    const isEndless = ending.record.ending === undefined && phase === 'spent' && !ending.is_busy;
    ending.endless_blocks = isEndless ? ending.endless_blocks + 1 : 0;
    if (!isEndless) return;
    if (closing_transactions.length === 0 && ending.endless_blocks >= PATIENCE_BLOCKS) this.begin(ending.channel, true);
    for (const transaction of publishableCloses(ending.channel.state)) {
      this.#options.channels.speak(() => this.#money.broadcast(ending, [transaction]));
    }
  }

  #add(channel: OverChannel, record: EndingRecord): LiveEnding {
    const ending = new LiveEnding(channel, record, this.#options.keys.channelKeys(channel.key_id), this);
    this.#endings.set(channel.channel_id, ending);
    return ending;
  }

  /** The machine goes on when the chain has been caught up. */
  #resume(channel: OverChannel, record: EndingRecord): LiveEnding {
    // What the wallet held when the last run ended was never sent, and it has given it up.
    const state = this.#forget(record.state, (known) => known === 'sent');
    const ending = this.#add(channel, { ...record, state });
    ending.hold();
    this.#sayPreimages(ending);
    return ending;
  }

  #sayPreimages(ending: LiveEnding): void {
    for (const known of preimagesIn(ending.channel.state)) ending.say({ kind: 'preimage', ...known });
  }

  /** Watches again what was watched, and holds the endings until all from this block on has been told. */
  #catchUp(endings: readonly LiveEnding[], from_height: number): void {
    for (const ending of endings) {
      ending.hold();
      this.#watches.renew(ending);
    }
    const isUnderWay = this.#resume_height !== undefined;
    this.#resume_height = Math.min(from_height, this.#resume_height ?? from_height);
    if (!isUnderWay) void this.#goOn();
  }

  async #goOn(): Promise<void> {
    const { chain } = this.#options;
    await chain.synced();
    await chain.refresh();
    const from_height = this.#resume_height ?? 0;
    this.#resume_height = undefined;
    if (this.#is_stopped) return;
    for (const ending of this.#all()) {
      if (ending.is_held) this.#guard(ending, () => this.#release(ending, from_height));
    }
  }

  #release(ending: LiveEnding, from_height: number): void {
    ending.release(from_height, this.#options.chain.tip().height);
    this.#beginUnheard(ending);
    this.#releaseUnused(ending);
  }

  /** The decision was durable with the channel, and the machine has not heard of it. */
  #beginUnheard({ channel, state }: LiveEnding): void {
    if (channel.state.phase === 'failed' && state.force_close === undefined) this.begin(channel, true);
  }

  /** Transactions that the wallet has given up are asked for again: those whose state, as it knows them, is not kept. */
  #forget(state: OnchainState, isKept: (known: Known) => boolean): OnchainState {
    return withoutFunded(state, (txid) => !isKept(this.#options.wallet.find(txid)?.state));
  }

  environment({ channel }: LiveEnding): OnchainEnvironment {
    const { policy, chain } = this.#options;
    return {
      policy,
      feeratePerKw: (target) => chain.feeratePerKw(target),
      mempoolMinimumPerKw: () => chain.mempoolMinimumPerKw(),
      sweep_script: fromHex(channel.state.terms.default_shutdown_script),
    };
  }

  follow(ending: LiveEnding, effects: readonly OnchainEffect[]): void {
    const { channels } = this.#options;
    ending.record = this.#reports.recordOf(ending.record, effects);
    channels.write(saveEnding(ending.record));
    for (const effect of effects) this.#carryOut(ending, effect);
    this.#releaseUnused(ending);
  }

  #carryOut(ending: LiveEnding, effect: OnchainEffect): void {
    const { channels } = this.#options;
    switch (effect.kind) {
      case 'watch':
        // Not at once: the block that is being told has been searched already, and the chain does not count it yet.
        channels.speak(() => this.#watches.add(ending, effect.outpoint, effect.from_height));
        break;
      case 'broadcast':
        channels.speak(() => this.#money.broadcast(ending, effect.transactions));
        break;
      case 'fund':
        channels.speak(() => this.#money.fund(ending, effect.request));
        break;
      case 'channel_resolved':
        this.#resolve(ending);
        break;
      default:
        this.#reports.tell(ending, effect);
        break;
    }
  }

  #resolve(ending: LiveEnding): void {
    this.#close(ending);
    this.#reports.resolved(ending);
  }

  #giveUp(ending: LiveEnding): void {
    const { channels, log } = this.#options;
    this.#close(ending);
    channels.speak(() =>
      log.warn(`channel ${ending.channel_id} is given up: its funding transaction never came, nothing is lost`),
    );
  }

  #close(ending: LiveEnding): void {
    const { channels } = this.#options;
    ending.is_resolved = true;
    this.#watches.end(ending);
    this.#endings.delete(ending.channel_id);
    channels.write(...closeEnding(ending.channel_id, ending.state.height));
    channels.resolved(ending.channel_id);
  }

  #releaseUnused(ending: LiveEnding): void {
    const { channels, wallet } = this.#options;
    for (const txid of unusedFunded(ending, wallet)) channels.speak(() => this.#money.release(ending, txid));
  }

  async *readRevoked(channel_id: ChannelId): AsyncIterable<readonly Row[]> {
    // What was to be written before is durable when the answer is asked for.
    await new Promise<void>((resolve) => this.#options.channels.speak(resolve));
    yield* revokedRows(this.#options.store, channel_id);
  }

  failed(ending: LiveEnding, error: unknown): void {
    // The node is stopping.
    if (error instanceof StoreClosedError) return;
    // A step that is undone may already have left its record among what is to be written.
    this.#options.channels.write(saveEnding(ending.record));
    this.#reports.notFollowed(ending, error);
  }

  recovered(ending: LiveEnding): void {
    this.#reports.followedAgain(ending);
  }
}
