/**
 * The little that differs between sources of blocks. `ChainFollower` makes a ChainSource of any of them: it alone knows
 * about watches, catching up and reorgs.
 */
import type { Sat } from '../../base/types/amount.ts';
import type { Txid } from '../../base/types/brand.ts';
import type { BlockRef, BroadcastResult, ChainSource, FeeTargetBlocks } from './source.ts';

/** An unspent output that pays to a script (hex). */
export interface ScriptCoin {
  readonly script_pubkey: string;
  readonly txid: Txid;
  readonly vout: number;
  readonly height: number;
  readonly amount_sat: Sat;
}

/** A source of blocks: bitcoind, an Esplora server, the embedded chain. */
export interface ChainBackend {
  /** Connects. Throws ChainError when the source is of another network or cannot be used. */
  open(): Promise<void>;
  close(): Promise<void>;
  /** The best block that the source knows. */
  tip(): Promise<BlockRef>;
  /** Whether the source itself was catching up with the network when it last said what its best block is. */
  isCatchingUp?(): boolean;
  /**
   * When the best block was made that the source last named, as its header says: Unix time. Undefined, or absent, where
   * age means nothing because blocks are made at will.
   */
  tipTime?(): number | undefined;
  /** The hash of the best chain's block at this height; undefined above the tip. */
  blockHash(height: number): Promise<string | undefined>;
  /** The serialized block. Throws ChainError when the source does not have it. */
  block(hash: string): Promise<Buffer>;
  broadcast(transactions: readonly Uint8Array[]): Promise<BroadcastResult>;
  /** Undefined when the source has no estimate for this target. */
  feeratePerKw(target: FeeTargetBlocks): Promise<number | undefined>;
  /** What a transaction must pay to enter the source's mempool now; absent where the source does not say. */
  mempoolMinimumPerKw?(): Promise<number>;
  unspent: ChainSource['unspent'];
  /** What transactions in no block pay to the script (hex), all together. Absent where the source cannot say at once. */
  unconfirmedTo?(script_pubkey: string): Promise<Sat | undefined>;
  /** The transaction (serialized) while it waits for a block; undefined when the source's mempool does not hold it. */
  mempoolTransaction?(txid: Txid): Promise<Uint8Array | undefined>;
  /**
   * The transaction at this index of a block; undefined when it has fewer. Absent where the block itself is as near.
   */
  txidAt?(hash: string, transaction_index: number): Promise<Txid | undefined>;
  /**
   * All unspent outputs that pay to one of these scripts (hex): one pass over all unspent outputs, which takes minutes on
   * mainnet. Absent where the source cannot do that.
   */
  searchScripts?(scripts: readonly string[]): Promise<readonly ScriptCoin[]>;
  /** Calls back when there may be a new tip. A source that cannot tell is polled instead. */
  readonly onNews?: (listener: () => void) => () => void;
}

/** A source of blocks does not answer, or answers what cannot be. */
export class ChainError extends Error {
  override readonly name = 'ChainError';
  /** The source does not run yet, or has only begun to: it will answer when it is asked later. */
  readonly is_starting: boolean;
  /** The source is well, but does not have this block, and asking again is of no use: it was pruned. */
  readonly is_pruned: boolean;
  /** The source is well, but is not where this node has been: it is not followed. */
  readonly is_refused: boolean;

  constructor(message: string, { is_starting = false, is_pruned = false, is_refused = false } = {}) {
    super(message);
    this.is_starting = is_starting;
    this.is_pruned = is_pruned;
    this.is_refused = is_refused;
  }
}

/** A block that has to be searched was pruned at the source. `error` is its word. */
export function blockGone(height: number, { message }: ChainError): ChainError {
  return new ChainError(
    `the source of blocks no longer has block ${height} (${message}): what happened up to there to coins and channels ` +
      'of this node, and was not seen then, is not seen now either. Start once with a source that has all blocks',
  );
}
