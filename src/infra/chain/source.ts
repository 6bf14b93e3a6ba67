/**
 * What Till asks of the Bitcoin chain, whatever answers: bitcoind, Esplora or the embedded regtest chain. Every
 * implementation is held to one suite, test/contract/chain-source.ts.
 *
 * Heights and hashes name blocks; a txid is written as people write it. A watch is remembered in memory only: its owner
 * keeps what it waits for in the store and registers it again at start, with the height from which to look.
 */
import type { Sat } from '../../base/types/amount.ts';
import type { Txid } from '../../base/types/brand.ts';

/** A block's place in the chain. */
export interface BlockRef {
  readonly height: number;
  /** As people write it (reversed), hex. */
  readonly hash: string;
}

/** An output of a transaction. */
export interface Outpoint {
  readonly txid: Txid;
  readonly vout: number;
}

/** A transaction in a block. */
export interface Confirmation {
  readonly block: BlockRef;
  /** When the block was made, as its header says: Unix time. Miners may be off by up to two hours. */
  readonly mined_at: number;
  /** Its index in the block: the middle part of a short_channel_id. */
  readonly transaction_index: number;
  /** The serialized transaction, witnesses included. */
  readonly transaction: Uint8Array;
  readonly txid: Txid;
}

/** What a watch reports. A reorg is reported as `disconnected`; what it undoes comes again when it is mined again. */
export type WatchEvent =
  /** The transaction is in a block. */
  | { readonly kind: 'confirmed'; readonly confirmation: Confirmation }
  /** The outpoint was spent by input `input_index` of the transaction. */
  | {
      readonly kind: 'spent';
      readonly outpoint: Outpoint;
      readonly input_index: number;
      readonly confirmation: Confirmation;
    }
  /**
   * Output `vout` pays to the watched script. A spend of it that is known by then, in the same block or in one that was looked
   * through with it, follows at once as `spent`; for later ones the outpoint is to be watched.
   */
  | {
      readonly kind: 'paid';
      readonly script_pubkey: string;
      readonly vout: number;
      readonly amount_sat: Sat;
      readonly confirmation: Confirmation;
    }
  /** The block in which an event of this watch happened is no longer in the best chain: that event is undone. */
  | { readonly kind: 'disconnected'; readonly block: BlockRef; readonly txid: Txid };

/** What can be watched. Scripts are hex. */
export type WatchTarget =
  | { readonly kind: 'transaction'; readonly txid: Txid }
  | { readonly kind: 'outpoint'; readonly outpoint: Outpoint }
  | { readonly kind: 'script'; readonly script_pubkey: string };

/** How the best chain moved. For each block the events of its watches come first, then `connected`. */
export type TipEvent =
  | { readonly kind: 'connected'; readonly block: BlockRef }
  | { readonly kind: 'disconnected'; readonly block: BlockRef };

/** What became of a transaction that was handed over. */
export type BroadcastResult =
  | { readonly kind: 'accepted' }
  /** It was in the mempool or in a block already. */
  | { readonly kind: 'known' }
  /** The node refused it; `reason` is the node's own word, such as `min relay fee not met`. */
  | { readonly kind: 'rejected'; readonly reason: string };

/** How soon a transaction should confirm, as a number of blocks: 2 is urgent, 6 normal, 12 opening, 100 slow. */
export type FeeTargetBlocks = 2 | 6 | 12 | 100;

/** How far what is known of the chain can be relied on. */
export type ChainView =
  | { readonly kind: 'current' }
  /** The source does not answer, waits for blocks itself, or is not where this node has been. */
  | { readonly kind: 'source_behind'; readonly reason: string }
  /** The source has more blocks than were read so far. */
  | { readonly kind: 'following' };

/** What is known of earlier runs when a source is started. */
export interface ChainMemory {
  /** Blocks below the last one, oldest first, without a gap. */
  readonly older?: readonly BlockRef[];
  /** The operator's word: a source that follows another chain is believed, from this height on. */
  readonly believe_from?: number | undefined;
}

/** The floor that every node relays, in satoshi per 1000 weight units (BOLT 3). */
export const FEERATE_FLOOR_PER_KW = 253;

/** What the modules above know of the chain: its tip, what they watch, and how to send to it. */
export interface ChainSource {
  /**
   * Connects, and resolves when the tip is known; waits for a source that does not answer yet. `from` is the last block
   * that the caller has seen. The answer is the block from which on it will hear: that one, or a lower one when blocks
   * are gone. Rejects with ChainError when the source is of another network, or follows another chain.
   */
  start(from?: BlockRef, memory?: ChainMemory): Promise<BlockRef>;
  stop(): Promise<void>;

  /** The best block that every listener has heard of. */
  tip(): BlockRef;
  /** The newest blocks that every listener has heard of, oldest first, without a gap: the last is the tip. */
  recent(): readonly BlockRef[];
  /** Whether blocks are still being caught up; resolves when it is done. */
  synced(): Promise<void>;
  /** Whether the tip is the best block, as far as anyone can know. */
  view(): ChainView;
  /** Calls back for every block from now on; the answer ends that. */
  onTip(listener: (event: TipEvent) => void): () => void;

  /**
   * Watches from block `from_height` on (older blocks are scanned again when they must be). Events come in the order of
   * the chain. The answer ends the watch.
   */
  watch(target: WatchTarget, from_height: number, listener: (event: WatchEvent) => void): () => void;

  /** Hands a signed transaction to the network. A child that pays for its parent comes with it in one call. */
  broadcast(transactions: readonly Uint8Array[]): Promise<BroadcastResult>;

  /** Satoshi per 1000 weight, never below the floor; undefined when the source has no estimate. */
  feeratePerKw(target: FeeTargetBlocks): number | undefined;

  /**
   * What a transaction must pay to enter the mempool now: satoshi per 1000 weight, never below the floor, and the floor
   * for a source that does not say.
   */
  mempoolMinimumPerKw(): number;

  /**
   * The transaction (serialized) that waits for a block, as the source's mempool has it; undefined when it does not, or no
   * longer. Rejects with ChainError when the source does not answer.
   */
  mempoolTransaction(txid: Txid): Promise<Uint8Array | undefined>;

  /** Whether the output exists and is unspent in the best chain (BOLT 7 checks announced channels with this). */
  unspent(outpoint: Outpoint): Promise<{ amount_sat: Sat; script_pubkey: string; height: number } | undefined>;

  /**
   * What transactions in no block pay to the script (hex), all together: for people to see, since such a transaction may
   * never be mined. Undefined where the source does not say, or not now: what was said before may be in a block since.
   */
  unconfirmedTo(script_pubkey: string): Promise<Sat | undefined>;
}
