/**
 * Looks for the fundings of channels that were bought of a provider, as long as no block holds them: the mempool says when
 * such a channel can be used, and when it must not be used any more. What another transaction takes the place of is found
 * as after a reorganisation, by the coins that the funding spends.
 */
import type { Clock } from '../../base/types/clock.ts';
import { ChainError } from '../../infra/chain/backend.ts';
import { isOver } from '../../protocol/channel/failure.ts';
import { isUnseen } from '../../protocol/channel/funding.ts';
import type { Input } from '../../protocol/channel/input.ts';
import type { Book } from './book.ts';
import { fundingMissingEvent } from './events.ts';
import { isFundingOf } from './funding-output.ts';
import type { FundingRivals } from './funding-rivals.ts';
import type { LiveChannel } from './live-channel.ts';
import type { ChannelChain } from './options.ts';
import type { ChannelLog } from './ports.ts';

/** A payment waits for it. */
const LOOK_FOR_MS = 1_000;
/** It was there the last time. */
const LOOK_AGAIN_MS = 30_000;
/** After so long without a sight of it the operator is told. */
const LATE_MS = 600_000;

export interface FundingSightsOptions {
  readonly chain: Pick<ChannelChain, 'mempoolTransaction' | 'tip'>;
  readonly clock: Pick<Clock, 'after' | 'monotonicMs' | 'nowSeconds'>;
  readonly rivals: Pick<FundingRivals, 'keep' | 'watch'>;
  readonly book: Pick<Book, 'write' | 'speak'>;
  readonly log: ChannelLog;
  apply(channel: LiveChannel, input: Input): void;
}

/** A funding that no block holds. */
interface Sought {
  readonly since_ms: number;
  is_late: boolean;
}

export class FundingSights {
  readonly #options: FundingSightsOptions;
  readonly #sought = new Map<LiveChannel, Sought>();
  #cancel: (() => void) | undefined;

  constructor(options: FundingSightsOptions) {
    this.#options = options;
  }

  /** Begins to look for the channel's funding, when it was bought and no block holds it. */
  add(channel: LiveChannel): void {
    if (channel.state.funding_sight === undefined || channel.state.funding_confirmation !== undefined) return;
    if (this.#sought.has(channel)) return;
    this.#sought.set(channel, { since_ms: this.#options.clock.monotonicMs(), is_late: false });
    // What it spends is known from an earlier run.
    this.#options.rivals.watch(channel, channel.state.terms.opened_height);
    this.#arm();
  }

  /** The channel is not alive any more. */
  drop(channel: LiveChannel): void {
    this.#sought.delete(channel);
  }

  /** Looks for none any more. */
  stop(): void {
    this.#sought.clear();
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #arm(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const channels = [...this.#sought.keys()];
    if (channels.length === 0) return;
    const delay_ms = channels.some(({ state }) => isUnseen(state)) ? LOOK_FOR_MS : LOOK_AGAIN_MS;
    this.#cancel = this.#options.clock.after(delay_ms, () => void this.#lookForAll());
  }

  async #lookForAll(): Promise<void> {
    for (const channel of [...this.#sought.keys()]) {
      const { state } = channel;
      // A block tells the rest.
      if (state.funding_confirmation !== undefined || isOver(state)) this.#sought.delete(channel);
      else await this.#lookFor(channel);
    }
    this.#arm();
  }

  async #lookFor(channel: LiveChannel): Promise<void> {
    const { chain, apply, rivals } = this.#options;
    const { terms } = channel.state;
    let transaction: Uint8Array | undefined;
    try {
      transaction = await chain.mempoolTransaction(terms.funding_txid);
    } catch (error) {
      // Whoever follows the chain tells the operator that the source does not answer; until it does nothing is known.
      if (error instanceof ChainError) return;
      throw error;
    }
    const sought = this.#sought.get(channel);
    // It left, or a block came, while the source was asked.
    if (sought === undefined || channel.state.funding_confirmation !== undefined) return;
    if (transaction === undefined) {
      apply(channel, { kind: 'funding_sight', is_there: false });
      this.#tellWhenLate(channel, sought);
      return;
    }
    if (!isFundingOf(terms, transaction)) {
      const { funding_txid, funding_output_index } = terms;
      const reason = `output ${funding_output_index} of ${funding_txid} is not the funding that was agreed on`;
      apply(channel, { kind: 'give_up', reason });
      return;
    }
    if (channel.state.funding_sight === 'seen') return;
    rivals.keep(channel, transaction);
    rivals.watch(channel, chain.tip().height + 1);
    apply(channel, { kind: 'funding_sight', is_there: true });
  }

  #tellWhenLate(channel: LiveChannel, sought: Sought): void {
    const { clock, book, log } = this.#options;
    if (sought.is_late || clock.monotonicMs() - sought.since_ms < LATE_MS) return;
    sought.is_late = true;
    const { channel_id, peer_id, state } = channel;
    book.write(...fundingMissingEvent(channel, clock.nowSeconds()));
    book.speak(() =>
      log.warn(
        `channel ${channel_id}: its funding ${state.terms.funding_txid}, which ${peer_id} was to send, is in no block and ` +
          'not in the mempool. Nothing in the channel counts before it is there',
      ),
    );
  }
}
