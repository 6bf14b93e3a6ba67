/**
 * The wallet's books in memory: coins and transactions of ours, and what each event does to them. Every event may come
 * twice. A change yields writes, which the front commits before it speaks; nothing here waits for anything.
 */

import { type Sat, sat } from '../../base/types/amount.ts';
import type { Txid } from '../../base/types/brand.ts';
import type { Transaction } from '../../codec/tx/transaction.ts';
import type { Write } from '../../infra/store/store.ts';
import type { Coin } from './coin.ts';
import type { OwnTransaction } from './own-transaction.ts';
import { coinDelete, coinWrite, transactionWrite } from './rows.ts';

/** An output of a transaction. */
export interface Outpoint {
  readonly txid: Txid;
  readonly vout: number;
}

/** What the wallet holds, to the satoshi. The parts do not overlap. */
export interface Balance {
  /** In a block, and free to be spent. */
  readonly confirmed_sat: Sat;
  /** Change of transactions of ours that are on their way. */
  readonly unconfirmed_sat: Sat;
  /** Rewards of blocks, not yet spendable. */
  readonly immature_sat: Sat;
  /** Promised to a transaction that is held back. */
  readonly reserved_sat: Sat;
}

/** Blocks after which a miner's reward may be spent. */
const COINBASE_MATURITY_BLOCKS = 100;

/** How an outpoint is named in maps. */
export function outpointName({ txid, vout }: Outpoint): string {
  return `${txid}:${vout}`;
}

export class Ledger {
  readonly #coins = new Map<string, Coin>();
  readonly #transactions = new Map<Txid, OwnTransaction>();
  #writes: Write[] = [];
  /** Counts the changes: who has seen this number has seen everything. */
  changes = 0;

  constructor(coins: readonly Coin[], transactions: readonly OwnTransaction[]) {
    for (const coin of coins) this.#coins.set(outpointName(coin), coin);
    for (const own of transactions) this.#transactions.set(own.txid, own);
  }

  /** What has changed since the last call, to be committed as one unit. */
  takeWrites(): readonly Write[] {
    const writes = this.#writes;
    this.#writes = [];
    return writes;
  }

  coin(outpoint: Outpoint): Coin | undefined {
    return this.#coins.get(outpointName(outpoint));
  }

  transaction(txid: Txid): OwnTransaction | undefined {
    return this.#transactions.get(txid);
  }

