/**
 * The wallet's ears on the chain: watches scripts, coins and own transactions, and turns what it hears into entries of
 * the ledger. Blocks that go away are taken from the tip's events, not from the watches': a watch knows only of what it
 * reported itself, and the ledger also remembers what happened before the last start.
 */

import type { Sat } from '../../base/types/amount.ts';
import type { ChainSource, Confirmation, TipEvent, WatchEvent, WatchTarget } from '../../infra/chain/source.ts';
import type { KeyPath } from './coin.ts';
import { type Ledger, type Outpoint, outpointName } from './ledger.ts';

interface Registered {
  readonly target: WatchTarget;
  readonly from_height: number;
  readonly end: () => void;
}

/** A coin that a block gives us. */
export interface MinedCoin extends Outpoint {
  readonly script_pubkey: string;
  readonly amount_sat: Sat;
  readonly blockheight: number;
  /** Unix time, as its block says. */
  readonly mined_at: number;
}

export interface ChainWatchOptions {
  readonly ledger: Ledger;
  /** The key of a script of ours, which was paid in a block of this height. */
  readonly pathOf: (script_pubkey: string, height: number) => KeyPath | undefined;
  /** Called when a block pays to a script of ours, before the change is called. */
  readonly onCoin: (coin: MinedCoin) => void;
  /** Called for a transaction in a block that gives or takes a coin, before the change is called. */
  readonly onMined: (confirmation: Confirmation) => void;
  /** Called when what happened in blocks from this height on is taken back, before the change is called. */
  readonly onUndone: (height: number) => void;
  /** Called after everything that may have changed the ledger. */
  readonly onChange: () => void;
  /** Called when a block has been told completely. */
  readonly onBlock: () => void;
}

export class ChainWatch {
  readonly #chain: ChainSource;
  readonly #options: ChainWatchOptions;
  readonly #watches = new Map<string, Registered>();
  /** The highest block that was reported. */
  #height: number;
  readonly #endTip: () => void;

  /**
   * Listens from here on. What the ledger knows of blocks above `from_height` is taken back first: it is told again,
   * unless those blocks are gone.
   */
  constructor(chain: ChainSource, from_height: number, options: ChainWatchOptions) {
    this.#chain = chain;
    this.#options = options;
    this.#height = from_height;
    this.#undoFrom(from_height + 1);
    this.#endTip = chain.onTip((event) => this.#tipMoved(event));
    this.ensureLedger(from_height);
    options.onChange();
  }

  stop(): void {
    this.#endTip();
    for (const { end } of this.#watches.values()) end();
    this.#watches.clear();
  }

  /** Watches a script from this height on, unless that is done already. */
  ensureScript(script_pubkey: string, from_height: number): void {
    this.#ensure(script_pubkey, { kind: 'script', script_pubkey }, from_height);
  }

  /** Watches every unspent coin and every own transaction that is not in a block. */
  ensureLedger(from_height: number): void {
    const { ledger } = this.#options;
    for (const coin of ledger.everyCoin) if (coin.spent_height === undefined) this.#ensureCoin(coin, from_height);
    for (const { txid, blockheight } of ledger.transactions) {
      if (blockheight === undefined) this.#ensure(txid, { kind: 'transaction', txid }, from_height);
    }
  }

  #ensureCoin(outpoint: Outpoint, from_height: number): void {
    const { txid, vout } = outpoint;
    this.#ensure(outpointName(outpoint), { kind: 'outpoint', outpoint: { txid, vout } }, from_height);
  }

  #ensure(name: string, target: WatchTarget, from_height: number): void {
    const known = this.#watches.get(name);
    if (known !== undefined && known.from_height <= from_height) return;
    known?.end();
    const end = this.#chain.watch(target, from_height, (event) => this.#heard(event));
    this.#watches.set(name, { target, from_height, end });
  }

  #heard(event: WatchEvent): void {
    const { ledger, pathOf, onCoin, onMined, onChange } = this.#options;
    if (event.kind === 'disconnected') return;
    onMined(event.confirmation);
    const { block, mined_at, txid, transaction_index } = event.confirmation;
    if (event.kind === 'confirmed') ledger.confirmed(txid, block.height);
    else if (event.kind === 'spent') ledger.spent(event.outpoint, txid, block.height);
    else {
      const { script_pubkey, vout, amount_sat } = event;
      const path = pathOf(script_pubkey, block.height);
      if (path === undefined) throw new Error(`a script that is not ours was watched: ${script_pubkey}`);
      ledger.paid({ txid, vout, amount_sat, script_pubkey, path, is_coinbase: transaction_index === 0 }, block.height);
      this.#ensureCoin({ txid, vout }, block.height);
      onCoin({ txid, vout, script_pubkey, amount_sat, blockheight: block.height, mined_at });
    }
    onChange();
  }

  #tipMoved({ kind, block }: TipEvent): void {
    const { onChange, onBlock } = this.#options;
    if (kind === 'disconnected') {
      this.#undoFrom(block.height);
      this.#lookAgainFrom(block.height);
    } else if (block.height <= this.#height) {
      // Blocks above belong to a branch that was left; a very deep reorg does not name them one by one.
      this.#undoFrom(block.height + 1);
      this.#lookAgainFrom(block.height);
    }
    this.#height = kind === 'connected' ? block.height : block.height - 1;
    onChange();
    if (kind === 'connected') onBlock();
  }

  #undoFrom(height: number): void {
    this.#options.ledger.undoFrom(height);
    this.#options.onUndone(height);
  }

  /** After a reorg: every watch also looks at this height, even where it began above. */
  #lookAgainFrom(height: number): void {
    for (const [name, { target }] of [...this.#watches]) this.#ensure(name, target, height);
    this.ensureLedger(height);
  }
}
