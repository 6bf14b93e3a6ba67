/**
 * The wallet's state as one whole: ledger, addresses, where the chain is, and the store behind them. What changes here
 * changes in memory at once and becomes durable in the order of the changes.
 */

import type { Sat } from '../../base/types/amount.ts';
import type { Txid } from '../../base/types/brand.ts';
import { toHex } from '../../base/types/hex.ts';
import type { Transaction, TxOutput } from '../../codec/tx/transaction.ts';
import type { ChainSource } from '../../infra/chain/source.ts';
import { type Store, StoreClosedError, type Write } from '../../infra/store/store.ts';
import { Addresses, type FreshScript } from './addresses.ts';
import { ChainWatch, type MinedCoin } from './chain-watch.ts';
import type { AddressKind, Coin, KeyPath, WalletKeys } from './coin.ts';
import { type ComposeRequest, compose } from './composer.ts';
import { TransactionStateError } from './failure.ts';
import { type HistoryEntry, historyUndo, historyWrite, readHistory } from './history.ts';
import { Ledger } from './ledger.ts';
import { LookAhead } from './look-ahead.ts';
import type { OwnTransaction } from './own-transaction.ts';
import { type OwnScript, readWallet, scriptWrite, type WalletRows } from './rows.ts';

/** A transaction of ours. */
export interface SignedTransaction {
  readonly txid: Txid;
  readonly transaction: Transaction;
  readonly fee_sat: Sat;
  /** The outputs that its inputs spend, in order: a PSBT wants them. */
  readonly spent: readonly TxOutput[];
}

/** What others write in the unit that makes a coin, so that no crash comes between. */
export type CoinWrites = (coin: MinedCoin) => readonly Write[];

/** What others write in the unit that enters a transaction, so that no crash comes between. */
export type TransactionWrites = (made: { readonly txid: Txid; readonly fee_sat: Sat }) => readonly Write[];

/** Change goes to taproot: its inputs are the cheapest to spend. */
const CHANGE_KIND: AddressKind = 'p2tr';

export class Books {
  readonly ledger: Ledger;
  readonly addresses: Addresses;
  readonly keys: WalletKeys;
  readonly #store: Store;
  /** The writes of others that belong to a new coin. */
  readonly #coinWrites: CoinWrites;
  /** Those that wait for the next unit. */
  #extra: Write[] = [];
  #chain: ChainSource | undefined;
  #watch: ChainWatch | undefined;
  /** While the chain is searched for what a lost database knew. */
  #look_ahead: LookAhead | undefined;
  #durable: Promise<void> = Promise.resolve();
  /** The coins for closing channels, as they were at a change of the ledger and a height. */
  #reserve: { readonly coins: readonly Coin[]; readonly changes: number; readonly tip_height: number } | undefined;

  /** Reads them from the store. Rejects as Store.read does. */
  static async open(store: Store, keys: WalletKeys, coinWrites: CoinWrites = () => []): Promise<Books> {
    const books = new Books(store, keys, await readWallet(store), coinWrites);
    books.#releaseOrphans();
    await books.flush();
    return books;
  }

  private constructor(store: Store, keys: WalletKeys, rows: WalletRows, coinWrites: CoinWrites) {
    this.#store = store;
    this.#coinWrites = coinWrites;
    this.keys = keys;
    this.ledger = new Ledger(rows.coins, rows.transactions);
    this.addresses = new Addresses(keys, rows.scripts);
  }

