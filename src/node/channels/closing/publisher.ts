/**
 * Brings the mutual closes of a channel to the network, for the first time and again with every block, and remembers what
 * the network said. A close that it refuses for good, or for a day, ends alone: our commitment goes out instead.
 */
import type { ChainSource } from '../../../infra/chain/source.ts';
import { publishableCloses } from '../../../protocol/channel/close-agreed.ts';
import { isUnfunded } from '../../../protocol/channel/funding.ts';
import type { Input } from '../../../protocol/channel/input.ts';
import type { LiveChannel } from '../live-channel.ts';
import type { ChannelLog } from '../ports.ts';

export interface ClosePublisherOptions {
  readonly chain: Pick<ChainSource, 'broadcast' | 'tip'>;
  readonly log: ChannelLog;
  apply(channel: LiveChannel, input: Input): void;
}

/**
 * Whether what the network said is not its last word: another transaction was signed since, and is on its way to the network, or the
 * peer is about to sign the one that we pay for.
 */
export function isUnderWay({ state, publication }: LiveChannel): boolean {
  const { offered_close, link, closing_transactions } = state;
  if (publication?.latest !== closing_transactions.at(-1)) return true;
  return offered_close?.is_answered === false && link === 'up';
}

/** So long a refusal may be of its time, such as a mempool that is full: about a day. */
const PATIENCE_BLOCKS = 144;

/** What no later block changes, in Bitcoin Core's words. */
const FOR_GOOD = /dust|scriptpubkey|multi-op-return|script-verify|bad-txns-(vout|in-belowout|oversize)|tx-size/i;

/** Another transaction that spends the funding output is in the mempool or in a block. */
const SUPERSEDED = /insufficient fee|replacement|mempool-conflict|missing-?(inputs|or-?spent)|already/i;

export class ClosePublisher {
  readonly #options: ClosePublisherOptions;
  /** What was logged of each channel. */
  readonly #said = new WeakMap<LiveChannel, Set<string>>();

  constructor(options: ClosePublisherOptions) {
    this.#options = options;
  }

  /** One that was just signed. Never rejects. */
  async publish(channel: LiveChannel, transaction: string): Promise<void> {
    // What it spends is in no block, and may never be: it goes out with the block that brings it.
    if (isUnfunded(channel.state)) return;
    await this.#send(channel, transaction);
    this.#conclude(channel);
  }

  /** All that are known, when the channel is still closed by nothing else. Never rejects. */
  async publishAgain(channel: LiveChannel): Promise<void> {
    if (channel.state.phase !== 'closed' || isUnfunded(channel.state)) return;
    for (const transaction of publishableCloses(channel.state)) await this.#send(channel, transaction);
    this.#conclude(channel);
  }

  async #send(channel: LiveChannel, transaction: string): Promise<void> {
    const { chain, log } = this.#options;
    const what = `the closing transaction of channel ${channel.channel_id}`;
    try {
      const result = await chain.broadcast([Buffer.from(transaction, 'hex')]);
      if (result.kind === 'rejected') this.#refused(channel, result.reason, what);
      else {
        if (result.kind === 'accepted') this.#say(channel, transaction, () => log.info(`${what} is on its way`));
        channel.publication = { kind: 'taken', transaction, latest: channel.state.closing_transactions.at(-1) };
      }
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      this.#say(channel, problem, () => log.warn(`${what} could not be sent yet: ${problem}`));
    }
  }

  #refused(channel: LiveChannel, reason: string, what: string): void {
    const { chain, log } = this.#options;
    const { publication, state } = channel;
    const latest = state.closing_transactions.at(-1);
    if (SUPERSEDED.test(reason)) {
      const transaction = publication?.kind === 'taken' ? publication.transaction : publishableCloses(state).at(-1);
      if (transaction !== undefined) channel.publication = { kind: 'taken', transaction, latest };
      return;
    }
    this.#say(channel, reason, () => log.warn(`${what} was refused: ${reason}`));
    if (publication?.kind === 'taken') {
      channel.publication = { ...publication, latest };
      return;
    }
    const since_height = publication?.since_height ?? chain.tip().height;
    channel.publication = { kind: 'refused', reason, since_height, latest };
  }

  /** Once for each transaction, or reason: it is sent again with every block. */
  #say(channel: LiveChannel, about: string, log: () => void): void {
    const said = this.#said.get(channel) ?? new Set<string>();
    this.#said.set(channel, said);
    if (said.has(about)) return;
    said.add(about);
    log();
  }

  #conclude(channel: LiveChannel): void {
    const { publication, state } = channel;
    if (publication?.kind === 'refused' && state.phase === 'closed' && this.#isHopeless(channel, publication)) {
      const reason = `the network does not take the closing transaction: ${publication.reason}`;
      this.#options.apply(channel, { kind: 'force_close', reason });
    }
    channel.tell();
  }

  #isHopeless(channel: LiveChannel, { reason, since_height }: { reason: string; since_height: number }): boolean {
    if (isUnderWay(channel)) return false;
    return FOR_GOOD.test(reason) || this.#options.chain.tip().height >= since_height + PATIENCE_BLOCKS;
  }
}