  /** In the order of their making. */
  get transactions(): readonly OwnTransaction[] {
    return [...this.#transactions.values()];
  }

  /** All rows, also those that do not count now. */
  get everyCoin(): readonly Coin[] {
    return [...this.#coins.values()];
  }

  /**
   * The coins that are there: those in a block, and change of ours on its way. Not a deposit whose block was
   * reorganised away: until it is mined again it is no more than any payment that is announced.
   */
  get coins(): readonly Coin[] {
    return this.everyCoin.filter((coin) => this.#isThere(coin));
  }

  #isThere(coin: Coin): boolean {
    if (coin.blockheight !== undefined) return true;
    const maker = this.#transactions.get(coin.txid);
    if (maker?.state !== 'sent') return false;
    // Change cannot come of a coin that is gone. Inputs that are not ours are for others to judge.
    return maker.transaction.inputs.every((input) => {
      const spent = this.coin(input);
      return spent === undefined || this.#isThere(spent);
    });
  }

  /** The coins that a new transaction may spend at this tip, with at least so many confirmations. */
  spendable(tip_height: number, min_confirmations: number): readonly Coin[] {
    return this.coins.filter((coin) => {
      if (coin.spent_by !== undefined || isImmature(coin, tip_height)) return false;
      const confirmations = coin.blockheight === undefined ? 0 : tip_height - coin.blockheight + 1;
      return confirmations >= min_confirmations;
    });
  }

  balance(tip_height: number): Balance {
    let confirmed = 0n;
    let unconfirmed = 0n;
    let immature = 0n;
    let reserved = 0n;
    for (const coin of this.coins) {
      const { amount_sat } = coin;
      if (coin.spent_by !== undefined) {
        if (this.#transactions.get(coin.spent_by)?.state === 'held') reserved += amount_sat;
      } else if (isImmature(coin, tip_height)) immature += amount_sat;
      else if (coin.blockheight === undefined) unconfirmed += amount_sat;
      else confirmed += amount_sat;
    }
    return {
      confirmed_sat: sat(confirmed),
      unconfirmed_sat: sat(unconfirmed),
      immature_sat: sat(immature),
      reserved_sat: sat(reserved),
    };
  }

  /**
   * Adds a transaction of ours, with those of its outputs that are coins of ours, and reserves its inputs. Those of ours
   * that spend the same are dropped.
   */
  add(own: Omit<OwnTransaction, 'number'>, coins: readonly Coin[]): void {
    this.#dropRivals(own.txid, own.transaction);
    this.#put({ ...own, number: this.#transactions.get(own.txid)?.number ?? this.#nextNumber() });
    for (const input of own.transaction.inputs) {
      const coin = this.coin(input);
      if (coin !== undefined) this.#putCoin({ ...coin, spent_by: own.txid });
    }
    for (const coin of coins) this.#putCoin(coin);
  }

  #nextNumber(): number {
    return this.transactions.reduce((highest, { number }) => Math.max(highest, number), 0) + 1;
  }

  /** The transaction is handed to the network from now on, together with these parents; or it is held back again. */
  setState(txid: Txid, state: 'held' | 'sent', parents?: readonly Uint8Array[]): void {
    const own = this.#transactions.get(txid);
    if (own !== undefined) this.#put({ ...own, state, parents: parents ?? own.parents });
  }

  /** Gives a transaction up: its coins are free, its change and what spends that are no more. */
  drop(txid: Txid): void {
    const own = this.#transactions.get(txid);
    if (own === undefined || own.state === 'dropped') return;
    this.#put({ ...own, state: 'dropped', blockheight: undefined });
    for (const input of own.transaction.inputs) {
      const coin = this.coin(input);
      if (coin?.spent_by === txid) this.#putCoin({ ...coin, spent_by: undefined, spent_height: undefined });
    }
    for (const coin of this.everyCoin) {
      if (coin.txid !== txid || coin.blockheight !== undefined) continue;
      if (coin.spent_by !== undefined) this.drop(coin.spent_by);
      this.#coins.delete(outpointName(coin));
      this.#change(coinDelete(coin));
    }
  }

  #dropRivals(txid: Txid, transaction: Transaction): void {
    for (const rival of this.rivalsOf(transaction)) if (rival.txid !== txid) this.drop(rival.txid);
  }

  /** Transactions of ours that spend any of the same outpoints. */
  rivalsOf(transaction: { readonly inputs: readonly Outpoint[] }): readonly OwnTransaction[] {
    const names = new Set(transaction.inputs.map(outpointName));
    return this.transactions.filter(
      (own) => own.state !== 'dropped' && own.transaction.inputs.some((input) => names.has(outpointName(input))),
    );
  }

  /** A block pays to a script of ours. */
  paid(found: Omit<Coin, 'blockheight' | 'spent_by' | 'spent_height'>, height: number): void {
    const known = this.coin(found);
    if (known?.blockheight !== height) {
      // A transaction of ours may have spent the coin while a reorg had made it unknown.
      const spender = this.rivalsOf({ inputs: [found] })[0];
      this.#putCoin({
        ...found,
        blockheight: height,
        spent_by: known?.spent_by ?? spender?.txid,
        spent_height: known?.spent_height,
      });
    }
    this.confirmed(found.txid, height);
  }

  /** A block holds a transaction of ours. */
  confirmed(txid: Txid, height: number): void {
    const own = this.#transactions.get(txid);
    if (own === undefined || own.blockheight === height) return;
    this.#dropRivals(txid, own.transaction);
    this.#put({ ...own, state: 'sent', blockheight: height });
    for (const input of own.transaction.inputs) this.spent(input, txid, height);
  }

  /** A block holds a transaction that spends a coin of ours, ours or not. */
  spent(outpoint: Outpoint, txid: Txid, height: number): void {
    const coin = this.coin(outpoint);
    if (coin === undefined || (coin.spent_by === txid && coin.spent_height === height)) return;
    for (const rival of this.rivalsOf({ inputs: [outpoint] })) {
      if (rival.txid !== txid) this.drop(rival.txid);
    }
    this.#putCoin({ ...coin, spent_by: txid, spent_height: height });
    this.confirmed(txid, height);
  }

  /** Takes back everything that happened in blocks from this height on. */
  undoFrom(height: number): void {
    for (const own of this.transactions) {
      if (isFrom(own.blockheight, height)) this.#put({ ...own, blockheight: undefined });
    }
    for (const coin of this.everyCoin) {
      const isUnspent = isFrom(coin.spent_height, height);
      if (!isUnspent && !isFrom(coin.blockheight, height)) continue;
      // A transaction of ours goes out again and keeps its coins; what others made of them is gone.
      const spender = coin.spent_by === undefined ? undefined : this.#transactions.get(coin.spent_by);
      const keeps = !isUnspent || (spender !== undefined && spender.state !== 'dropped');
      this.#putCoin({
        ...coin,
        blockheight: isFrom(coin.blockheight, height) ? undefined : coin.blockheight,
        spent_by: keeps ? coin.spent_by : undefined,
        spent_height: isUnspent ? undefined : coin.spent_height,
      });
    }
  }

  #put(own: OwnTransaction): void {
    this.#transactions.set(own.txid, own);
    this.#change(transactionWrite(own));
  }

  #putCoin(coin: Coin): void {
    this.#coins.set(outpointName(coin), coin);
    this.#change(coinWrite(coin));
  }

  #change(write: Write): void {
    this.#writes.push(write);
    this.changes += 1;
  }
}

function isFrom(value: number | undefined, height: number): boolean {
  return value !== undefined && value >= height;
}

/** Whether the coin is a miner's reward that no block may spend yet. */
export function isImmature(coin: Coin, tip_height: number): boolean {
  if (!coin.is_coinbase) return false;
  return coin.blockheight === undefined || tip_height + 1 - coin.blockheight < COINBASE_MATURITY_BLOCKS;
}