  /** What was held for someone who ended with the process; a channel's funding is for its channel to judge. */
  #releaseOrphans(): void {
    for (const { txid, state, purpose } of this.ledger.transactions) {
      if (state === 'held' && purpose !== 'funding') this.ledger.drop(txid);
    }
  }

  /**
   * Follows the chain, from the height where it started. `onBlock` is called when a block has been entered. From
   * `rescan_height` on the chain is searched for coins of addresses that the store does not know.
   */
  follow(chain: ChainSource, from_height: number, onBlock: () => void, rescan_height?: number): void {
    this.#chain = chain;
    const watch = new ChainWatch(chain, from_height, {
      ledger: this.ledger,
      pathOf: (script_pubkey, height) => this.addresses.pathOf(script_pubkey) ?? this.#find(script_pubkey, height),
      onCoin: (coin) => this.#extra.push(...this.#coinWrites(coin)),
      onMined: (confirmation) => this.#extra.push(historyWrite(confirmation)),
      onUndone: (height) => this.#extra.push(historyUndo(height)),
      onChange: () => void this.flush(),
      onBlock,
    });
    const known_height = Math.min(from_height, rescan_height ?? from_height);
    for (const script_pubkey of this.addresses.scripts) watch.ensureScript(script_pubkey, known_height);
    this.#watch = watch;
    if (rescan_height === undefined) return;
    this.#look_ahead = new LookAhead(this.keys, this.addresses);
    this.#lookFurther(rescan_height);
  }

  #lookFurther(from_height: number): void {
    for (const script_pubkey of this.#look_ahead?.extend() ?? []) this.#watch?.ensureScript(script_pubkey, from_height);
  }

  /** A script that the store does not know was paid: it is ours from now on, with all that come before it. */
  #find(script_pubkey: string, height: number): KeyPath | undefined {
    for (const own of this.#look_ahead?.found(script_pubkey) ?? []) {
      this.addresses.take(own);
      this.#extra.push(scriptWrite(own));
    }
    this.#lookFurther(height);
    return this.addresses.pathOf(script_pubkey);
  }

  /** Hears nothing more; the chain may still be sent to. */
  unfollow(): void {
    this.#watch?.stop();
    this.#watch = undefined;
  }

  /** The chain; undefined before the start. */
  get chain(): ChainSource | undefined {
    return this.#chain;
  }

  get tip_height(): number {
    return this.#chain?.tip().height ?? 0;
  }

  /**
   * The coins that may pay for the ends of channels: those in a block that are free, and what our own splits make of them,
   * since the coin that was split is gone at once. Asked with every payment, so they are gathered once for each change.
   */
  reserveCoins(): readonly Coin[] {
    const { ledger, tip_height } = this;
    const known = this.#reserve;
    if (known?.changes === ledger.changes && known.tip_height === tip_height) return known.coins;
    const coins = ledger
      .spendable(tip_height, 0)
      .filter(({ txid, blockheight }) => blockheight !== undefined || ledger.transaction(txid)?.purpose === 'split');
    this.#reserve = { coins, changes: ledger.changes, tip_height };
    return coins;
  }

  /** Resolves when everything up to now is durable. Rejects with StoreClosedError while the node stops. */
  durable(): Promise<void> {
    return this.#durable;
  }

  /** The transactions that gave coins or took them. Rejects as Store.read does. */
  async history(): Promise<readonly HistoryEntry[]> {
    await this.#durable;
    return await readHistory(this.#store, this.ledger.transactions);
  }

  /** Hands what has changed to the store. Resolves when it is durable. */
  flush(extra: readonly Write[] = []): Promise<void> {
    const unit = [...extra, ...this.ledger.takeWrites(), ...this.#extra.splice(0)];
    if (unit.length > 0) {
      this.#durable = this.#store.commit(unit).then(() => undefined);
      this.#durable.catch((error: unknown) => {
        // The node is stopping: the chain tells the same events again at the next start.
        if (!(error instanceof StoreClosedError)) throw error;
      });
    }
    return this.#durable;
  }

  /** A script of the kind that was never used, watched from the next block on, once it is durable. */
  async newScript(kind: AddressKind): Promise<OwnScript> {
    const { own, write } = this.addresses.fresh(kind, 0);
    this.addresses.take(own);
    await this.flush([write]);
    this.#watch?.ensureScript(own.script_pubkey, this.tip_height + 1);
    return own;
  }

  /** The transaction that the request would make now. Throws as `compose` does. */
  draft(request: ComposeRequest): Transaction {
    return compose(this.keys, this.addresses.fresh(CHANGE_KIND, 1).script, request).transaction;
  }

  /**
   * Composes a transaction and enters it at once; answers when that is durable. `scripts` are fresh ones that it pays to,
   * `writes` those of others that belong into the same unit; they must not stop it.
   * Throws as `compose` does.
   */
  async enter(
    request: ComposeRequest,
    state: 'held' | 'sent',
    scripts: readonly FreshScript[] = [],
    writes: TransactionWrites = () => [],
  ): Promise<SignedTransaction> {
    const { own: change, script, write } = this.addresses.fresh(CHANGE_KIND, 1);
    const { txid, transaction, fee_sat, spent, purpose, change_index, is_sweep } = compose(this.keys, script, request);
    const own = { txid, transaction, fee_sat, state, purpose, change_index, is_sweep, parents: [] };
    const own_writes = [...scripts.map((each) => each.write), ...(change_index === undefined ? [] : [write])];
    const own_scripts = new Map(scripts.map((each) => [each.own.script_pubkey, each.own]));
    if (change_index !== undefined) own_scripts.set(change.script_pubkey, change);
    for (const each of own_scripts.values()) this.addresses.take(each);
    this.ledger.add({ ...own, blockheight: undefined }, newCoins(txid, transaction, own_scripts));
    const next_height = this.tip_height + 1;
    for (const script_pubkey of own_scripts.keys()) this.#watch?.ensureScript(script_pubkey, next_height);
    this.#watch?.ensureLedger(next_height);
    await this.flush([...own_writes, ...writes({ txid, fee_sat })]);
    return { txid, transaction, fee_sat, spent };
  }

  /** The transaction of ours. Throws TransactionStateError when it is none. */
  get(txid: Txid): OwnTransaction {
    const own = this.ledger.transaction(txid);
    if (own === undefined) throw new TransactionStateError(`transaction ${txid} is not one of the wallet's`);
    return own;
  }

  /** Our change in this transaction. */
  changeOf({ txid, change_index }: OwnTransaction): Coin | undefined {
    return change_index === undefined ? undefined : this.ledger.coin({ txid, vout: change_index });
  }

  /** The coins that this transaction made. */
  coinsIn({ txid, transaction }: OwnTransaction): readonly Coin[] {
    return transaction.outputs
      .map((_output, vout) => this.ledger.coin({ txid, vout }))
      .filter((coin) => coin !== undefined);
  }

  /** The coins of ours that these transactions spend. */
  coinsOf(transactions: readonly OwnTransaction[]): readonly Coin[] {
    const inputs = transactions.flatMap(({ transaction }) => transaction.inputs);
    return inputs.map((input) => this.ledger.coin(input)).filter((coin) => coin !== undefined);
  }
}

/** The outputs that pay to these scripts of ours. */
function newCoins(txid: Txid, { outputs }: Transaction, scripts: ReadonlyMap<string, OwnScript>): readonly Coin[] {
  const state = { is_coinbase: false, blockheight: undefined, spent_by: undefined, spent_height: undefined };
  return outputs.flatMap(({ amount_sat, script_pubkey: script }, vout): readonly Coin[] => {
    const own = scripts.get(toHex(script));
    if (own === undefined) return [];
    return [{ txid, vout, amount_sat, script_pubkey: own.script_pubkey, path: own.path, ...state }];
  });
}
