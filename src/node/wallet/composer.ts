/**
 * Turns requests into signed transactions of ours: chooses among the ledger's coins, keeps the reserve, respects limits
 * of the fee, and signs. The result is not yet in the ledger.
 */

import { type Sat, sat, subtractOrZero, sum } from '../../base/types/amount.ts';
import type { Txid } from '../../base/types/brand.ts';
import type { TxOutput } from '../../codec/tx/transaction.ts';
import { type Transaction, txidOf, weightOf } from '../../codec/tx/transaction.ts';
import { type ForeignInput, type Plan, planTransaction } from './build.ts';
import { COIN_INPUT_WEIGHT, type Coin, signCoin, type WalletKeys } from './coin.ts';
import type { Purpose } from './own-transaction.ts';
import { feeCeil } from './selection.ts';

/** What is asked for, with the coins that may serve. */
export interface ComposeRequest {
  readonly purpose: Purpose;
  readonly outputs: readonly TxOutput[];
  /** One more output, which takes everything that is left. */
  readonly all_to?: Uint8Array;
  readonly feerate_per_kw: number;
  readonly coins: readonly Coin[];
  readonly use_every_coin?: boolean;
  readonly foreign?: readonly ForeignInput[];
  /** Signs the foreign inputs of the transaction, which is complete but for witnesses. */
  readonly signForeign?: (transaction: Transaction) => Transaction;
  readonly parents?: { readonly weight: number; readonly fee_sat: Sat };
  readonly reserve_sat: Sat;
  readonly locktime: number;
  /** The least that must be paid: what replaces another transaction pays for both. */
  readonly min_fee_sat?: Sat;
  /** The most that may be paid. */
  readonly max_fee_sat?: Sat;
}

/** A signed transaction, and what the ledger needs of it. */
export interface Composed {
  readonly txid: Txid;
  readonly transaction: Transaction;
  readonly fee_sat: Sat;
  readonly purpose: Purpose;
  readonly change_index: number | undefined;
  readonly is_sweep: boolean;
  /** The outputs that its inputs spend, in order. */
  readonly spent: readonly TxOutput[];
}

/** No transaction keeps within the limits of the fee. */
export class FeeLimitError extends Error {
  override readonly name = 'FeeLimitError';
}

/** Every further try moves the fee rate towards the limits; a handful is enough, because fees are nearly linear. */
const MAX_TRIES = 12;

/** Chooses coins and signs. Throws NotEnoughError, DustError or FeeLimitError. */
export function compose(keys: WalletKeys, change_script: Uint8Array, request: ComposeRequest): Composed {
  const plan = planWithin(change_script, worthwhile(request));
  const foreign_count = request.foreign?.length ?? 0;
  let { transaction } = plan;
  if (request.signForeign !== undefined) transaction = request.signForeign(transaction);
  for (const [index, coin] of plan.coins.entries()) {
    transaction = signCoin(keys, transaction, foreign_count + index, plan.spent, coin.path);
  }
  return {
    txid: txidOf(transaction),
    transaction,
    fee_sat: plan.fee_sat,
    purpose: request.purpose,
    change_index: plan.change_index,
    is_sweep: request.all_to !== undefined,
    spent: plan.spent,
  };
}

/** A sweep leaves out coins that cost more than they bring, unless exactly these coins were asked for. */
function worthwhile(request: ComposeRequest): ComposeRequest {
  if (request.all_to === undefined || request.use_every_coin) return request;
  const coins = request.coins.filter(
    ({ amount_sat, path }) => amount_sat > feeCeil(COIN_INPUT_WEIGHT[path.kind], request.feerate_per_kw),
  );
  return { ...request, coins };
}

function planWithin(change_script: Uint8Array, request: ComposeRequest): Plan {
  const { min_fee_sat = sat(0), max_fee_sat } = request;
  let { feerate_per_kw } = request;
  let isLowered = false;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const plan = planTransaction({ ...request, feerate_per_kw, change_script });
    const { fee_sat } = plan;
    if (max_fee_sat !== undefined && fee_sat > max_fee_sat) {
      feerate_per_kw = Math.floor((feerate_per_kw * Number(max_fee_sat)) / Number(fee_sat)) - 1;
      isLowered = true;
      if (feerate_per_kw <= 0) break;
    } else if (fee_sat < min_fee_sat) {
      if (isLowered) break;
      feerate_per_kw = Math.ceil((feerate_per_kw * Number(min_fee_sat)) / Number(fee_sat)) + 1;
    } else {
      return plan;
    }
  }
  throw new FeeLimitError(
    `no transaction pays between ${min_fee_sat} and ${max_fee_sat ?? 'any number of'} sat with the available coins`,
  );
}

/** What must be left over of these coins, when others that stay in the wallet count towards the reserve as well. */
export function reserveLeft(reserve_sat: Sat, free: readonly Coin[], candidates: readonly Coin[]): Sat {
  const chosen = new Set(candidates);
  const others_sat = sum(free.filter((coin) => !chosen.has(coin)).map((coin) => coin.amount_sat));
  return subtractOrZero(reserve_sat, others_sat);
}

/** What relaying a replacement costs on top of what it replaces: one satoshi per virtual byte (BIP 125, rule 4). */
const INCREMENTAL_FEERATE_PER_KW = 250;

/** The least fee with which the network lets a transaction like this one replace it. */
export function replacementFeeSat(fee_sat: Sat, weight: number): Sat {
  return sat(fee_sat + feeCeil(weight, INCREMENTAL_FEERATE_PER_KW));
}

/** The weight of several transactions together. */
export function totalWeight(transactions: readonly Transaction[]): number {
  return transactions.reduce((total, transaction) => total + weightOf(transaction), 0);
}
