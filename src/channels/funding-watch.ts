/** Tells channels where their funding transaction is, and when its output is spent. */
import type { ChainSource, Confirmation } from '../chain/source.ts';
import type { Input } from '../channel/input.ts';
import type { ChannelPolicy } from '../channel/policy.ts';
import { toHex } from '../types/hex.ts';
import type { LiveChannel } from './live-channel.ts';

export class FundingWatch {
  readonly #chain: ChainSource;
  readonly #policy: ChannelPolicy;
  readonly #apply: (channel: LiveChannel, input: Input) => void;
  readonly #spent: (channel: LiveChannel, transaction: Uint8Array, height: number) => void;

  /** `spent` is told after the channel itself. */
  constructor(
    chain: ChainSource,
    policy: ChannelPolicy,
    apply: (channel: LiveChannel, input: Input) => void,
    spent: (channel: LiveChannel, transaction: Uint8Array, height: number) => void,
  ) {
    this.#chain = chain;
    this.#policy = policy;
    this.#apply = apply;
    this.#spent = spent;
  }

  /** How deep the funding transaction must be before its depth changes nothing any more. */
  #deepEnough({ state }: LiveChannel): number {
    return Math.max(state.terms.minimum_depth, this.#policy.announcement_depth);
  }

  /** Begins to watch. `resume_height` is the first block that this run of the node has not seen before. */
  start(channel: LiveChannel, resume_height: number): void {
    const { terms, funding_confirmation } = channel.state;
    const isDeep = (funding_confirmation?.depth_blocks ?? 0) >= this.#deepEnough(channel);
    const from_height = isDeep ? resume_height : Math.min(terms.opened_height, resume_height);
    const { funding_txid: txid, funding_output_index: vout } = terms;
    const cancelTransaction = this.#chain.watch({ kind: 'transaction', txid }, from_height, (event) => {
      if (event.kind === 'confirmed') this.#confirmed(channel, event.confirmation);
      // A channel that was deep stays one: a deeper reorganisation than that is not undone by forgetting its name.
      if (event.kind === 'disconnected') this.#apply(channel, { kind: 'funding_depth', confirmation: undefined });
    });
    const cancelSpend = this.#chain.watch({ kind: 'outpoint', outpoint: { txid, vout } }, from_height, (event) => {
      if (event.kind !== 'spent') return;
      const { transaction, block } = event.confirmation;
      this.#apply(channel, { kind: 'funding_spent', transaction: toHex(transaction) });
      this.#spent(channel, transaction, block.height);
    });
    channel.cancelWatches.push(cancelTransaction, cancelSpend);
  }

  /** There is a new best block: depths grow. */
  block(channel: LiveChannel): void {
    const { funding_confirmation } = channel.state;
    if (funding_confirmation === undefined || funding_confirmation.depth_blocks >= this.#deepEnough(channel)) return;
    const depth_blocks = this.#chain.tip().height - funding_confirmation.block_height + 1;
    if (depth_blocks <= funding_confirmation.depth_blocks) return;
    this.#apply(channel, { kind: 'funding_depth', confirmation: { ...funding_confirmation, depth_blocks } });
  }

  #confirmed(channel: LiveChannel, { block, transaction_index }: Confirmation): void {
    const known = channel.state.funding_confirmation;
    if (known?.block_height === block.height && known.transaction_index === transaction_index) return;
    const depth_blocks = Math.max(1, this.#chain.tip().height - block.height + 1);
    const confirmation = { block_height: block.height, transaction_index, depth_blocks };
    this.#apply(channel, { kind: 'funding_depth', confirmation });
  }
}
