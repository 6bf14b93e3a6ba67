/**
 * A regtest chain inside the process, for the sandbox and for tests: it checks scripts, values and timelocks, relays by
 * bitcoind's rules, and mines or reorganises when it is asked to. It is a backend like any other.
 */
import { type Sat, sum } from '../../../base/types/amount.ts';

import type { Txid } from '../../../base/types/brand.ts';
import type { Clock } from '../../../base/types/clock.ts';
import { type ChainBackend, ChainError } from '../backend.ts';
import { RawBlockError } from '../raw-block.ts';
import { type BlockRef, type BroadcastResult, FEERATE_FLOOR_PER_KW, type Outpoint } from '../source.ts';
import { BlockFile } from './block-file.ts';
import { Ledger, subsidySat } from './ledger.ts';
import { Mempool, Rejected } from './mempool.ts';
import { mineBlock, REGTEST_GENESIS } from './mining.ts';
import { readTransaction } from './transaction.ts';

export interface EmbeddedChainOptions {
  readonly clock: Clock;
  /** Where the chain is kept; undefined keeps it in memory only. */
  readonly file?: string;
}

export class EmbeddedChain implements ChainBackend {
  readonly #ledger = new Ledger();
  readonly #mempool = new Mempool(this.#ledger);
  readonly #clock: Clock;
  readonly #file: BlockFile | undefined;
  readonly #listeners = new Set<() => void>();
  #mined = 0;
  /** What a wallet should pay; a test may change it. */
  feerate_per_kw = FEERATE_FLOOR_PER_KW * 4;

  constructor(options: EmbeddedChainOptions) {
    this.#clock = options.clock;
    this.#ledger.connect(REGTEST_GENESIS);
    if (options.file !== undefined) {
      this.#file = BlockFile.open(options.file, {
        connect: (block) => this.#ledger.connect(block),
        disconnect: () => this.#ledger.disconnect(),
      });
    }
  }

  /** Mines blocks whose coinbase pays to the script (hex); the first takes all that is pending. */
  mine(count: number, script_pubkey: string): BlockRef {
    for (let index = 0; index < count; index++) {
      const transactions = this.#mempool.transactions;
      const previous = this.#ledger.tip;
      const block = mineBlock({
        previous,
        time_seconds: Math.max(this.#clock.nowSeconds(), this.#ledger.medianTimeSeconds + 1),
        transactions,
        coinbase_script: Buffer.from(script_pubkey, 'hex'),
        coinbase_sat: subsidySat(previous.height + 1) + this.#mempool.fees_sat,
        extra_nonce: this.#mined++,
      });
      this.#ledger.connect(block);
      this.#mempool.afterBlock(transactions);
      this.#file?.append(block);
    }
    this.#file?.sync();
    this.#news();
    return this.#ledger.tip;
  }

  /**
   * Takes the last `depth` blocks back and mines one more than that, so that the new branch wins. What the lost blocks
   * held goes back to the mempool; with `drop` it is forgotten instead, as if it had never been sent.
   */
  reorganise(depth: number, script_pubkey: string, drop: 'keep' | 'drop' = 'keep'): BlockRef {
    const returned = [];
    for (let index = 0; index < depth; index++) {
      returned.unshift(...this.#ledger.disconnect());
      this.#file?.append(undefined);
    }
    this.#mempool.rejudge(drop === 'keep' ? returned : []);
    const kept = this.#mempool.transactions;
    if (drop === 'drop') this.#mempool.afterBlock(kept);
    return this.mine(depth + 1, script_pubkey);
  }

  /** Whether the transaction is waiting to be mined. */
  isPending(txid: string): boolean {
    return this.#mempool.has(txid);
  }

  /** What waits to be mined, serialized. */
  get pending(): readonly Buffer[] {
    return this.#mempool.transactions.map(({ bytes }) => bytes);
  }

  async open(): Promise<void> {}

  async close(): Promise<void> {
    this.#file?.close();
  }

  async tip(): Promise<BlockRef> {
    return this.#ledger.tip;
  }

  async blockHash(height: number): Promise<string | undefined> {
    return this.#ledger.hashAt(height);
  }

  async block(hash: string): Promise<Buffer> {
    const block = this.#ledger.block(hash);
    if (block === undefined) throw new ChainError(`the embedded chain has no block ${hash}`);
    return block;
  }

  async broadcast(transactions: readonly Uint8Array[]): Promise<BroadcastResult> {
    try {
      const parsed = transactions.map((bytes) => readTransaction(Buffer.from(bytes)));
      const isKnown = parsed.every(({ txid }) => this.#mempool.has(txid) || this.#ledger.heightOf(txid) !== undefined);
      if (isKnown) return { kind: 'known' };
      this.#mempool.accept(parsed.filter(({ txid }) => this.#ledger.heightOf(txid) === undefined));
      return { kind: 'accepted' };
    } catch (error) {
      if (error instanceof Rejected) return { kind: 'rejected', reason: error.reason };
      if (error instanceof RawBlockError) return { kind: 'rejected', reason: `TX decode failed: ${error.message}` };
      throw error;
    }
  }

  async feeratePerKw(): Promise<number> {
    return this.feerate_per_kw;
  }

  async unconfirmedTo(script_pubkey: string): Promise<Sat> {
    const outputs = this.#mempool.transactions.flatMap((transaction) => transaction.outputs);
    const paid = outputs.filter((output) => output.script_pubkey.toString('hex') === script_pubkey);
    return sum(paid.map(({ amount_sat }) => amount_sat));
  }

  async unspent({
    txid,
    vout,
  }: Outpoint): Promise<{ amount_sat: Sat; script_pubkey: string; height: number } | undefined> {
    const coin = this.#ledger.coin(`${txid}:${vout}`);
    if (coin?.height === undefined) return undefined;
    return { amount_sat: coin.amount_sat, script_pubkey: coin.script_pubkey.toString('hex'), height: coin.height };
  }

  async mempoolTransaction(txid: Txid): Promise<Uint8Array | undefined> {
    return this.#mempool.transactions.find((pending) => pending.txid === txid)?.bytes;
  }

  readonly onNews = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #news(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
