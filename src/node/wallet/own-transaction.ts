/** A transaction that the wallet has signed, from the moment its coins are reserved. */

import type { Sat } from '../../base/types/amount.ts';
import type { Txid } from '../../base/types/brand.ts';
import type { Transaction } from '../../codec/tx/transaction.ts';

/**
 * `held` back until its owner says so; `sent`, again with every block until it is mined; `dropped`: given up, replaced
 * or made impossible. A dropped one is remembered, because a miner may still take it if it was ever sent.
 */
export type OwnTransactionState = 'held' | 'sent' | 'dropped';

/**
 * What it is for: a channel's funding must keep its txid, a withdrawal may be replaced, `fees` pay for other inputs, and a
 * `split` makes several coins of ours of one.
 */
export type Purpose = 'funding' | 'withdrawal' | 'fees' | 'split';

export interface OwnTransaction {
  readonly txid: Txid;
  /** Counts the transactions in the order of their making: parents come before their children. */
  readonly number: number;
  readonly state: OwnTransactionState;
  readonly purpose: Purpose;
  readonly transaction: Transaction;
  readonly fee_sat: Sat;
  /** Which output is our change. */
  readonly change_index: number | undefined;
  /** Whether output 0 takes all that the fee leaves. */
  readonly is_sweep: boolean;
  /** Unconfirmed transactions of others that it pays for: they are broadcast together with it. */
  readonly parents: readonly Uint8Array[];
  /** The height of its block. */
  readonly blockheight: number | undefined;
}
