/** Tells channels where their funding transaction is, and when its output is spent. */

import { toHex } from '../../base/types/hex.ts';
import { fundingScriptPubkey } from '../../codec/tx/funding.ts';
import { parseTransaction } from '../../codec/tx/transaction.ts';
import type { ChainSource, Confirmation } from '../../infra/chain/source.ts';
import { immatureBlocks } from '../../protocol/channel/funding.ts';
import type { Input } from '../../protocol/channel/input.ts';
import type { ChannelPolicy } from '../../protocol/channel/policy.ts';
import type { ChannelTerms } from '../../protocol/channel/state.ts';
import type { LiveChannel } from './live-channel.ts';

/** Whether a transaction pays what was agreed, where it was agreed (BOLT 2, The funding_created Message). */
export function isFundingOf(terms: ChannelTerms, transaction: Uint8Array): boolean {
  const { funding_output_index, funding_satoshis, local, remote } = terms;
  const output = parseTransaction(transaction).outputs[funding_output_index];
  if (output === undefined || output.amount_sat !== funding_satoshis) return false;
  return toHex(output.script_pubkey) === toHex(fundingScriptPubkey(local.funding_pubkey, remote.funding_pubkey));
}

export class FundingWatch {
  readonly #chain: ChainSource;
  readonly #policy: ChannelPolicy;
  readonly #apply: (channel: LiveChannel, input: Input) => void;
  readonly #spent: (channel: LiveChannel, transaction: Uint8Array, height: number) => void;

  /** `spent` is called after the channel itself has the input. */
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
  #deepEnough({ state: { terms, funding_confirmation } }: LiveChannel): number {
    const maturity = funding_confirmation === undefined ? 0 : immatureBlocks(funding_confirmation);
    return Math.max(terms.minimum_depth, this.#policy.announcement_depth) + maturity;
  }

  /** Begins to watch. `resume_height` is the first block that this run of the node has not seen before. */
  start(channel: LiveChannel, resume_height: number): void {
    const { terms, funding_confirmation } = channel.state;
    const isDeep = (funding_confirmation?.depth_blocks ?? 0) >= this.#deepEnough(channel);
    const from_height = isDeep ? resume_height : Math.min(terms.opened_height, resume_height);
    const { funding_txid: txid, funding_output_index: vout } = terms;
    const cancelTransaction = this.#chain.watch({ kind: 'transaction', txid }, from_height, (event) => {
      if (event.kind === 'confirmed') this.confirmed(channel, event.confirmation);
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

  /** A block holds a transaction of the funding's id. */
  confirmed(channel: LiveChannel, { block, transaction, transaction_index }: Confirmation): void {
    if (!isFundingOf(channel.state.terms, transaction)) {
      const { funding_txid, funding_output_index } = channel.state.terms;
      const reason = `output ${funding_output_index} of ${funding_txid} is not the funding that was agreed on`;
      // Nobody can have paid over it, but a peer that was trusted before: then what is in flight is for the chain to end.
      const isUsed = channel.state.htlcs.length > 0;
      this.#apply(channel, { kind: isUsed ? 'force_close' : 'forget', reason });
      return;
    }
    const known = channel.state.funding_confirmation;
    if (known?.block_height === block.height && known.transaction_index === transaction_index) return;
    const depth_blocks = Math.max(1, this.#chain.tip().height - block.height + 1);
    const confirmation = { block_height: block.height, transaction_index, depth_blocks };
    this.#apply(channel, { kind: 'funding_depth', confirmation });
  }
}
