/** Sends the funding transactions of our channels, and tells who opened them what the source of blocks says to that. */
import type { Input } from '../../../protocol/channel/input.ts';
import type { LiveChannel } from '../live-channel.ts';
import type { ChannelLog, FundingWallet } from '../ports.ts';
import type { AwaitedEnd } from './openings.ts';

export class Fundings {
  readonly #wallet: Pick<FundingWallet, 'publish' | 'release'>;
  readonly #log: ChannelLog;
  readonly #apply: (channel: LiveChannel, input: Input) => void;
  readonly #expected = new Map<LiveChannel, AwaitedEnd>();

  constructor(
    wallet: Pick<FundingWallet, 'publish' | 'release'>,
    log: ChannelLog,
    apply: (channel: LiveChannel, input: Input) => void,
  ) {
    this.#wallet = wallet;
    this.#log = log;
    this.#apply = apply;
  }

  /** Somebody waits for the funding of this channel to be sent. */
  expect(channel: LiveChannel, end: AwaitedEnd): void {
    this.#expected.set(channel, end);
  }

  /**
   * Sends the funding transaction. When the source of blocks refuses it the channel is given up and its coins are free:
   * the peer has no use for a channel without funding. One that cannot be reached now is asked again with every block.
   */
  async publish(channel: LiveChannel): Promise<void> {
    const { channel_id } = channel;
    const { funding_txid, funding_output_index } = channel.state.terms;
    const end = this.#expected.get(channel);
    this.#expected.delete(channel);
    try {
      await this.#wallet.publish(funding_txid);
      end?.resolve({ kind: 'channel', channel_id, funding_txid, outnum: funding_output_index });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#log.warn(`channel ${channel_id}: its funding was not sent, and it is given up: ${reason}`);
      this.#apply(channel, { kind: 'give_up', reason: `no funding: ${reason}` });
      this.#wallet.release(funding_txid);
      end?.resolve({ kind: 'failed', reason, cause: error });
    }
  }
}
