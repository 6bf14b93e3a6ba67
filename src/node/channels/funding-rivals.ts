/**
 * After a reorganisation the funding of a channel may be in no block, and another transaction that spends one of the same
 * coins in its place. So the coins that a peer's funding spends are kept as long as that could still happen, and watched
 * once the funding is gone.
 */
import type { ChannelId } from '../../base/types/brand.ts';
import { parseTransaction } from '../../codec/tx/transaction.ts';
import type { ChainSource, Outpoint } from '../../infra/chain/source.ts';
import { readAll } from '../../infra/store/read-all.ts';
import type { Store } from '../../infra/store/store.ts';
import type { Input } from '../../protocol/channel/input.ts';
import type { Book } from './book.ts';
import type { LiveChannel } from './live-channel.ts';

/** A transaction of a hostile peer may spend thousands: more are not worth their place. */
const MOST_COINS = 500;
/** No reorganisation ever went so far below the block that it took a funding out of. */
const REORG_BLOCKS = 20;

export class FundingRivals {
  readonly #chain: ChainSource;
  readonly #book: Pick<Book, 'write'>;
  readonly #apply: (channel: LiveChannel, input: Input) => void;
  /** What the fundings spend, by channel. */
  readonly #coins = new Map<ChannelId, readonly Outpoint[]>();
  readonly #cancels = new Map<ChannelId, (() => void)[]>();

  constructor(chain: ChainSource, book: Pick<Book, 'write'>, apply: (channel: LiveChannel, input: Input) => void) {
    this.#chain = chain;
    this.#book = book;
    this.#apply = apply;
  }

  /** Reads what earlier runs kept. */
  async load(store: Store): Promise<void> {
    for (const { channel_id, coins } of await readAll(store, 'SELECT * FROM funding_coins ORDER BY channel_id')) {
      this.#coins.set(channel_id as ChannelId, JSON.parse(coins as string) as Outpoint[]);
    }
  }

  /** A block holds the funding transaction of a peer: keeps what it spends, and looks for no rival any more. */
  keep({ channel_id, state }: LiveChannel, transaction: Uint8Array): void {
    this.#stop(channel_id);
    if (state.terms.opener === 'local' || this.#coins.has(channel_id)) return;
    const { inputs } = parseTransaction(transaction);
    const coins = inputs.slice(0, MOST_COINS).map(({ txid, vout }) => ({ txid, vout }));
    this.#coins.set(channel_id, coins);
    this.#book.write({
      sql: 'INSERT INTO funding_coins (channel_id, coins) VALUES (?, ?) ON CONFLICT (channel_id) DO NOTHING',
      params: [channel_id, JSON.stringify(coins)],
    });
  }

  /** The funding was in a block of this height, and is in none any more: looks for what takes its place. */
  watch(channel: LiveChannel, height: number): void {
    const { channel_id, state } = channel;
    if (this.#cancels.has(channel_id)) return;
    const from_height = Math.max(0, height - REORG_BLOCKS);
    const cancels = (this.#coins.get(channel_id) ?? []).map((outpoint) =>
      this.#chain.watch({ kind: 'outpoint', outpoint }, from_height, (event) => {
        if (event.kind === 'spent' && event.confirmation.txid !== state.terms.funding_txid) {
          const { txid, block } = event.confirmation;
          this.#apply(channel, { kind: 'funding_rival', rival: { txid, block_height: block.height } });
        }
        const isUndone = event.kind === 'disconnected' && channel.state.funding_rival?.txid === event.txid;
        if (isUndone) this.#apply(channel, { kind: 'funding_rival', rival: undefined });
      }),
    );
    this.#cancels.set(channel_id, cancels);
  }

  /** The funding is so deep that nothing can take its place, or the channel is over: nothing is kept. */
  drop(channel_id: ChannelId): void {
    this.#stop(channel_id);
    if (!this.#coins.delete(channel_id)) return;
    this.#book.write({ sql: 'DELETE FROM funding_coins WHERE channel_id = ?', params: [channel_id] });
  }

  /** Looks for none any more. */
  stop(): void {
    for (const channel_id of [...this.#cancels.keys()]) this.#stop(channel_id);
  }

  #stop(channel_id: ChannelId): void {
    for (const cancel of this.#cancels.get(channel_id) ?? []) cancel();
    this.#cancels.delete(channel_id);
  }
}
