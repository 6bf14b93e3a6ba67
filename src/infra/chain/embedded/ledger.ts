/** The coins of the embedded chain, block by block, with what is needed to take a block back. */
import type { Sat } from '../../../base/types/amount.ts';
import { blockHash, walkBlock } from '../raw-block.ts';
import type { BlockRef } from '../source.ts';
import { type ChainTransaction, type Coin, type CoinName, readTransaction } from './transaction.ts';

/** Coinbase outputs must be this deep before they are spent. */
export const COINBASE_MATURITY_BLOCKS = 100;
const HALVING_BLOCKS = 150;

/** What a block of regtest mints, before fees. */
export function subsidySat(height: number): Sat {
  return (5_000_000_000n >> BigInt(Math.floor(height / HALVING_BLOCKS))) as Sat;
}

interface ChainBlock {
  readonly ref: BlockRef;
  readonly bytes: Buffer;
  readonly time_seconds: number;
  /** The coins that its transactions spent: they come back when the block goes. */
  readonly spent: readonly (readonly [CoinName, Coin])[];
  readonly transactions: readonly ChainTransaction[];
}

export class Ledger {
  readonly #blocks: ChainBlock[] = [];
  readonly #byHash = new Map<string, Buffer>();
  readonly #heights = new Map<string, number>();
  readonly #coins = new Map<CoinName, Coin>();

  /** The tip. There is always a genesis block. */
  get tip(): BlockRef {
    return (this.#blocks.at(-1) as ChainBlock).ref;
  }

  /** The time that locktimes are held against: the median of the last eleven blocks (BIP 113). */
  get medianTimeSeconds(): number {
    return this.medianTimeAt(this.tip.height);
  }

  /** The median time as it was when the block at this height was the tip. */
  medianTimeAt(height: number): number {
    const times = this.#blocks.slice(Math.max(0, height - 10), height + 1).map((block) => block.time_seconds);
    return times.sort((a, b) => a - b)[times.length >> 1] as number;
  }

  coin(name: CoinName): Coin | undefined {
    return this.#coins.get(name);
  }

  hashAt(height: number): string | undefined {
    return this.#blocks[height]?.ref.hash;
  }

  /** A block by its hash, also one that was reorganised away. */
  block(hash: string): Buffer | undefined {
    return this.#byHash.get(hash);
  }

  /** The height of the block that holds the transaction, in the best chain. */
  heightOf(txid: string): number | undefined {
    return this.#heights.get(txid);
  }

  /** Adds a block whose transactions were judged already. */
  connect(bytes: Buffer): BlockRef {
    const height = this.#blocks.length;
    const ref = { height, hash: blockHash(bytes) };
    const spent: (readonly [CoinName, Coin])[] = [];
    const transactions: ChainTransaction[] = [];
    walkBlock(bytes, {}, (_index, span) => transactions.push(readTransaction(bytes.subarray(span.start, span.end))));
    for (const [index, transaction] of transactions.entries()) {
      for (const { coin: name } of index === 0 ? [] : transaction.inputs) {
        const coin = this.#coins.get(name);
        if (coin === undefined) throw new Error(`block ${height} spends ${name}, which is no coin`);
        spent.push([name, coin]);
        this.#coins.delete(name);
      }
      this.#heights.set(transaction.txid, height);
      for (const [vout, { amount_sat, script_pubkey }] of transaction.outputs.entries()) {
        this.#coins.set(`${transaction.txid}:${vout}`, { amount_sat, script_pubkey, height, is_coinbase: index === 0 });
      }
    }
    this.#blocks.push({ ref, bytes, time_seconds: bytes.readUInt32LE(68), spent, transactions });
    this.#byHash.set(ref.hash, bytes);
    return ref;
  }

  /** Takes the tip back; answers its transactions without the coinbase. The genesis block stays. */
  disconnect(): readonly ChainTransaction[] {
    if (this.#blocks.length < 2) throw new Error('the genesis block cannot be taken back');
    const block = this.#blocks.pop() as ChainBlock;
    for (const transaction of block.transactions) {
      this.#heights.delete(transaction.txid);
      for (const vout of transaction.outputs.keys()) this.#coins.delete(`${transaction.txid}:${vout}`);
    }
    for (const [name, coin] of block.spent) if (!this.#isMadeBy(block, name)) this.#coins.set(name, coin);
    return block.transactions.slice(1);
  }

  #isMadeBy(block: ChainBlock, name: CoinName): boolean {
    return block.transactions.some((transaction) => name.startsWith(`${transaction.txid}:`));
  }
}
