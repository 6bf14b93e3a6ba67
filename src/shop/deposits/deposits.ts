/**
 * Payment on the chain: an invoice may show an address of the wallet (BOLT 11, field `f`), and what arrives there pays
 * it. Deposits in time add up; when those that are deep enough reach the amount, the invoice is paid by the same statement as
 * from Lightning, so that only one of the two can win. What does not pay is kept, shown and told, never dropped: the
 * coin is the wallet's in any case.
 *
 * In time is what was in a block before the invoice expired, by our clock or the block's. An invoice that such deposits
 * cover is held: it does not expire while they deepen, nor for some blocks after a reorg
 * has taken one out.
 */

import { type Msat, sat, satToMsat, sum } from '../../base/types/amount.ts';
import type { Clock } from '../../base/types/clock.ts';
import { type Store, StoreClosedError, type Write } from '../../infra/store/store.ts';
import { type Decision, decideDeposit, readUnpaidDeposits, type UnpaidDeposit } from './decisions.ts';
import { depositEvent, EVENT_OF_OUTCOME, seenEvent } from './events.ts';
import type { CoinPort, InvoicePort, Outpoint, PaidCoin } from './ports.ts';
import {
  addressWrite,
  type Deposit,
  type DepositOutcome,
  depositWrite,
  isInvoiceAddress,
  outcomeWrite,
  PENDING_PAGE_ROWS,
  readCoins,
  readDeposits,
  readPendingInvoices,
} from './rows.ts';

export type { Deposit, DepositOutcome } from './rows.ts';

export interface DepositsOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly invoices: InvoicePort;
  readonly coins: CoinPort;
  /** A script of the wallet that was never used, for an invoice to show. Absent: invoices show none. */
  readonly newScript?: (() => Promise<string>) | undefined;
  /** The height of the best block that the wallet knows. */
  readonly height: () => number;
  /** Blocks, its own included, that make a deposit count. */
  readonly confirmations: number;
  /** Told what a shopkeeper wants to know. */
  readonly log: { info(text: string): void; warn(text: string): void };
  /** Told when work in the background fails. */
  readonly onBackgroundError: (error: unknown) => void;
}

/** Blocks that a deposit has to come back in. */
const RETURN_BLOCKS = 6;

export class Deposits {
  readonly #options: DepositsOptions;
  #judging: Promise<void> | undefined;
  #again = false;
  #is_stopped = false;
  /** Deposits on their way of which the log has a line: one each, not one for every block. */
  readonly #told = new Set<string>();
  /** Held invoices whose deposits have left the chain, and since which height. */
  readonly #uncovered_since = new Map<number, number>();
  /** By the index of their invoice. */
  readonly #listeners = new Map<number, Set<() => void>>();

  constructor(options: DepositsOptions) {
    this.#options = options;
  }

  /** A fresh script for an invoice, if invoices are to show one. */
  async newScript(): Promise<string | undefined> {
    return await this.#options.newScript?.();
  }

  /** The write that ties the script to the invoice, after the one that makes the invoice. */
  addressWrite(script_pubkey: string, payment_hash: Uint8Array): Write {
    return addressWrite(script_pubkey, payment_hash);
  }

