/** Tells channels where their funding transaction is, and when its output is spent. */

import { toHex } from '../../base/types/hex.ts';
import type { BlockRef, Confirmation } from '../../infra/chain/source.ts';
import type { Store } from '../../infra/store/store.ts';
import { immatureBlocks, isGone } from '../../protocol/channel/funding.ts';
import type { Input } from '../../protocol/channel/input.ts';
import type { ChannelPolicy } from '../../protocol/channel/policy.ts';
import type { Book } from './book.ts';
import { isFundingOf } from './funding-output.ts';
import { FundingRivals } from './funding-rivals.ts';
import { FundingSights, type FundingSightsOptions } from './funding-sights.ts';
import type { LiveChannel } from './live-channel.ts';
import type { ChannelsOptions } from './options.ts';
import type { ChannelLog } from './ports.ts';

export interface FundingWatchOptions {
  readonly chain: ChannelsOptions['chain'];
  readonly policy: ChannelPolicy;
  readonly book: Pick<Book, 'write' | 'speak'>;
  readonly clock: FundingSightsOptions['clock'];
  readonly log: ChannelLog;
  apply(channel: LiveChannel, input: Input): void;
  /** A block holds the funding of a channel that none was known to hold before. */
  onFunded(): void;
  /** Called after the channel itself has the input. */
  spent(channel: LiveChannel, transaction: Uint8Array, height: number): void;
}

export class FundingWatch {
  readonly #options: FundingWatchOptions;
  readonly #rivals: FundingRivals;
  readonly #sights: FundingSights;
  /** Their funding was seen in a block that may have been replaced while the node did not run. */
  readonly #unproven = new Set<LiveChannel>();

  constructor(options: FundingWatchOptions) {
    this.#options = options;
    this.#rivals = new FundingRivals(options.chain, options.book, options.apply);
    this.#sights = new FundingSights({ ...options, rivals: this.#rivals });
  }

  /** Reads what earlier runs kept. */
  load(store: Store): Promise<void> {
    return this.#rivals.load(store);
  }

  stop(): void {
    this.#rivals.stop();
    this.#sights.stop();
    this.#unproven.clear();
  }

  /** The channel is not alive any more. */
  drop(channel: LiveChannel): void {
    this.#unproven.delete(channel);
    this.#rivals.drop(channel.channel_id);
    this.#sights.drop(channel);
  }

  /** How deep the funding transaction must be before its depth changes nothing any more. */
  #deepEnough({ state: { terms, funding_confirmation } }: LiveChannel): number {
    const maturity = funding_confirmation === undefined ? 0 : immatureBlocks(funding_confirmation);
    return Math.max(terms.minimum_depth, this.#options.policy.announcement_depth) + maturity;
  }

  /** Begins to watch. `resume_height` is the first block that this run of the node has not seen before. */
  start(channel: LiveChannel, resume_height: number): void {
    const { chain, apply, spent } = this.#options;
    const { terms, funding_confirmation } = channel.state;
    const isDeep = (funding_confirmation?.depth_blocks ?? 0) >= this.#deepEnough(channel);
    const from_height = isDeep ? resume_height : Math.min(terms.opened_height, resume_height);
    const { funding_txid: txid, funding_output_index: vout } = terms;
    const cancelTransaction = chain.watch({ kind: 'transaction', txid }, from_height, (event) => {
      if (event.kind === 'confirmed') this.confirmed(channel, event.confirmation);
      if (event.kind === 'disconnected') this.#gone(channel);
    });
    const cancelSpend = chain.watch({ kind: 'outpoint', outpoint: { txid, vout } }, from_height, (event) => {
      if (event.kind !== 'spent') return;
      const { transaction, block } = event.confirmation;
      apply(channel, { kind: 'funding_spent', transaction: toHex(transaction) });
      spent(channel, transaction, block.height);
    });
    channel.cancelWatches.push(cancelTransaction, cancelSpend);
    if (funding_confirmation !== undefined && funding_confirmation.block_height >= resume_height) {
      this.#unproven.add(channel);
    } else if (isGone(channel.state)) this.#rivals.watch(channel, terms.opened_height);
    this.#sights.add(channel);
  }

  /** Once all blocks are told, a funding that was in one of them, and was not seen there again, is in none. */
  async prove(): Promise<void> {
    const { chain } = this.#options;
    if (this.#unproven.size === 0) return;
    await chain.synced();
    await chain.refresh();
    if (chain.view().kind !== 'current') return;
    for (const channel of this.#unproven) this.#gone(channel);
    this.#unproven.clear();
  }

  /** A block was taken back. Its watch says so too, unless it began above that block. */
  disconnected({ height }: BlockRef, channels: readonly LiveChannel[]): void {
    for (const channel of channels)
      if (channel.state.funding_confirmation?.block_height === height) this.#gone(channel);
  }

  /** A reorganisation took the funding out of its block. */
  #gone(channel: LiveChannel): void {
    const { funding_confirmation, terms } = channel.state;
    if (funding_confirmation === undefined) return;
    this.#options.apply(channel, { kind: 'funding_depth', confirmation: undefined });
    this.#rivals.watch(channel, Math.min(funding_confirmation.block_height, terms.opened_height));
    this.#sights.add(channel);
  }

  /** There is a new best block: depths grow. */
  block(channel: LiveChannel): void {
    const { chain, apply, policy } = this.#options;
    const { funding_confirmation, funding_rival } = channel.state;
    const tip_height = chain.tip().height;
    if (funding_rival !== undefined && tip_height - funding_rival.block_height + 1 >= policy.irrevocable_depth) {
      apply(channel, { kind: 'funding_lost' });
      return;
    }
    if (funding_confirmation === undefined) return;
    const depth_blocks = tip_height - funding_confirmation.block_height + 1;
    if (depth_blocks >= policy.irrevocable_depth) this.#rivals.drop(channel.channel_id);
    if (funding_confirmation.depth_blocks >= this.#deepEnough(channel)) return;
    if (depth_blocks <= funding_confirmation.depth_blocks) return;
    apply(channel, { kind: 'funding_depth', confirmation: { ...funding_confirmation, depth_blocks } });
  }

  /** A block holds a transaction of the funding's id. */
  confirmed(channel: LiveChannel, { block, transaction, transaction_index }: Confirmation): void {
    const { chain, apply, onFunded } = this.#options;
    this.#unproven.delete(channel);
    if (!isFundingOf(channel.state.terms, transaction)) {
      const { funding_txid, funding_output_index } = channel.state.terms;
      const reason = `output ${funding_output_index} of ${funding_txid} is not the funding that was agreed on`;
      // Nobody can have paid over it, but a peer that was trusted before: then what is in flight is for the chain to end.
      const isUsed = channel.state.htlcs.length > 0;
      apply(channel, { kind: isUsed ? 'force_close' : 'forget', reason });
      return;
    }
    this.#rivals.keep(channel, transaction);
    const known = channel.state.funding_confirmation;
    if (known?.block_height === block.height && known.transaction_index === transaction_index) return;
    const depth_blocks = Math.max(1, chain.tip().height - block.height + 1);
    const confirmation = { block_height: block.height, transaction_index, depth_blocks };
    apply(channel, { kind: 'funding_depth', confirmation });
    if (known === undefined) onFunded();
  }
}