  /** Whether the script was made for an invoice. */
  isInvoiceAddress(script_pubkey: string): Promise<boolean> {
    return isInvoiceAddress(this.#options.store, script_pubkey);
  }

  /** The writes that belong to a new coin of the wallet: in the same unit, so that no crash comes between. */
  coinWrites(coin: PaidCoin): readonly Write[] {
    const now = this.#options.clock.nowSeconds();
    // The event looks for what the write is about to change.
    return [...seenEvent(coin, now), depositWrite(coin, now)];
  }

  /** The deposits to the invoices with these indexes, at most 500 of them. */
  ofInvoices(created_indexes: readonly number[]): Promise<readonly Deposit[]> {
    return readDeposits(this.#options.store, created_indexes);
  }

  /** Of these outputs, those that are deposits. */
  ofCoins(outpoints: readonly Outpoint[]): Promise<readonly Deposit[]> {
    return readCoins(this.#options.store, outpoints);
  }

  /**
   * Calls the listener whenever deposits of the invoice that are on their way have been judged, until the function that is
   * returned is called: at each new block, whether something has changed or not.
   */
  listen(created_index: number, listener: () => void): () => void {
    const listeners = this.#listeners.get(created_index) ?? new Set();
    this.#listeners.set(created_index, listeners);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(created_index);
    };
  }

  /** Deposits that did not pay their invoice, the newest first: those that want a decision, or those that have one. */
  unpaid(which: 'open' | 'decided', limit: number): Promise<readonly UnpaidDeposit[]> {
    return readUnpaidDeposits(this.#options.store, which, limit);
  }

  /** Writes down what the shop decided about one of them. Undefined when there is none such. */
  decide(outpoint: Outpoint, decision: Decision, note: string | undefined): Promise<UnpaidDeposit | undefined> {
    const { store, clock } = this.#options;
    return decideDeposit(store, outpoint, { decision, note, decided_at: clock.nowSeconds() });
  }

  /** The chain has moved, or the node has started. Resolves when every deposit has been judged at the tip as it is. */
  async judge(): Promise<void> {
    this.#again = true;
    this.#judging ??= this.#judgeAll()
      .catch((error: unknown) => {
        // The node is stopping: the next start judges again.
        if (!(error instanceof StoreClosedError)) this.#options.onBackgroundError(error);
      })
      .finally(() => {
        this.#judging = undefined;
      });
    await this.#judging;
  }

  /** Judges nothing more, and waits for what is under way. */
  async stop(): Promise<void> {
    this.#is_stopped = true;
    await this.#judging;
  }

  async #judgeAll(): Promise<void> {
    const { store, coins } = this.#options;
    while (this.#again && !this.#is_stopped) {
      this.#again = false;
      await coins.durable();
      for (let above = 0; !this.#is_stopped; ) {
        const page = await readPendingInvoices(store, above);
        for (const created_index of page) {
          await this.#judgeInvoice(created_index);
          for (const listener of this.#listeners.get(created_index) ?? []) listener();
        }
        if (page.length < PENDING_PAGE_ROWS) break;
        above = page.at(-1) as number;
      }
    }
  }

  async #judgeInvoice(created_index: number): Promise<void> {
    const { store, invoices } = this.#options;
    const all = await this.#place(await readDeposits(store, [created_index]));
    const fresh = all.filter(({ outcome }) => outcome === 'pending');
    const invoice = await invoices.find(created_index);
    if (invoice === undefined || invoice.is_paid) {
      this.#uncovered_since.delete(created_index);
      const why = invoice === undefined ? 'it was deleted' : 'it was paid already';
      return await this.#close(fresh.filter(this.#isDeep), why);
    }
    await this.#close(
      fresh.filter((each) => !each.is_in_time && this.#isDeep(each)),
      'it had expired',
    );
    const needed_msat = invoice.amount_msat ?? 1n;
    const timely = all.filter(({ is_in_time, blockheight }) => is_in_time && blockheight !== undefined);
    const deep = timely.filter(this.#isDeep);
    if (total(deep) >= needed_msat) return await this.#pay(created_index, deep);
    await this.#hold(created_index, total(timely) >= needed_msat, invoice.is_held);
    await this.#keepShort(deep, needed_msat);
  }

  /** A deposit that a reorg has taken out is mostly mined again soon: an invoice that it held waits a few blocks for it. */
  async #hold(created_index: number, is_covered: boolean, is_held: boolean): Promise<void> {
    const { invoices, height } = this.#options;
    if (is_covered || !is_held) {
      this.#uncovered_since.delete(created_index);
      if (is_covered && !is_held) await invoices.hold(created_index, true);
      return;
    }
    const since_height = this.#uncovered_since.get(created_index) ?? height();
    this.#uncovered_since.set(created_index, since_height);
    if (height() - since_height < RETURN_BLOCKS) return;
    this.#uncovered_since.delete(created_index);
    await invoices.hold(created_index, false);
  }

  async #pay(created_index: number, deep: readonly Deposit[]): Promise<void> {
    const { invoices, log } = this.#options;
    const amount_msat = total(deep);
    const { txid, vout, label } = deep.at(-1) as Deposit;
    const writes = deep.flatMap((deposit) => this.#outcomeWrites(deposit, 'paid'));
    if (await invoices.markPaid(created_index, amount_msat, { txid, vout }, writes)) {
      for (const deposit of deep) this.#told.delete(outpointName(deposit));
      log.info(`invoice "${label}" is paid on the chain: ${amount_msat / 1000n} sat in ${count(deep)}`);
    } else {
      // Something else was faster: the next round finds what.
      this.#again = true;
    }
  }

  /** The deposits where they are now. A move is written down and told. */
  async #place(deposits: readonly Deposit[]): Promise<readonly Deposit[]> {
    const { coins, store, log, confirmations } = this.#options;
    const placed = deposits.map((deposit) => ({ ...deposit, blockheight: coins.blockheight(deposit) }));
    const moved = placed.filter(({ blockheight }, index) => blockheight !== deposits[index]?.blockheight);
    if (moved.length > 0) {
      const now = this.#options.clock.nowSeconds();
      await store.commit(
        moved.flatMap((deposit) => [
          outcomeWrite(deposit, deposit.outcome),
          ...(deposit.blockheight === undefined ? depositEvent('deposit.reorged', deposit, now) : []),
        ]),
      );
    }
    for (const deposit of placed) {
      const { label, amount_sat, blockheight, outcome } = deposit;
      if (blockheight === undefined && moved.includes(deposit)) {
        this.#told.delete(outpointName(deposit));
        log.warn(`a deposit of ${amount_sat} sat for invoice "${label}" has left the chain: it does not count for now`);
      } else if (blockheight !== undefined && outcome === 'pending' && !this.#isDeep(deposit)) {
        if (this.#told.has(outpointName(deposit))) continue;
        this.#told.add(outpointName(deposit));
        log.info(
          `a deposit of ${amount_sat} sat for invoice "${label}" is in block ${blockheight}, and counts when it is ` +
            `${confirmations} blocks deep`,
        );
      }
    }
    return placed;
  }

  #outcomeWrites(deposit: Deposit, outcome: Exclude<DepositOutcome, 'pending'>): readonly Write[] {
    const event = depositEvent(EVENT_OF_OUTCOME[outcome], deposit, this.#options.clock.nowSeconds());
    return [outcomeWrite(deposit, outcome), ...event];
  }

  readonly #isDeep = ({ blockheight }: Deposit): boolean =>
    blockheight !== undefined && this.#options.height() - blockheight + 1 >= this.#options.confirmations;

  async #close(late: readonly Deposit[], why: string): Promise<void> {
    if (late.length === 0) return;
    await this.#options.store.commit(late.flatMap((deposit) => this.#outcomeWrites(deposit, 'late')));
    for (const { label, amount_sat, txid, vout } of late) {
      this.#told.delete(outpointName({ txid, vout }));
      this.#options.log.warn(
        `a deposit of ${amount_sat} sat for invoice "${label}" came when ${why} (output ${vout} of ${txid}). ` +
          'It is in the wallet and pays no invoice: agree with the payer, or send it back',
      );
    }
  }

  async #keepShort(deep: readonly Deposit[], needed_msat: bigint): Promise<void> {
    const news = deep.filter(({ outcome }) => outcome === 'pending');
    if (news.length === 0) return;
    await this.#options.store.commit(news.flatMap((deposit) => this.#outcomeWrites(deposit, 'short')));
    const { label } = news[0] as Deposit;
    this.#options.log.warn(
      `invoice "${label}" has received ${total(deep) / 1000n} sat on the chain, and asks for ` +
        `${(needed_msat + 999n) / 1000n}. It is paid when the rest is deposited to the same address before it expires`,
    );
  }
}

function total(deposits: readonly Deposit[]): Msat {
  return satToMsat(sat(sum(deposits.map(({ amount_sat }) => amount_sat))));
}

function count({ length }: readonly Deposit[]): string {
  return length === 1 ? 'one deposit' : `${length} deposits`;
}

function outpointName({ txid, vout }: Outpoint): string {
  return `${txid}:${vout}`;
}
